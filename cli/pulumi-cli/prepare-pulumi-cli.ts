import { delimiter, dirname } from "node:path";
import type { Session } from "../session.ts";
import type { PulumiCli } from "./pulumi-cli.ts";
import { ensurePulumiCli } from "./ensure-pulumi-cli.ts";

/** A Pulumi CLI with its plugins. */
export interface PreparedPulumiCli {
  /** Path of the CLI. */
  readonly command: string;
  /** What makes a shell use it, and this Node for the program. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Finds the Pulumi CLI, or builds it. */
export async function preparePulumiCli(session: Session): Promise<PreparedPulumiCli> {
  const pulumiCli = await session.steps.run("Pulumi CLI", async (reporter) => {
    const begun = performance.now();
    const found = await ensurePulumiCli({ reporter, env: session.env, signal: session.interruption.signal });
    return {
      value: found,
      note: `${found.version}, ${found.source}`,
      // The Pulumi CLI says by itself whether it had work; a second is what looking takes at most.
      worked: performance.now() - begun > 1000,
    };
  });
  return { command: pulumiCli.pulumi, exports: shellExports(pulumiCli, session.env) };
}

/**
 * Pulumi starts `node` from PATH to run the program: it has to be one that strips types. The Pulumi
 * CLI comes right after it.
 */
function shellExports(pulumiCli: PulumiCli, env: NodeJS.ProcessEnv): Record<string, string> {
  const first = [dirname(process.execPath), dirname(pulumiCli.pulumi)];
  const rest = (pulumiCli.env["PATH"] ?? env["PATH"] ?? "").split(delimiter);
  return {
    ...pulumiCli.env,
    PATH: [...first, ...rest.filter((folder) => !first.includes(folder))].join(delimiter),
  };
}
