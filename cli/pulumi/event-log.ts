import { randomUUID } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { identify } from "../../system/process-identity.ts";
import { UpdateEvents, type UpdateReport } from "./update-events.ts";

const pollMs = 100;

/**
 * Follows the file into which `pulumi --event-log` writes; the events' own times are whole seconds
 * only. An update that follows a preview in one command starts the file again, and so does the
 * report.
 */
export class EventLog {
  readonly #file: string;
  #events = new UpdateEvents();
  readonly #descriptor: number;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #position = 0;
  readonly #onUpdate: () => void;

  /**
   * @param folder private to the user; files of killed processes in it are removed
   * @param onUpdate an update has followed the preview
   */
  constructor(folder: string, onUpdate: () => void = () => undefined) {
    this.#onUpdate = onUpdate;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (identify(Number.parseInt(name, 10)) === undefined) rmSync(join(folder, name), { force: true });
    }
    this.#file = join(folder, `${process.pid}-${randomUUID()}.json`);
    writeFileSync(this.#file, "", { mode: 0o600 });
    this.#descriptor = openSync(this.#file, "r");
    this.#timer = setInterval(() => {
      this.#read();
    }, pollMs);
  }

  /**
   * Arguments and environment that make Pulumi write the log; the flag hides behind the variable.
   */
  get args(): readonly string[] {
    return ["--event-log", this.#file];
  }

  static readonly env = { PULUMI_DEBUG_COMMANDS: "true" } as const;

  /** Reads what is left and removes the file. */
  end(): UpdateReport {
    clearInterval(this.#timer);
    this.#read();
    closeSync(this.#descriptor);
    rmSync(this.#file, { force: true });
    return this.#events.report();
  }

  #read(): void {
    if (fstatSync(this.#descriptor).size < this.#position) this.#restart();
    const chunk = Buffer.alloc(65_536);
    let text = this.#rest;
    for (;;) {
      const length = readSync(this.#descriptor, chunk, 0, chunk.length, this.#position);
      if (length === 0) break;
      this.#position += length;
      // The decoder keeps the first half of a character that the chunk's end has cut.
      text += this.#decoder.write(chunk.subarray(0, length));
    }
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    const now = performance.now() / 1000;
    for (const line of lines) this.#events.take(line, now);
  }

  #restart(): void {
    this.#events = new UpdateEvents();
    this.#decoder.end();
    this.#rest = "";
    this.#position = 0;
    this.#onUpdate();
  }
}
