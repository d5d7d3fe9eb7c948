import { dockerfileFacts } from "../../declaration/dockerfile.ts";
import { lockfileOf, readPackage } from "../../declaration/package.ts";
import { migrationFolder } from "../../infra/migrations/migration-folder.ts";
import { readAppJson, type AppJson } from "./app-json.ts";
import { composeFacts, type ComposeFacts } from "./compose.ts";
import { staticFolders, uploads } from "./folders.ts";
import { knexfileOf, missingSections } from "./knexfile.ts";
import { limits } from "./limits.ts";
import type { Noticed, Notes } from "./notes.ts";
import { reload } from "./reload.ts";
import { matches, readSources, textOf, type Sources } from "./sources.ts";
import { parseExample, planVariable } from "./variables.ts";

/** An application as its files show it. */
export interface Examination extends Readonly<Record<keyof Notes, readonly Noticed[]>> {
  /** What `berth.json` is going to say. */
  readonly declaration: Readonly<Record<string, unknown>>;
}

/** Everything that is read. */
interface Read {
  readonly home: string;
  readonly sources: Sources;
  readonly dockerfile: string;
  readonly compose: ComposeFacts | undefined;
  readonly appJson: AppJson;
  readonly procfile: ReadonlyMap<string, string>;
}

/**
 * Reads an application without running any of it.
 * @param values of the variables that it runs with now; they are in nothing that is returned
 */
export function examine(home: string, values: ReadonlyMap<string, string> = new Map()): Examination {
  const notes: Notes = { found: [], assumed: [], undecided: [], limits: [] };
  const lines = textOf(home, "Procfile").matchAll(/^([\w-]+):[ \t]*(.+?)[ \t]*$/gm);
  const read: Read = {
    home,
    sources: readSources(home),
    dockerfile: textOf(home, "Dockerfile"),
    compose: composeFacts(home),
    appJson: readAppJson(home),
    procfile: new Map([...lines].map(([, name = "", line = ""]) => [name, line])),
  };
  const served = processes(read, notes);
  const declaration = {
    ...image(read, notes),
    ...served,
    ...reload(read, served.web, notes),
    ...port(read, notes),
    ...health(read, notes),
    ...migrations(read, notes),
    ...variables(read, values, notes),
    ...uploads(read, notes),
  };
  staticFolders(read, notes);
  limits(home, read.sources, notes);
  return { declaration, ...notes };
}

function image({ dockerfile, home }: Read, { found, undecided }: Notes): object {
  const lockfile = lockfileOf(home);
  if (dockerfile !== "") found.push({ what: "image", value: "Dockerfile" });
  else if (lockfile !== undefined) found.push({ what: "image", value: `built by ${lockfile}` });
  else {
    undecided.push({
      what: "image",
      value: "neither a Dockerfile nor a lockfile: npm install --package-lock-only makes one",
    });
  }
  return {};
}

/** What starts again at each change is for development. */
const forDevelopment = /\b(?:nodemon|dev|develop|watch|ts-node-dev)\b/;

function processes(
  { compose, home, procfile }: Read,
  { found, assumed }: Notes,
): { readonly web?: string | readonly string[] } {
  const { scripts } = readPackage(home);
  const served =
    compose?.web === undefined || forDevelopment.test(String(compose.web)) ? undefined : compose.web;
  const web = procfile.get("web") ?? served;
  const worker =
    procfile.get("worker") ??
    compose?.worker ??
    (scripts["worker"] === undefined ? undefined : "npm run worker");
  const shown = (command: string | readonly string[]) =>
    typeof command === "string" ? command : command.join(" ");
  const origin = procfile.has("web") ? "Procfile" : (compose?.file ?? "");
  if (web !== undefined) found.push({ what: "web", value: `${shown(web)} (${origin})` });
  if (worker !== undefined) found.push({ what: "worker", value: shown(worker) });
  else assumed.push({ what: "worker", value: "none" });
  return { ...(web === undefined ? {} : { web }), ...(worker === undefined ? {} : { worker }) };
}

function port({ compose, dockerfile, sources }: Read, { found, assumed, limits: limited }: Notes): object {
  const exposed = dockerfileFacts(dockerfile).port;
  const [listens] = matches(
    sources,
    /\.listen\(\s*(?:process\.env\.PORT\s*(?:\|\||\?\?)\s*)?["']?(\d{2,5})\b/g,
  );
  const [local] = matches(sources, /\.listen\([^)]*["'](127\.0\.0\.1|localhost)["']/g);
  if (local !== undefined) {
    limited.push({
      what: "reach",
      value: `${local.file} listens on ${local.text}: nobody else reaches it. Fix: 0.0.0.0, or no host at all`,
    });
  }
  if (listens !== undefined && Number(listens.text) !== exposed) {
    found.push({ what: "port", value: `${listens.text} (${listens.file})` });
    return { port: Number(listens.text) };
  }
  if (exposed !== undefined) found.push({ what: "port", value: `${exposed} (EXPOSE)` });
  else if (compose?.port !== undefined) {
    found.push({ what: "port", value: `${compose.port} (${compose.file})` });
    return { port: compose.port };
  } else assumed.push({ what: "port", value: "3000, which PORT says as well" });
  return {};
}

function health({ appJson, sources }: Read, { found, assumed }: Notes): object {
  if (appJson.health !== undefined) {
    found.push({ what: "health", value: `${appJson.health} (app.json)` });
    return { health: appJson.health };
  }
  const routes = matches(
    sources,
    /\.(?:get|use|all)\(\s*["'`](\/(?:api\/)?(?:healthz?|health\/ready|health-?check|ready|readyz|up|ping|status|livez|_health))["'`]/g,
  );
  const [best] = routes.toSorted(
    (a, b) => Number(b.text.includes("ready")) - Number(a.text.includes("ready")),
  );
  if (best === undefined) {
    assumed.push({
      what: "health",
      value: "answered by berth's layer: the process listens and its event loop turns",
    });
    return {};
  }
  found.push({ what: "health", value: `${best.text} (${best.file})` });
  return { health: best.text };
}

/** Commands that migrate, by the package that has them; npx would want to write. */
const tools: readonly (readonly [string, string])[] = [
  ["prisma", "node node_modules/prisma/build/index.js migrate deploy"],
  ["drizzle-kit", "node node_modules/drizzle-kit/bin.cjs migrate"],
  ["db-migrate", "node node_modules/db-migrate/bin/db-migrate up"],
  ["node-pg-migrate", "node node_modules/node-pg-migrate/bin/node-pg-migrate.js up"],
];

function migrations({ appJson, home, procfile }: Read, { found, assumed, limits: limited }: Notes): object {
  const { dependencies, devDependencies } = readPackage(home);
  const packages = { ...devDependencies, ...dependencies };
  const folder = migrationFolder(home);
  const knexfile = knexfileOf(home);
  const knex = (action: string) => `node node_modules/knex/bin/cli.js ${action} --knexfile ${knexfile ?? ""}`;
  const release = procfile.get("release") ?? appJson.release;
  const known = tools.filter(([name]) => packages[name] !== undefined).map(([, up]) => ({ up }))[0];
  const own =
    knexfile === undefined || packages["knex"] === undefined
      ? (known ?? (release === undefined ? undefined : { up: release }))
      : {
          up: knex("migrate:latest"),
          down: knex("migrate:down"),
          status: knex("migrate:status"),
          unlock: knex("migrate:unlock"),
        };
  if (own === undefined) {
    assumed.push({
      what: "migrations",
      value: "none; if the application migrates when it starts, replicas do so at the same time",
    });
    return {};
  }
  if (knexfile !== undefined) limited.push(...missingSections(home, knexfile));
  found.push({ what: "migrations", value: `${own.up}${folder === undefined ? "" : `, in ${folder}`}` });
  return { migrate: { ...own, ...(folder === undefined ? {} : { folder }) } };
}

/** `process.env.NAME`, `process.env["NAME"]`, and names in `const { … } = process.env`. */
function variablesRead(sources: Sources): string[] {
  const named = matches(sources, /process\.env(?:\.([A-Za-z_]\w*)|\[["']([A-Za-z_]\w*)["']\])/g).map(
    ({ text }) => text.replace(/^process\.env\[["']|["']\]$/g, ""),
  );
  const taken = matches(sources, /\{([^{}]*)\}\s*=\s*process\.env\b(?!\s*[.[])/g).flatMap(({ text }) =>
    [...text.matchAll(/(?:^|,)\s*([A-Za-z_]\w*)/g)].map(([, name = ""]) => name),
  );
  return [...named, ...taken];
}

function variables(
  { appJson, compose, home, sources }: Read,
  values: ReadonlyMap<string, string>,
  notes: Notes,
): object {
  const written = parseExample(textOf(home, ".env.example", ".env.sample", ".env.template", ".env.dist"));
  const examples = new Map([...appJson.env, ...(compose?.env ?? []), ...written]);
  const names = new Set([...variablesRead(sources), ...examples.keys(), ...values.keys()]);
  const env: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const plan = planVariable(name, examples.get(name), values.get(name));
    const { kind, note } = plan;
    // An application that takes several keys keeps people signed in when the key is rotated.
    const several = matches(sources, new RegExp(`process\\.env\\.${name}[!?]?\\.split\\(`, "g")).length > 0;
    const value = several && plan.value === "${secret.session}" ? "${secret.sessionAll}" : plan.value;
    if (kind === "ignored") continue;
    if (value !== undefined) env[name] = value;
    // What the stack is going to be told needs no decision.
    if (values.has(name) && kind === "undecided") {
      notes.found.push({ what: `env ${name}`, value: value ?? "a setting of the stack" });
      continue;
    }
    const shown = [value ?? "", note].filter((part) => part !== "").join("; ");
    notes[kind].push({ what: `env ${name}`, value: shown });
  }
  return Object.keys(env).length === 0 ? {} : { env };
}
