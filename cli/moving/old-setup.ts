import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { parseExample } from "../adoption/variables.ts";

/** A container that docker compose has made. */
export interface OldContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly image: string;
  readonly running: boolean;
  /** ISO 8601. */
  readonly started: string;
  /** Seconds that its process may take to end. */
  readonly grace: number;
  /** Whether Docker starts it by itself after a restart of the engine, although it was stopped. */
  readonly returns: boolean;
  readonly env: ReadonlyMap<string, string>;
  /** Where volumes and folders of the host are mounted. */
  readonly mounts: readonly string[];
  /** Where it is reached on the host, by the port inside. */
  readonly ports: ReadonlyMap<number, { readonly address: string; readonly port: number }>;
}

/** What runs by a compose file. */
export interface OldSetup {
  readonly file: string;
  /** Name of the compose project. */
  readonly project: string;
  readonly postgres: OldContainer;
  /** All others, in the order they were started in. */
  readonly others: readonly OldContainer[];
}

/** Seconds after which `docker stop` kills, where nothing else is said. */
const usualGrace = 10;

const inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
    Config: z.object({
      Labels: z.record(z.string(), z.string()),
      Env: z.array(z.string()).nullish(),
      StopTimeout: z.number().nullish(),
    }),
    HostConfig: z.object({
      RestartPolicy: z.object({ Name: z.string() }).nullish(),
      PortBindings: z
        .record(
          z.string(),
          z.array(z.object({ HostIp: z.string().nullish(), HostPort: z.string() })).nullable(),
        )
        .nullish(),
    }),
    Mounts: z.array(z.object({ Type: z.string(), Destination: z.string() })),
  }),
);

/**
 * Name of the project that docker compose gives the containers of a file.
 * https://docs.docker.com/compose/how-tos/project-name/
 */
export function composeProject(file: string, env: NodeJS.ProcessEnv = {}): string {
  const folder = dirname(resolve(file));
  const beside = join(folder, ".env");
  const values = existsSync(beside) ? parseExample(readFileSync(beside, "utf8")) : new Map<string, string>();
  const named = z.looseObject({ name: z.string().optional() }).safeParse(parse(readFileSync(file, "utf8")))
    .data?.name;
  const plain = named?.includes("$") === true ? undefined : named;
  const given = env["COMPOSE_PROJECT_NAME"] ?? values.get("COMPOSE_PROJECT_NAME") ?? plain;
  return (
    given ??
    basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, "")
      .replace(/^[_-]+/, "")
  );
}

/**
 * Finds the containers of a compose file on an engine.
 * @throws CommandError if they, or one Postgres among them, are not there
 */
export async function findOldSetup(docker: Docker, file: string): Promise<OldSetup> {
  if (!existsSync(file))
    throw new CommandError(`There is no ${file}. --from names a compose file.`, exitCode.usage);
  const project = composeProject(file, docker.env);
  const labels = [`com.docker.compose.project=${project}`, "com.docker.compose.oneoff=False"];
  const ids = await docker.run([
    ...["ps", "--all", "--quiet", "--no-trunc"],
    ...labels.flatMap((label) => ["--filter", `label=${label}`]),
  ]);
  const containers = parseOldContainers(
    await docker.inspect(
      "container",
      ids.split("\n").filter((id) => id !== ""),
    ),
  );
  if (containers.length === 0) {
    throw new CommandError(
      `Docker has no container of compose project ${project} (${file}). Start it: docker compose -f ${file} up -d. ` +
        "If the project has another name: COMPOSE_PROJECT_NAME=NAME in front of this command; if it is on another host: DOCKER_HOST.",
      exitCode.usage,
    );
  }
  const postgres = onePostgres(containers, file);
  const others = containers
    .filter(({ id }) => id !== postgres.id)
    .sort((one, other) => one.started.localeCompare(other.started));
  return { file, project, postgres, others };
}

/** Reads what `docker inspect` prints for the containers of a compose project. */
export function parseOldContainers(json: string): OldContainer[] {
  return inspected.parse(JSON.parse(json)).map((raw) => ({
    id: raw.Id,
    name: raw.Name.replace(/^\//, ""),
    service: raw.Config.Labels["com.docker.compose.service"] ?? raw.Name,
    image: raw.Image,
    running: raw.State.Running,
    started: raw.State.StartedAt,
    grace: raw.Config.StopTimeout ?? usualGrace,
    returns: raw.HostConfig.RestartPolicy?.Name === "always",
    env: new Map(
      (raw.Config.Env ?? []).map((line) => [
        line.slice(0, line.indexOf("=")),
        line.slice(line.indexOf("=") + 1),
      ]),
    ),
    mounts: raw.Mounts.filter(({ Type }) => Type !== "tmpfs").map(({ Destination }) => Destination),
    ports: new Map(
      Object.entries(raw.HostConfig.PortBindings ?? {}).flatMap(([inside, held]) => {
        const [first] = held ?? [];
        const port = Number(first?.HostPort);
        // Docker says nothing for all addresses.
        const address = (first?.HostIp ?? "") === "" ? "0.0.0.0" : (first?.HostIp ?? "");
        return port > 0 ? [[Number.parseInt(inside, 10), { address, port }] as const] : [];
      }),
    ),
  }));
}

function onePostgres(containers: readonly OldContainer[], file: string): OldContainer {
  const found = containers.filter(
    ({ env, mounts }) => env.has("PGDATA") || mounts.some((at) => at.startsWith("/var/lib/postgresql")),
  );
  const [postgres] = found;
  if (postgres === undefined || found.length > 1) {
    const which = found.length === 0 ? "none" : found.map(({ service }) => service).join(", ");
    throw new CommandError(
      `--from takes the data of the one Postgres in ${file}; there it has ${which}. Data that is elsewhere goes with ` +
        "pg_dump --no-owner DATABASE | npx berth psql --stack NAME -- -c 'set role app_owner' -f -",
      exitCode.usage,
    );
  }
  if (!postgres.running)
    throw new CommandError(
      `Container ${postgres.name} is not running, and its data is read through it: docker start ${postgres.name}`,
      exitCode.failed,
    );
  return postgres;
}
