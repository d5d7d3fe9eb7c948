import { existsSync } from "node:fs";
import { join } from "node:path";
import { readPackage } from "../../declaration/package.ts";
import { readDockerIgnore } from "../../infra/facts/dockerignore.ts";
import type { Notes } from "./notes.ts";
import { matches, textOf, type Sources } from "./sources.ts";

/** Promises that the application's own code keeps from holding, as far as that can be read. */
export function limits(home: string, sources: Sources, { limits: limited }: Notes): void {
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
    if (stored === "connect-redis")
      say(
        "sessions",
        "are in Redis, which the stack has as a cache: they end when it restarts (rotate cache, upgrade redis) or is full. Fix: a store in Postgres, such as connect-pg-simple",
      );
    const several = matches(sources, /secret\s*:\s*[^,\n]*(split|\[)/g).length > 0;
    if (!several) {
      say(
        "rotate session",
        'logs everybody out: the application has one key. Fix: secret: process.env.SESSION_SECRET.split(","), and ${secret.sessionAll}',
      );
    }
  }
  const ignore = readDockerIgnore(textOf(home, ".dockerignore"));
  if (existsSync(join(home, "Dockerfile")) && existsSync(join(home, ".env")) && !ignore.ignores(".env")) {
    say(
      "secrets",
      "COPY . takes .env into the image, where everybody who has it can read it. Fix: .env in .dockerignore",
    );
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
