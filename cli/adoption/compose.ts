import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { parseExample } from "./variables.ts";

/** What a compose file says of the application in it. */
export interface ComposeFacts {
  readonly file: string;
  /** Port inside the container. */
  readonly port: number | undefined;
  readonly web: string | readonly string[] | undefined;
  readonly worker: string | readonly string[] | undefined;
  /** Where the application's one volume is mounted. */
  readonly uploads: string | undefined;
  /** Variables, with their values where they are plain texts. */
  readonly env: ReadonlyMap<string, string | undefined>;
}

const names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const list = <T extends z.ZodType>(item: T) => z.array(item).default([]).catch([]);

const service = z.looseObject({
  build: z.unknown(),
  command: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
  ports: list(
    z.union([text, z.looseObject({ target: z.number() }).transform(({ target }) => String(target))]),
  ),
  environment: z
    .union([
      z.record(z.string(), text.nullish()),
      z.array(z.string()).transform((lines) => Object.fromEntries(parseExample(lines.join("\n")))),
    ])
    .default({})
    .catch({}),
  env_file: z
    .union([z.string().transform((name) => [name]), z.array(z.string())])
    .default([])
    .catch([]),
  volumes: list(
    z.union([
      z.string(),
      z
        .looseObject({ source: z.string().default(""), target: z.string() })
        .transform(({ source, target }) => `${source}:${target}`),
    ]),
  ),
});
type Service = z.output<typeof service>;

const file = z.looseObject({ services: z.record(z.string(), z.unknown()).default({}).catch({}) });

/**
 * Reads the compose file of a folder: the services that are built from it are the application.
 * @returns undefined if there is none, or nothing in it is built
 */
export function composeFacts(home: string): ComposeFacts | undefined {
  const name = names.find((one) => existsSync(join(home, one)));
  if (name === undefined) return undefined;
  const content: unknown = parse(readFileSync(join(home, name), "utf8"));
  const built = Object.entries(file.safeParse(content).data?.services ?? {}).flatMap(([title, given]) => {
    const { data } = service.safeParse(given);
    return data?.build === undefined ? [] : [{ title, ...data }];
  });
  const web = built.find(({ ports }) => ports.length > 0) ?? built[0];
  if (web === undefined) return undefined;
  const worker = built.find(
    ({ command, title }) => title !== web.title && command !== undefined && /work|job|queue/i.test(title),
  );
  return {
    file: name,
    port: portOf(web),
    web: web.command,
    worker: worker?.command,
    uploads: uploadsOf(web),
    env: variablesOf(home, web),
  };
}

/** `80:3000`, `127.0.0.1:80:3000/tcp` and `3000` name port 3000 of the container. */
function portOf({ ports: [first] }: Service): number | undefined {
  const port = /(\d+)(?:\/tcp)?$/.exec(first ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/** The one folder that outlives containers; mounted sources and packages are not it. */
function uploadsOf({ volumes }: Service): string | undefined {
  const kept = volumes.flatMap((volume) => {
    const [source = "", target = ""] = volume.split(":");
    const named = source !== "" && !/^[./~]/.test(source);
    const uploads = named || /upload|media|storage|files/i.test(source);
    return uploads && target.startsWith("/") && !target.endsWith("/node_modules") ? [target] : [];
  });
  return kept.length === 1 ? kept[0]?.replace(/(?<=.)\/+$/, "") : undefined;
}

/** Files with values are read for their names alone: what is in them may be secret. */
function variablesOf(
  home: string,
  { environment, env_file: files }: Service,
): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const name of files.filter((one) => existsSync(join(home, one))))
    for (const variable of parseExample(readFileSync(join(home, name), "utf8")).keys())
      found.set(variable, undefined);
  for (const [variable, value] of Object.entries(environment)) {
    // What compose fills in is not known here.
    found.set(variable, value?.includes("$") === false ? value : undefined);
  }
  return found;
}
