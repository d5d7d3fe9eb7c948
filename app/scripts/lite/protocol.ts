/** Length of a message's type and length fields. */
const headLength = 5;
/** Codes that take the place of a version in the first message of a connection. */
const requests = { cancel: 80_877_102, tls: 80_877_103, gss: 80_877_104 } as const;

/** What a client sends first: it asks for encryption, for another query's end, or to begin. */
type Opening = "begin" | "cancel" | "encrypt";

/**
 * Messages after which Postgres answers: simple query, Sync, Flush, function call, end or failure
 * of a COPY.
 */
const answered = new Set(["Q", "S", "H", "F", "c", "f"]);

/** A piece of the conversation that the database has to take as a whole. */
export interface Turn {
  readonly bytes: Buffer;
  /** Type of its last message. */
  readonly end: string;
}

function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)),
  );
  const head = Buffer.alloc(headLength);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A statement as a client sends it. */
export function queryMessage(sql: string): Buffer {
  return message("Q", sql);
}

/** Sync: ends an extended query, and whatever is left of a failed one. */
export const syncMessage = message("S");

/**
 * An error that ends the connection, with its code of the table in the Postgres manual, appendix A.
 */
export function fatalMessage(code: string, text: string): Buffer {
  return message("E", "SFATAL", "VFATAL", `C${code}`, `M${text}`, Buffer.of(0));
}

/** The server's side of the start: no password, the settings that drivers look at, ready. */
export function greeting(serverVersion: string): Buffer {
  const settings = {
    server_version: serverVersion,
    server_encoding: "UTF8",
    client_encoding: "UTF8",
    DateStyle: "ISO, MDY",
    integer_datetimes: "on",
    standard_conforming_strings: "on",
  };
  return Buffer.concat([
    message("R", Buffer.alloc(4)),
    ...Object.entries(settings).map(([name, value]) => message("S", name, value)),
    message("K", Buffer.alloc(8)),
    message("Z", Buffer.from("I")),
  ]);
}

/**
 * Cuts what a client sends into its opening and turns:
 * https://www.postgresql.org/docs/current/protocol-flow.html. An extended query (Parse, Bind,
 * Execute … Sync) is one turn: nothing of another client may come in between, because all of them
 * share one session, and so one unnamed statement.
 */
export class TurnReader {
  #bytes: Buffer = Buffer.alloc(0);
  #begun = false;

  /** Takes what came in and yields what is whole. `end` is `X` if the client says goodbye. */
  *read(chunk: Buffer): Generator<Opening | Turn> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (!this.#begun) {
      const opening = this.#opening();
      if (opening === undefined) return;
      this.#begun = opening === "begin";
      yield opening;
    }
    for (let at = 0; at + headLength <= this.#bytes.length;) {
      const type = String.fromCharCode(this.#bytes[at] ?? 0);
      const next = at + 1 + Math.max(4, this.#bytes.readInt32BE(at + 1));
      if (next > this.#bytes.length) return;
      at = next;
      if (type !== "X" && !answered.has(type)) continue;
      const turn = { bytes: this.#bytes.subarray(0, at), end: type };
      this.#bytes = this.#bytes.subarray(at);
      at = 0;
      yield turn;
    }
  }

  #opening(): Opening | undefined {
    if (this.#bytes.length < 8) return undefined;
    const length = Math.max(8, this.#bytes.readInt32BE(0));
    if (this.#bytes.length < length) return undefined;
    const code = this.#bytes.readInt32BE(4);
    this.#bytes = this.#bytes.subarray(length);
    if (code === requests.cancel) return "cancel";
    return code === requests.tls || code === requests.gss ? "encrypt" : "begin";
  }
}
