import { createHash } from "node:crypto";
import type { Request } from "express";
import { briefTransaction, type Outcome } from "../database/brief-transaction.ts";
import { within } from "../database/follow-transactions.ts";
import type { Database } from "../database/open-database.ts";
import { defineStatement, runStatement } from "../database/statement.ts";
import { conflict, invalidInput } from "../problems/problems.ts";
import type { RequestContext } from "./request-context.ts";
import type { Reply } from "./route.ts";

/**
 * Runs a POST once per Idempotency-Key and answers repeats with the first answer. What the handler
 * writes and the answer are one transaction: either both are there or neither, whatever happens to
 * the process.
 *
 * @param brief see `Route.brief`
 */
export type Idempotency = (
  request: Request,
  context: RequestContext,
  brief: boolean,
  handle: () => Promise<Reply>,
) => Promise<Reply>;

interface Found {
  /** Whether no other request works on this key. */
  readonly free: boolean;
  readonly fingerprint: string | null;
  readonly status: number | null;
  readonly answer: { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> } | null;
  /** A release from before claimed its keys at once, and gave the answer later. */
  readonly claimed: boolean;
}

/** What a key looks like. */
export const keyPattern = /^[\w.:-]{8,128}$/;

function refused(message: string) {
  return invalidInput("Correct the Idempotency-Key and send again.", {
    errors: [{ in: "header", field: "Idempotency-Key", message }],
  });
}

/**
 * Keys belong to their person: the same key from another person is another one. @throws
 * invalid-input
 */
function idOf(key: string, request: Request, { visitor }: RequestContext) {
  if (!keyPattern.test(key)) throw refused("8 to 128 letters, digits, and . : _ -");
  if (!visitor.session) throw refused("only with a session: without one nobody can tell whose it is");
  return { scope: `user ${visitor.session.person.id} ${request.method} ${request.path}`, key };
}

/** What a repeat is answered with; undefined where this is the first call. */
function answered(found: Found, fingerprint: string): Reply | undefined {
  if (found.fingerprint !== null && found.fingerprint !== fingerprint) {
    throw conflict("This Idempotency-Key was used with another body: take a new key.");
  }
  if (!found.free || found.claimed) {
    throw conflict("The first call with this Idempotency-Key is still running: repeat in a moment.", {
      headers: { "Retry-After": "1" },
    });
  }
  if (found.status === null) return undefined;
  return {
    status: found.status,
    headers: { ...found.answer?.headers, "Idempotency-Replayed": "true" },
    ...(found.answer?.json === undefined ? {} : { json: found.answer.json }),
  };
}

/** The lock ends with the transaction, and the transaction with the process. */
const findAnswer = defineStatement(
  `select pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0)) as free, k.fingerprint, k.status, k.answer,
     coalesce(k.status is null and k.created_at > now() - interval '1 minute', false) as claimed
   from (select) as always left join idempotency_keys k on k.scope = $1 and k.key = $2`,
);

const keepAnswer = defineStatement(
  `insert into idempotency_keys as old (scope, key, fingerprint, status, answer) values ($1, $2, $3, $4, $5)
   on conflict (scope, key) do update
     set fingerprint = excluded.fingerprint, status = excluded.status, answer = excluded.answer
     where old.status is null`,
);

/**
 * Remembers answers in Postgres, so that a repeat may reach another replica.
 *
 * @param ready see `JobQueue.ready`: the handler may queue jobs.
 */
export function createIdempotency(database: Database, ready: () => Promise<void>): Idempotency {
  return async (request, context, brief, handle) => {
    const key = request.get("idempotency-key");
    if (key === undefined) return handle();
    const id = idOf(key, request, context);
    const fingerprint = createHash("sha256")
      .update(JSON.stringify(request.body ?? null))
      .digest("hex");
    const asked = [id.scope, id.key];
    const once = async (rows: readonly unknown[]): Promise<Outcome<Reply>> => {
      const [found] = rows as readonly Found[];
      const first = found && answered(found, fingerprint);
      if (first) return { result: first };
      const reply = await handle();
      if (reply === "sent") throw new Error("A route that writes its answer itself cannot be idempotent.");
      const answer = { headers: reply.headers, json: "json" in reply ? reply.json : undefined };
      const kept = [...asked, fingerprint, String(reply.status), JSON.stringify(answer)];
      return { result: reply, last: { text: keepAnswer.text, values: kept } };
    };
    if (brief) return briefTransaction(database, { text: findAnswer.text, values: asked }, once);
    await ready();
    return database.transaction((transaction) =>
      within(transaction, async () => {
        const { result, last } = await once(await runStatement(transaction, findAnswer, asked));
        if (last) await runStatement(transaction, keepAnswer, last.values);
        return result;
      }),
    );
  };
}
