import { z } from "zod";
import { migrationEnvironment, migrationSecretsPart } from "../../infra/facts/app-environment.ts";
import { migrationLogin, newestSet } from "../../infra/facts/database-logins.ts";

const inspected = z.object({
  Id: z.string(),
  Image: z.string(),
  Config: z.object({
    Env: z.array(z.string()).nullish(),
    User: z.string(),
    WorkingDir: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean().nullish(),
    Tmpfs: z.record(z.string(), z.string()).nullish(),
    CapDrop: z.array(z.string()).nullish(),
    SecurityOpt: z.array(z.string()).nullish(),
    Memory: z.number().nullish(),
    PidsLimit: z.number().nullish(),
  }),
  Mounts: z.array(
    z.object({
      Type: z.string(),
      Name: z.string().optional(),
      Source: z.string(),
      Destination: z.string(),
      RW: z.boolean(),
    }),
  ),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
});

/** The login that owns the schema. */
export interface MigrationLogin {
  /** Volume with its password. */
  readonly volume: string;
}

/** A one-shot container beside the application's, as docker commands. */
export interface MigrationRun {
  /** Arguments of `docker create`. */
  readonly create: readonly string[];
  /** Networks to connect it to afterwards: old engines take only one at creation. */
  readonly networks: readonly string[];
}

/**
 * A container that sees what the application sees (image, environment, networks, mounts, limits)
 * and runs one command.
 * @param inspection what `docker container inspect` prints for one application container
 * @param name name of the new container
 * @param command its words
 * @param login undefined where the application's own login owns the schema, as in stacks that an
 * earlier version deployed
 */
export function migrationRun(
  inspection: string,
  { project, stack }: { readonly project: string; readonly stack: string },
  name: string,
  command: readonly string[],
  login: MigrationLogin | undefined,
): MigrationRun {
  const [app] = z.tuple([inspected]).parse(JSON.parse(inspection));
  const { Config: config, HostConfig: host } = app;
  const secrets = `/run/secrets/${migrationSecretsPart}`;
  const changed = login === undefined ? {} : migrationEnvironment(migrationLogin, `${secrets}/${newestSet}`);
  const kept = (config.Env ?? []).filter(
    (entry) => !Object.keys(changed).includes(entry.split("=")[0] ?? ""),
  );
  const [first, ...networks] = Object.keys(app.NetworkSettings.Networks);
  const options: [string, string][] = [
    ["--name", name],
    ["--label", `berth.project=${project}`],
    ["--label", `berth.stack=${stack}`],
    ["--label", "berth.part=migration"],
    ...(config.User === "" ? [] : [["--user", config.User] satisfies [string, string]]),
    ["--workdir", config.WorkingDir],
    ...[...kept, ...Object.entries(changed).map((pair) => pair.join("="))].map((entry): [string, string] => [
      "--env",
      entry,
    ]),
    ...(login === undefined
      ? []
      : [
          ["--mount", `type=volume,source=${login.volume},target=${secrets},readonly`] satisfies [
            string,
            string,
          ],
        ]),
    ...app.Mounts.filter(({ Type }) => Type !== "tmpfs").map((mount): [string, string] => [
      "--mount",
      mountOption(mount),
    ]),
    ...Object.entries(host.Tmpfs ?? {}).map(([path, how]): [string, string] => [
      "--tmpfs",
      how === "" ? path : `${path}:${how}`,
    ]),
    ...(host.CapDrop ?? []).map((capability): [string, string] => ["--cap-drop", capability]),
    ...(host.SecurityOpt ?? []).map((option): [string, string] => ["--security-opt", option]),
    ...((host.Memory ?? 0) > 0 ? [["--memory", String(host.Memory)] satisfies [string, string]] : []),
    ...((host.PidsLimit ?? 0) > 0
      ? [["--pids-limit", String(host.PidsLimit)] satisfies [string, string]]
      : []),
    ...(first === undefined ? [] : [["--network", first] satisfies [string, string]]),
    ["--entrypoint", command[0] ?? ""],
  ];
  return {
    create: [
      "create",
      "--rm",
      ...(host.ReadonlyRootfs === true ? ["--read-only"] : []),
      ...options.flat(),
      app.Image,
      ...command.slice(1),
    ],
    networks,
  };
}

function mountOption(mount: z.infer<typeof inspected>["Mounts"][number]): string {
  const source = mount.Type === "volume" ? (mount.Name ?? "") : mount.Source;
  return `type=${mount.Type},source=${source},target=${mount.Destination}${mount.RW ? "" : ",readonly"}`;
}
