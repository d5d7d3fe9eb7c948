import { existsSync } from "node:fs";
import { join } from "node:path";
import { dockerfileFacts } from "../../declaration/dockerfile.ts";
import { lockfileOf, readPackage } from "../../declaration/package.ts";
import { migrationFolder } from "../../infra/migrations/migration-folder.ts";
import { matches, readSources, textOf, type Sources } from "./sources.ts";
import { parseExample, planVariable } from "./variables.ts";

/** A line of what was read of an application. */
export interface Noticed {
  readonly what: string;
  readonly value: string;
}

/** An application as its files show it. */
export interface Examination {
  /** What `berth.json` is going to say. */
  readonly declaration: Readonly<Record<string, unknown>>;
  readonly found: readonly Noticed[];
  readonly assumed: readonly Noticed[];
  /** What only a person can decide. */
  readonly undecided: readonly Noticed[];
  /** Promises that do not hold, or only in part, with the fix. */
  readonly limits: readonly Noticed[];
}

/** What is gathered while an application is read. */
interface Notes {
  readonly found: Noticed[];
  readonly assumed: Noticed[];
  readonly undecided: Noticed[];
  readonly limits: Noticed[];
}

/** Reads an application without running any of it. */
export function examine(home: string): Examination {
  const notes: Notes = { found: [], assumed: [], undecided: [], limits: [] };
  const sources = readSources(home);
  const dockerfile = textOf(home, "Dockerfile");
  const declaration = {
    ...image(home, dockerfile, notes),
    ...processes(home, notes),
    ...port(sources, dockerfile, notes),
    ...health(sources, notes),
    ...migrations(home, notes),
    ...variables(home, sources, notes),
    ...uploads(sources, dockerfile, notes),
  };
  limits(home, sources, notes);
  return { declaration, ...notes };
}

function image(home: string, dockerfile: string, { found, undecided }: Notes): object {
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

function processes(home: string, { found, assumed }: Notes): object {
  const { scripts } = readPackage(home);
  const procfile = new Map(
    [...textOf(home, "Procfile").matchAll(/^([\w-]+):[ \t]*(.+?)[ \t]*$/gm)].map(
      ([, name = "", line = ""]) => [name, line],
    ),
  );
  const web = procfile.get("web");
  const worker = procfile.get("worker") ?? (scripts["worker"] === undefined ? undefined : "npm run worker");
  if (web !== undefined) found.push({ what: "web", value: `${web} (Procfile)` });
  if (worker !== undefined) found.push({ what: "worker", value: worker });
  else assumed.push({ what: "worker", value: "none" });
  return { ...(web === undefined ? {} : { web }), ...(worker === undefined ? {} : { worker }) };
}

function port(sources: Sources, dockerfile: string, { found, assumed, limits: limited }: Notes): object {
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
  if (exposed === undefined) assumed.push({ what: "port", value: "3000, which PORT says as well" });
  else found.push({ what: "port", value: `${exposed} (EXPOSE)` });
  return {};
}

function health(sources: Sources, { found, assumed }: Notes): object {
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

function migrations(home: string, { found, assumed }: Notes): object {
  const { dependencies, devDependencies } = readPackage(home);
  const packages = { ...devDependencies, ...dependencies };
  const folder = migrationFolder(home);
  const knexfile = ["", "src/", "server/", "db/"]
    .flatMap((at) => ["js", "cjs", "mjs", "ts"].map((ending) => `${at}knexfile.${ending}`))
    .find((name) => existsSync(join(home, name)));
  const knex = (action: string) => `node node_modules/knex/bin/cli.js ${action} --knexfile ${knexfile ?? ""}`;
  const own =
    knexfile === undefined || packages["knex"] === undefined
      ? tools.filter(([name]) => packages[name] !== undefined).map(([, up]) => ({ up }))[0]
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
  found.push({ what: "migrations", value: `${own.up}${folder === undefined ? "" : `, in ${folder}`}` });
  return { migrate: { ...own, ...(folder === undefined ? {} : { folder }) } };
}

function variables(home: string, sources: Sources, notes: Notes): object {
  const examples = parseExample(textOf(home, ".env.example", ".env.sample", ".env.template", ".env.dist"));
  const read = matches(sources, /process\.env(?:\.([A-Za-z_]\w*)|\[["']([A-Za-z_]\w*)["']\])/g).map(
    ({ text }) => text.replace(/^process\.env\[["']|["']\]$/g, ""),
  );
  const env: Record<string, string> = {};
  for (const name of [...new Set([...read, ...examples.keys()])].sort()) {
    const plan = planVariable(name, examples.get(name));
    const { kind, note } = plan;
    // An application that takes several keys keeps people signed in when the key is rotated.
    const several = matches(sources, new RegExp(`process\\.env\\.${name}[!?]?\\.split\\(`, "g")).length > 0;
    const value = several && plan.value === "${secret.session}" ? "${secret.sessionAll}" : plan.value;
    if (kind === "ignored") continue;
    if (value !== undefined) env[name] = value;
    const shown = [value ?? "", note].filter((part) => part !== "").join("; ");
    notes[kind].push({ what: `env ${name}`, value: shown });
  }
  return Object.keys(env).length === 0 ? {} : { env };
}

function uploads(sources: Sources, dockerfile: string, { found, assumed }: Notes): object {
  const [destination] = matches(
    sources,
    /(?:multer\(\s*\{[^}]*?dest|destination|uploadDir|UPLOAD_DIR)\s*[:=]\s*(?:path\.(?:join|resolve)\(\s*__dirname\s*,\s*)?["'`]([^"'`$]+)["'`]/g,
  );
  if (destination === undefined) {
    assumed.push({ what: "uploads", value: "none on disk" });
    return {};
  }
  const workdir = [...dockerfile.matchAll(/^\s*WORKDIR\s+(\S+)/gim)].at(-1)?.[1] ?? "/app";
  const folder = destination.text.startsWith("/") ? destination.text : join(workdir, destination.text);
  found.push({ what: "uploads", value: `${folder} (${destination.file})` });
  return { uploads: folder.replace(/\/+$/, "") };
}

function limits(home: string, sources: Sources, { limits: limited }: Notes): void {
  const { dependencies } = readPackage(home);
  const say = (what: string, value: string) => limited.push({ what, value });
  const has = (...names: string[]) => names.find((name) => dependencies[name] !== undefined);
  if (has("express-session") !== undefined) {
    const stored = has(
      "connect-pg-simple",
      "connect-redis",
      "connect-session-knex",
      "session-file-store",
      "connect-session-sequelize",
    );
    if (stored === undefined) {
      say(
        "sessions",
        "are in the memory of one process: with several replicas, and at each release, people are logged out. Fix: a store, such as connect-pg-simple",
      );
    }
    if (stored === "session-file-store")
      say(
        "sessions",
        "are files of one container. Fix: a store that replicas share, such as connect-pg-simple",
      );
    const several = matches(sources, /secret\s*:\s*[^,\n]*(split|\[)/g).length > 0;
    if (!several) {
      say(
        "rotate session",
        'logs everybody out: the application has one key. Fix: secret: process.env.SESSION_SECRET.split(","), and ${secret.sessionAll}',
      );
    }
  }
  const major = Number(/\d+/.exec(dependencies["pg"] ?? "")?.[0] ?? 8);
  if (major < 8) say("database", `pg ${major} hangs on Node 14 and newer. Fix: npm install pg@8`);
  const cron = has("node-cron", "cron", "node-schedule", "agenda", "bree", "toad-scheduler");
  if (cron !== undefined)
    say(
      "jobs",
      `${cron} runs in each replica, so each job runs as often as there are replicas. Fix: a worker of its own`,
    );
  if (has("socket.io") !== undefined) {
    say(
      "streams",
      'socket.io without sticky connections needs transports: ["websocket"], and an adapter that replicas share',
    );
  }
  const [swallowed] = matches(sources, /process\.on\(\s*["'](SIGTERM)["']/g);
  if (swallowed !== undefined)
    say("stop", `${swallowed.file} handles SIGTERM itself: it has to let open requests end, then to exit`);
}
