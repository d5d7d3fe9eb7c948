import { join } from "node:path";
import { z } from "zod";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Interruption } from "../../system/interruption.ts";
import { attach, capture, type Captured } from "../../system/run.ts";
import { EventLog } from "./event-log.ts";
import { parseDeployment, withoutPendingOperations, type Deployment } from "./deployment.ts";
import type { UpdateReport } from "./update-events.ts";

/**
 * Exit codes of the Pulumi CLI that berth acts on (pulumi/pulumi,
 * sdk/go/common/util/cmdutil/exit.go).
 */
const pulumiExit = { authentication: 3, stackNotFound: 6 } as const;

/** How an operation on a stack ended. */
export interface Operation {
  readonly ok: boolean;
  readonly report: UpdateReport;
}

/** The Pulumi CLI, working on this checkout's project. */
export class Pulumi {
  readonly #command: string;
  readonly #root: string;
  /** Environment of every `pulumi` that is run: engine, state and passphrase included. */
  readonly env: NodeJS.ProcessEnv;

  constructor(command: string, root: string, env: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#root = root;
    this.env = env;
  }

  /** The same with more variables in its children's environment. */
  with(env: NodeJS.ProcessEnv): Pulumi {
    return new Pulumi(this.#command, this.#root, { ...this.env, ...env });
  }

  /** Runs one command and keeps what it writes. */
  async try(args: readonly string[], input?: string): Promise<Captured> {
    const invocation = { command: this.#command, args: [...args, "--non-interactive"] };
    return capture(invocation, {
      env: this.env,
      cwd: this.#root,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Runs one command; its own words are the error's if it fails. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const result = await this.try(args, input);
    if (result.code === 0) return result.stdout;
    throw pulumiError(args, result);
  }

  /**
   * Runs one operation on a stack on the terminal, or as plain lines if there is none.
   * @param onUpdate called when the preview of the same command was agreed to
   * @throws CommandError once the user has interrupted it
   */
  async operate(
    args: readonly string[],
    interruption: Interruption,
    interactive: boolean,
    onUpdate?: () => void,
  ): Promise<Operation> {
    const plain = interactive ? [] : ["--non-interactive", "--color", "never"];
    const log = new EventLog(join(this.#root, ".berth", "events"), onUpdate);
    let code: number;
    let report: UpdateReport;
    try {
      const invocation = { command: this.#command, args: [...args, ...log.args, ...plain] };
      code = await attach(invocation, interruption, {
        env: { ...this.env, ...EventLog.env },
        cwd: this.#root,
      });
    } finally {
      report = log.end();
    }
    if (report.cancelled) interruption.readByChild();
    if (code !== 0) interruption.check();
    return { ok: code === 0, report };
  }

  /** The stack's state; undefined if there is no such stack. */
  async export(stack: string): Promise<Deployment | undefined> {
    const text = await this.#exported(stack);
    return text === undefined ? undefined : parseDeployment(text);
  }

  /** Names of the project's stacks. */
  async stacks(): Promise<string[]> {
    const listed = z.array(z.object({ name: z.string() }));
    return listed.parse(JSON.parse(await this.run(["stack", "ls", "--json"]))).map(({ name }) => name);
  }

  /** Makes the stack. */
  async init(stack: string): Promise<void> {
    await this.run(["stack", "init", stack, "--no-select"]);
  }

  /** Writes the state back without the operations that have no recorded end. */
  async dropPending(stack: string): Promise<void> {
    const text = await this.#exported(stack);
    if (text !== undefined)
      await this.run(["stack", "import", "--stack", stack], withoutPendingOperations(text));
  }

  async #exported(stack: string): Promise<string | undefined> {
    const args = ["stack", "export", "--stack", stack];
    const result = await this.try(args);
    if (result.code === pulumiExit.stackNotFound || result.stderr.includes("no stack named"))
      return undefined;
    if (result.code !== 0) throw pulumiError(args, result);
    return result.stdout;
  }
}

function pulumiError(args: readonly string[], result: Captured): CommandError {
  const why = result.stderr.trim() || result.stdout.trim();
  const hint =
    result.code === pulumiExit.authentication
      ? " Run `pulumi login`, or unset what points Pulumi there."
      : "";
  return new CommandError(`pulumi ${args.slice(0, 2).join(" ")} failed: ${why}${hint}`, exitCode.failed);
}
