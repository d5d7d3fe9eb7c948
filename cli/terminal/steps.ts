import { formatDuration } from "./duration.ts";

/** Takes the progress of one step, a line at a time. */
export interface StepReporter {
  line(text: string): void;
}

/** What a step came to. */
export interface StepOutcome<T> {
  readonly value: T;
  /** A few words for the step's line, such as `3.259.0, from the cache`. */
  readonly note: string;
  /**
   * Whether anything had to be done; a step that found everything in place is not worth a line in
   * daily commands.
   */
  readonly worked: boolean;
}

/** A finished step and the time it took. */
export interface StepTime {
  readonly title: string;
  readonly seconds: number;
  readonly worked: boolean;
}

/** Where steps are shown. */
export interface StepOutput {
  write(text: string): unknown;
  /** A terminal: the running step has one line that is drawn over and over. */
  readonly live: boolean;
  /** Columns of that terminal. */
  readonly columns: number;
  /** Show steps that had nothing to do as well. */
  readonly showIdle: boolean;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 100;
/** A step in a file or a pipe says that it is still there this often. */
const heartbeatMs = 15_000;
/** A quicker step needs no announcement: its result is there at once. */
const announceMs = 2_000;

/** Runs steps one after the other, shows their progress and keeps their times. */
export class Steps {
  readonly times: StepTime[] = [];
  readonly #output: StepOutput;

  constructor(output: StepOutput) {
    this.#output = output;
  }

  /** Adds a step that ran before, in another process. */
  add(time: StepTime): void {
    this.times.push(time);
  }

  /**
   * Runs one step. Its error is passed on after the step's line says that it failed.
   * @param title the step, as a noun
   */
  async run<T>(title: string, action: (reporter: StepReporter) => Promise<StepOutcome<T>>): Promise<T> {
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    const progress = this.#output.live
      ? new LiveProgress(this.#output, title, seconds)
      : new PlainProgress(this.#output, title, seconds);
    try {
      const outcome = await action(progress);
      const shown = outcome.worked || this.#output.showIdle || progress.announced;
      progress.end(
        shown ? `✓ ${title}: ${outcome.note}${outcome.worked ? ` (${formatDuration(seconds())})` : ""}` : "",
      );
      this.times.push({ title, seconds: seconds(), worked: outcome.worked });
      return outcome.value;
    } catch (error) {
      progress.end(`✗ ${title} (${formatDuration(seconds())})`);
      throw error;
    }
  }
}

/** One line, drawn over and over; lines that the step reports become its last words. */
class LiveProgress implements StepReporter {
  readonly announced = false;
  readonly #output: StepOutput;
  readonly #title: string;
  readonly #seconds: () => number;
  readonly #timer: NodeJS.Timeout;
  #last = "";
  #frame = 0;
  #drawn = false;

  constructor(output: StepOutput, title: string, seconds: () => number) {
    this.#output = output;
    this.#title = title;
    this.#seconds = seconds;
    this.#timer = setInterval(() => {
      this.#draw();
    }, frameMs);
  }

  line(text: string): void {
    this.#last = text;
    this.#draw();
  }

  end(text: string): void {
    clearInterval(this.#timer);
    if (this.#drawn) this.#output.write("\r\u001b[2K");
    if (text !== "") this.#output.write(`${text}\n`);
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    const words = `${frames[this.#frame] ?? ""} ${this.#title} ${formatDuration(this.#seconds())}`;
    const line = this.#last === "" ? words : `${words}  ${this.#last}`;
    this.#drawn = true;
    this.#output.write(`\r\u001b[2K${line.slice(0, this.#output.columns - 1)}`);
  }
}

/**
 * Lines for files and pipes: the announcement, what the step reports, a sign of life now and then.
 */
class PlainProgress implements StepReporter {
  announced = false;
  readonly #output: StepOutput;
  readonly #title: string;
  readonly #seconds: () => number;
  readonly #timers: NodeJS.Timeout[];

  constructor(output: StepOutput, title: string, seconds: () => number) {
    this.#output = output;
    this.#title = title;
    this.#seconds = seconds;
    const announce = setTimeout(() => {
      this.#announce();
    }, announceMs);
    const heartbeat = setInterval(() => {
      this.line(`still working, ${formatDuration(this.#seconds())}`);
    }, heartbeatMs);
    this.#timers = [announce, heartbeat];
  }

  line(text: string): void {
    this.#announce();
    this.#output.write(`  ${text}\n`);
  }

  end(text: string): void {
    for (const timer of this.#timers) clearTimeout(timer);
    if (text !== "") this.#output.write(`${text}\n`);
  }

  #announce(): void {
    if (this.announced) return;
    this.announced = true;
    this.#output.write(`- ${this.#title}\n`);
  }
}
