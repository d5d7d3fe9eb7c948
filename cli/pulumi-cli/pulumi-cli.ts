import type { StepReporter } from "../terminal/steps.ts";

/**
 * Where a Pulumi CLI came from: the user's PATH, the vendor's site, or Go modules compiled on this
 * machine.
 */
export type PulumiCliSource = "path" | "download" | "built";

/** A Pulumi CLI that can run the stacks: its language host and its plugins are in place. */
export interface PulumiCli {
  /** Path of the CLI. */
  readonly pulumi: string;
  /**
   * Variables to put over the user's environment whenever this CLI runs; no secret is among them.
   */
  readonly env: Readonly<Record<string, string>>;
  readonly source: PulumiCliSource;
  /** Without a leading `v`, such as `3.259.0`. */
  readonly version: string;
}

/** What the search for a Pulumi CLI works with. */
export interface PulumiCliCircumstances {
  readonly reporter: StepReporter;
  /** The user's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends downloads and builds; finished parts are kept for the next time. */
  readonly signal?: AbortSignal;
  /** The checkout whose package.json pins the versions and whose toolchain/ is built. */
  readonly root: string;
  /** Address of the vendor's site. */
  readonly vendor: string;
  /** What that site gets to answer in total, in milliseconds. */
  readonly answerTime: number;
}

/**
 * What `ensurePulumiCli` is given. Defaults: this process's environment, this checkout,
 * https://get.pulumi.com, and 10,000 ms for its answer.
 */
export type PulumiCliOptions = Pick<PulumiCliCircumstances, "reporter"> & Partial<PulumiCliCircumstances>;

/** Why one way to a Pulumi CLI did not lead to one; the next way is tried. */
export class NoPulumiCli extends Error {
  /** @param message what was found, as a sentence without its full stop */
  constructor(message: string) {
    super(message);
    this.name = "NoPulumiCli";
  }
}
