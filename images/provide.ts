import { parseArgs } from "node:util";
import { baseImageNames, baseImages, type BaseImageName } from "./catalogue.ts";
import type { ImageSource } from "../stacks/stack-config.ts";
import { provideImage } from "./lib/provide-image.ts";
import { stableReference } from "./lib/recipe.ts";
import { runProgram } from "./lib/run-program.ts";

const sources: readonly ImageSource[] = ["auto", "official", "debian"];
const usage = `Makes a base image available on the Docker engine that DOCKER_HOST or the docker context names.

  node images/provide.ts NAME [--source auto|official|debian] [--print-reference]

NAME
${baseImageNames.map((name) => `  ${name.padEnd(15)} ${baseImages[name].purpose}`).join("\n")}

--source           official: from its registry only. debian: built here from Debian packages only.
                   auto (default): whichever is there, else official, else debian.
--print-reference  Prints the name of the Debian-built image and does nothing.

The last line of standard output is one line of JSON, {"reference":"…","source":"official|debian"}; what happens on the
way goes to standard error. Exit codes: 0 available, 1 not available, 2 wrong arguments, 130 or 143 interrupted.
`;

interface Request {
  readonly name: BaseImageName;
  readonly source: ImageSource;
  readonly printReference: boolean;
}

function parseRequest(args: string[]): Request | "help" {
  const options = {
    source: { type: "string", default: "auto" },
    "print-reference": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return "help";
  const name = baseImageNames.find((known) => known === positionals[0]);
  const source = sources.find((known) => known === values.source);
  const problems = [
    ...(name === undefined ? [`NAME must be one of ${baseImageNames.join(", ")}.`] : []),
    ...(source === undefined ? [`--source must be one of ${sources.join(", ")}.`] : []),
    ...(positionals.length > 1 ? [`One NAME at a time: ${positionals.slice(1).join(" ")} is too much.`] : []),
  ];
  if (name === undefined || source === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  return { name, source, printReference: values["print-reference"] };
}

await runProgram(usage, (args) => {
  const request = parseRequest(args);
  if (request === "help") return "help";
  return async (signal) => {
    if (request.printReference) {
      process.stdout.write(`${stableReference(request.name, process.env)}\n`);
      return;
    }
    const say = (image: BaseImageName, text: string): void => {
      process.stderr.write(`${image}: ${text}\n`);
    };
    const provided = await provideImage(request.name, request.source, { say, signal });
    process.stdout.write(`${JSON.stringify(provided)}\n`);
  };
});
