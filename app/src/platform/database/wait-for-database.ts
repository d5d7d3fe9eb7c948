import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseConfig } from "../../config.ts";
import type { Logger } from "../log/create-logger.ts";
import type { Database } from "./open-database.ts";

/**
 * What to look at, by the code of the failure. Codes: Node's system errors and Postgres' SQLSTATE.
 */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ENOTFOUND|EAI_AGAIN)$/,
    "The host name does not resolve: check DATABASE_HOST and the container network.",
  ],
  [/^ECONNREFUSED$/, "Nothing listens there: check that Postgres runs, and DATABASE_PORT."],
  [/^(?:ETIMEDOUT|EHOSTUNREACH)$/, "The host does not answer: check the network and its firewall."],
  [/^28P01$/, "The password is refused: check the file that DATABASE_PASSWORD_FILE names."],
  [/^28000$/, "The role may not log in: check DATABASE_USER and pg_hba.conf."],
  [/^3D000$/, "The database does not exist: check DATABASE_NAME."],
  [/^57P03$/, "Postgres is starting up."],
  [/^53300$/, "Postgres has no connection to spare: lower DATABASE_POOL_MAX or raise max_connections."],
];

const firstDelay = 100;
const longestDelay = 5000;

/**
 * Thrown when Postgres could not be reached in time. The message names the target and what to
 * check.
 */
export class DatabaseUnreachable extends Error {
  override readonly name = "DatabaseUnreachable";
}

function reasonOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error ? String(error.code) : "";
  // An AggregateError (one failure per address of a name) has an empty message.
  return { code, message: error.message === "" ? code : error.message };
}

/**
 * Waits until Postgres answers: tries at once, then after 0.1 s, 0.2 s, 0.4 s … 5 s, each shortened
 * at random by up to half so that replicas do not knock in step.
 *
 * @param config names the target in messages; `config.wait` is how many seconds to keep trying.
 * @throws {DatabaseUnreachable}
 */
export async function waitForDatabase(
  database: Database,
  config: DatabaseConfig,
  log: Logger,
): Promise<void> {
  const target = `Postgres at ${config.host}:${config.port} (database ${config.name}, user ${config.user})`;
  const deadline = Date.now() + config.wait * 1000;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await database.raw("select 1");
      if (attempt > 0) log.info({ attempts: attempt + 1 }, `${target} answers`);
      return;
    } catch (error) {
      const { code, message } = reasonOf(error);
      const hint = advice.find(([codes]) => codes.test(code))?.[1] ?? "Check the DATABASE_* settings.";
      const delay = Math.min(longestDelay, firstDelay * 2 ** attempt) * (0.5 + Math.random() / 2);
      if (Date.now() + delay > deadline) {
        throw new DatabaseUnreachable(
          `${target} cannot be reached after ${attempt + 1} tries in ${config.wait} s: ${message}. ${hint}`,
          { cause: error },
        );
      }
      log.info({ attempt: attempt + 1, reason: message }, `waiting for ${target}. ${hint}`);
      await sleep(delay);
    }
  }
}
