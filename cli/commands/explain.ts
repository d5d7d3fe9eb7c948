import { CommandError, exitCode } from "../../system/exit-code.ts";
import { deployedState } from "../deploy/deployed-state.ts";
import { explainPart } from "../graph/explain.ts";
import { stackGraph } from "../graph/stack-graph.ts";
import type { StackOptions } from "../settings/stack-settings.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

/** `berth explain`: what a part is, what it has, and what a change of it means. */
export const addExplain: AddCommand = (program, run) => {
  stackCommand(
    program,
    "explain <part>",
    "tell what a deployed part is for, whom it asks, and what a change of it means",
    [["npx berth explain nginx --stack prod", "Nginx of the prod stack"]],
  )
    .addOption(generatedPassphraseOption())
    .action(async (part: string, options: StackOptions) =>
      run({ showSteps: false }, async (session) => {
        const graph = stackGraph((await deployedState(session, options)).resources);
        const found = graph.parts.find((one) => one.part === part || one.containers.includes(part));
        if (found === undefined) {
          throw new CommandError(
            `Stack ${options.stack} has no part ${part}. Its parts: ${graph.parts.map((one) => one.part).join(", ")}.`,
            exitCode.usage,
          );
        }
        session.print(explainPart(graph, found, options.stack));
        return exitCode.done;
      }),
    );
};
