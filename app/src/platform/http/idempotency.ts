import { createHash } from "node:crypto";
import type { Request } from "express";
import type { Database } from "../database/open-database.ts";
import { conflict, invalidInput } from "../problems/problems.ts";
import type { RequestContext } from "./request-context.ts";
import type { Reply } from "./route.ts";

/** Runs a POST once per Idempotency-Key and answers repeats with the first answer. */
export type Idempotency = (
  request: Request,
  context: RequestContext,
  handle: () => Promise<Reply>,
) => Promise<Reply>;

interface StoredAnswer {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly answer: { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> } | null;
}

/** How long a key is remembered, in hours. */
export const keepHours = 24;
/** A first try that has not answered for this long died with its process; a repeat may take over. In seconds. */
const abandonedSeconds = 60;

const wellFormed = /^[\w.:-]{8,128}$/;

/** Keys belong to their caller: the same key from somebody else is another one. */
function scopeOf(request: Request, { visitor, address }: RequestContext): string {
  const caller = visitor.session ? `user ${visitor.session.person.id}` : `address ${address}`;
  return `${caller} ${request.method} ${request.path}`;
}

/** Remembers answers in Postgres, so that a repeat may reach another replica. */
export function createIdempotency(database: Database): Idempotency {
  return async (request, context, handle) => {
    const key = request.get("idempotency-key");
    if (key === undefined) return handle();
    if (!wellFormed.test(key)) {
      const message = "8 to 128 letters, digits, and . : _ -";
      throw invalidInput("Correct the Idempotency-Key and send again.", {
        errors: [{ in: "header", field: "Idempotency-Key", message }],
      });
    }
    const id = { scope: scopeOf(request, context), key };
    const fingerprint = createHash("sha256")
      .update(JSON.stringify(request.body ?? null))
      .digest("hex");
    const claimed = await database.raw<{ rows: unknown[] }>(
      `insert into idempotency_keys (scope, key, fingerprint) values (:scope, :key, :fingerprint)
       on conflict (scope, key) do update set created_at = now(), fingerprint = excluded.fingerprint
       where idempotency_keys.status is null
         and idempotency_keys.created_at < now() - :abandoned * interval '1 second'
       returning key`,
      { ...id, fingerprint, abandoned: abandonedSeconds },
    );
    if (claimed.rows.length === 0) {
      const [first] = await database("idempotency_keys")
        .where(id)
        .select<StoredAnswer[]>("fingerprint", "status", "answer");
      if (first && first.fingerprint !== fingerprint) {
        throw conflict("This Idempotency-Key was used with another body: take a new key.");
      }
      if (first?.status == null) {
        throw conflict("The first call with this Idempotency-Key is still running: repeat in a moment.", {
          headers: { "Retry-After": "1" },
        });
      }
      return {
        status: first.status,
        headers: { ...first.answer?.headers, "Idempotency-Replayed": "true" },
        ...(first.answer?.json === undefined ? {} : { json: first.answer.json }),
      };
    }
    try {
      const reply = await handle();
      if (reply === "sent") throw new Error("A route that writes its answer itself cannot be idempotent.");
      const answer = { headers: reply.headers, json: "json" in reply ? reply.json : undefined };
      await database("idempotency_keys")
        .where(id)
        .update({ status: reply.status, answer: JSON.stringify(answer) });
      return reply;
    } catch (error) {
      // A refused or failed call changed nothing, so its key is free again.
      await database("idempotency_keys").where(id).whereNull("status").delete();
      throw error;
    }
  };
}
