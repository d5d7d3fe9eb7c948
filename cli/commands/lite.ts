import { join } from "node:path";
import { checkout } from "../checkout.ts";
import { exitCode } from "../../system/exit-code.ts";
import { attach } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** `berth lite`: the application without Docker. */
export const addLite: AddCommand = (program, run) => {
  const command = program
    .command("lite")
    .description("run the application on an embedded Postgres, without Docker, until Ctrl-C");
  withExamples(command, [
    ["npx berth lite", "the application at http://127.0.0.1:8000/"],
    ["PORT=8100 npx berth lite", "on another port; .env may hold such settings too"],
    ["npx berth create-admin --lite ada@example.org", "create an administrator in lite mode"],
  ]).action(async () => run({ showSteps: false }, lite));
};

async function lite(session: Session): Promise<number> {
  const program = join(checkout.app, "scripts", "lite.ts");
  const code = await attach({ command: process.execPath, args: [program] }, session.interruption, {
    env: session.env,
  });
  return code === 0 ? exitCode.done : exitCode.failed;
}
