import { delimiter, dirname } from "node:path";
import type { Session } from "../session.ts";
import type { Engine } from "./pulumi-cli.ts";
import { ensureEngine } from "./ensure-pulumi-cli.ts";

/** A Pulumi CLI with its plugins. */
export interface PreparedEngine {
  /** Path of the CLI. */
  readonly command: string;
  /** What makes a shell use it, and this Node for the program. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Finds the Pulumi engine, or builds it. */
export async function prepareEngine(session: Session): Promise<PreparedEngine> {
  const engine = await session.steps.run("Pulumi engine", async (reporter) => {
    const begun = performance.now();
    const found = await ensureEngine({ reporter, env: session.env, signal: session.interruption.signal });
    return {
      value: found,
      note: `${found.version}, ${found.source}`,
      // The engine says by itself whether it had work; a second is what looking takes at most.
      worked: performance.now() - begun > 1000,
    };
  });
  return { command: engine.pulumi, exports: engineExports(engine, session.env) };
}

/** Pulumi starts `node` from PATH to run the program: it has to be one that strips types. The engine comes right after it. */
function engineExports(engine: Engine, env: NodeJS.ProcessEnv): Record<string, string> {
  const first = [dirname(process.execPath), dirname(engine.pulumi)];
  const rest = (engine.env["PATH"] ?? env["PATH"] ?? "").split(delimiter);
  return {
    ...engine.env,
    PATH: [...first, ...rest.filter((folder) => !first.includes(folder))].join(delimiter),
  };
}
