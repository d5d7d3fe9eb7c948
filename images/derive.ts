import { parseArgs } from "node:util";
import { derivedImages, deriveImage, type DerivedImageName } from "./lib/derive-image.ts";
import { runProgram } from "./lib/run-program.ts";

const names = Object.keys(derivedImages) as readonly DerivedImageName[];
const usage = `Builds an image on another one, on the Docker engine that DOCKER_HOST or the docker context names.

  node images/derive.ts NAME --base REFERENCE

NAME
${names.map((name) => `  ${name.padEnd(8)} ${derivedImages[name]}`).join("\n")}

--base  An image that is on the engine.

The last line of standard output is the image's reference; what happens on the way goes to standard error.
Exit codes: 0 available, 1 not available, 2 wrong arguments, 130 or 143 interrupted.
`;

await runProgram(usage, (args) => {
  const options = { base: { type: "string" }, help: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return "help";
  const { base } = values;
  const name = names.find((known) => known === positionals[0]);
  if (name === undefined || positionals.length > 1)
    throw new Error(`NAME must be one of ${names.join(", ")}.`);
  if (base === undefined) throw new Error("--base must name an image.");
  return async (signal) => {
    const say = (text: string): void => {
      process.stderr.write(`${name}: ${text}\n`);
    };
    process.stdout.write(`${await deriveImage(name, base, { say, signal })}\n`);
  };
});
