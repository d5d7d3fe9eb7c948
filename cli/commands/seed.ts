import { runAppProgram, type AppTarget } from "../running/app-program.ts";
import { applicationCommand } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { liteOption } from "./options.ts";

/** `berth seed`: the modules' sample data. */
export const addSeed: AddCommand = (program, run) => {
  stackCommand(program, "seed", "load the modules' sample data; existing rows stay", [
    ["npx berth seed", "into the dev stack"],
    ["npx berth seed --lite", "into lite mode's database"],
  ])
    .option("--force", "load it in production too")
    .addOption(liteOption())
    .action(async (options: AppTarget & { force?: boolean }) =>
      run({ showSteps: false }, (session) =>
        runAppProgram(session, options, [
          ...applicationCommand(options.stack, "seed"),
          ...(options.force === true ? ["--force"] : []),
        ]),
      ),
    );
};
