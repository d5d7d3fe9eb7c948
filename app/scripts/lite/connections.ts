import type { Socket } from "node:net";
import { setImmediate as nextRound } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";
import { fatalMessage, greeting, queryMessage, syncMessage, type Turn, TurnReader } from "./protocol.ts";

/** A client, and a turn of it that waits for the database. */
type Waiting = Pick<Turn, "bytes" | "end"> & { readonly client: Socket };

/** Ends whatever a client left open. */
const rollback = Buffer.concat([syncMessage, queryMessage("rollback")]);

/**
 * Lets many clients share the one session of an embedded Postgres. Turns run one after the other,
 * in the order in which they came; from `begin` to its end, a transaction has the database to
 * itself. One that goes quiet while others wait is rolled back and its connection closed, as
 * `idle_in_transaction_session_timeout` would.
 *
 * Settings (`set …`), temporary tables and session-level advisory locks are shared by all clients.
 */
export class Connections {
  readonly #database: PGlite;
  readonly #serverVersion: string;
  /** Milliseconds. */
  readonly #patience: number;
  readonly #waiting: Waiting[] = [];
  #owner: Socket | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** @param patience milliseconds that a transaction may stay quiet while others wait for it */
  constructor(database: PGlite, serverVersion: string, patience: number) {
    this.#database = database;
    this.#serverVersion = serverVersion;
    this.#patience = patience;
  }

  /** Serves a client until it leaves. */
  serve(client: Socket): void {
    const reader = new TurnReader();
    client.on("data", (chunk) => {
      for (const part of reader.read(chunk)) {
        if (part === "encrypt") client.write("N");
        else if (part === "begin") client.write(greeting(this.#serverVersion));
        // Nothing can be cancelled: a query holds the whole process until it is done.
        else if (part === "cancel" || part.end === "X") client.end();
        else this.#waiting.push({ client, ...part });
      }
      this.#run();
    });
    client.on("error", () => client.destroy());
    client.on("close", () => {
      this.#leave(client);
    });
  }

  /** Resolves once nothing is being worked on. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #leave(client: Socket): void {
    const rest = this.#waiting.filter((turn) => turn.client !== client);
    this.#waiting.splice(0, Infinity, ...rest);
    if (this.#owner === client) this.#waiting.unshift({ client, bytes: rollback, end: "Q" });
    this.#run();
  }

  #run(): void {
    this.#running ??= this.#takeTurns().finally(() => {
      this.#running = undefined;
    });
  }

  async #takeTurns(): Promise<void> {
    clearTimeout(this.#quiet);
    for (let turn = this.#next(); turn !== undefined; turn = this.#next()) {
      const { client, bytes, end } = turn;
      await this.#database.execProtocolRawStream(bytes, {
        onRawData: (data) => {
          // The database uses its buffer again.
          if (client.writable) client.write(Buffer.from(data));
        },
      });
      // After a Flush the extended query goes on.
      const open = end === "H" || this.#database.isInTransaction();
      this.#owner = open ? client : undefined;
      if (open && client.destroyed) this.#waiting.unshift({ client, bytes: rollback, end: "Q" });
      await nextRound();
    }
    if (this.#waiting.length > 0)
      this.#quiet = setTimeout(() => {
        this.#giveUp();
      }, this.#patience).unref();
  }

  #next(): Waiting | undefined {
    const index = this.#owner ? this.#waiting.findIndex(({ client }) => client === this.#owner) : 0;
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  #giveUp(): void {
    this.#owner?.end(
      fatalMessage("25P03", "terminating connection: its transaction was quiet while others waited for it"),
    );
    this.#owner?.destroySoon();
  }
}
