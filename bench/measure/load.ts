import { connect, type Socket } from "node:net";

/** One request of a load, complete, as it goes over the wire. */
export type NextRequest = () => string;

export interface Load {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** Milliseconds after which no further request is sent, once `atLeast` have been. */
  readonly milliseconds: number;
  /** Requests. */
  readonly atLeast: number;
  readonly next: NextRequest;
  /** What the answers have to be. */
  readonly status: number;
}

/** What came of a load. */
interface Outcome {
  answered: number;
  refused: number;
  /** The first answer of another status. */
  refusal: string;
}

/** Share of answers that may be refusals: on a busy machine a connection is late now and then. */
const mostRefused = 0.1;

const headEnd = "\r\n\r\n";

/** Length of the answer at the start of `text`; undefined while its head is not complete. */
function answerLength(text: string): number | undefined {
  const end = text.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return end + headEnd.length + Number(length);
}

/** Asks over one connection. @param more whether another request is wanted */
function drive(socket: Socket, { next, status }: Load, more: () => boolean, outcome: Outcome): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const ask = () => {
      if (more()) {
        socket.write(next());
        return;
      }
      socket.end();
      resolve();
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      try {
        const length = answerLength(text);
        if (length === undefined || text.length < length) return;
        if (Number(text.slice(9, 12)) === status) outcome.answered += 1;
        else {
          outcome.refused += 1;
          outcome.refusal ||= text.slice(0, length);
        }
        text = text.slice(length);
      } catch (error) {
        socket.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      ask();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      reject(new Error("the server closed a connection that was in use"));
    });
    ask();
  });
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/**
 * Asks one server over kept connections, each with one request at a time.
 *
 * @returns how many were answered
 * @throws more than a tenth of answers of another status, or a connection that breaks
 */
export async function load(wanted: Load): Promise<number> {
  const { host, port, connections, milliseconds, atLeast } = wanted;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(host, port)));
  const until = performance.now() + milliseconds;
  let sent = 0;
  const more = () => sent++ < atLeast || performance.now() < until;
  const outcome: Outcome = { answered: 0, refused: 0, refusal: "" };
  await Promise.all(sockets.map((socket) => drive(socket, wanted, more, outcome)));
  if (outcome.refused > mostRefused * (outcome.answered + outcome.refused))
    throw new Error(
      `${outcome.refused} were not answered ${wanted.status}: ${outcome.refusal.slice(0, 2000)}`,
    );
  return outcome.answered;
}
