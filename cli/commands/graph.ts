import { Option } from "commander";
import { exitCode } from "../../system/exit-code.ts";
import { renderMermaid, renderSvg } from "../graph/render-graph.ts";
import { stackGraph } from "../graph/stack-graph.ts";
import { deployedState } from "../deploy/deployed-state.ts";
import type { StackOptions } from "../settings/stack-settings.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

interface GraphOptions extends StackOptions {
  readonly format: "mermaid" | "svg";
}

/** `berth graph`: a picture of what is deployed. */
export const addGraph: AddCommand = (program, run) => {
  stackCommand(program, "graph", "draw what is deployed: parts, who asks whom, networks, ports, data", [
    ["npx berth graph --stack prod", "Mermaid, which forges draw in Markdown"],
    ["npx berth graph --stack prod --format svg > prod.svg", "a picture"],
  ])
    .addOption(
      new Option("--format <format>", "what to print").choices(["mermaid", "svg"]).default("mermaid"),
    )
    .addOption(generatedPassphraseOption())
    .action(async (options: GraphOptions) =>
      run({ showSteps: false }, async (session) => {
        const graph = stackGraph((await deployedState(session, options)).resources);
        session.print(
          options.format === "svg"
            ? renderSvg(graph, `Stack ${options.stack}`).trimEnd()
            : renderMermaid(graph),
        );
        return exitCode.done;
      }),
    );
};
