// Prints the files that `berth rollback` goes through, and fails if they have become more than one
// can hold in mind. The way has the files that tell the command's story: the program, the command
// and cli/deploy. Below are rooms with a door: the first file of a room that the way calls. Imports
// of the door are the room's own matter.
import { dirname } from "node:path";
import { checkout } from "../checkout.ts";
import { valueImports } from "./value-imports.ts";

const command = "cli/commands/rollback.ts";
const mostFiles = 12;
/** Where the way is; everything else lies below. */
const rooms = ["cli", "cli/commands", "cli/deploy"];

/** The way from the command line to the work, without the other commands. */
function trace(): { way: string[]; doors: string[]; loaded: number } {
  const [way, doors] = [new Set<string>(), new Set<string>()];
  const others = /^cli\/commands\/(?!rollback|command\.ts|options\.ts)/;
  const follow = (file: string) => {
    if (way.has(file) || doors.has(file) || others.test(file)) return;
    // The checkout's paths are facts and no step.
    const tellsStory = rooms.includes(dirname(file)) && file !== "cli/checkout.ts";
    (tellsStory ? way : doors).add(file);
    if (tellsStory) for (const next of valueImports(checkout.root, file)) follow(next);
  };
  follow("cli/main.ts");
  follow(command);
  return { way: [...way], doors: [...doors].sort(), loaded: everythingBelow([...way, ...doors], others) };
}

function everythingBelow(files: readonly string[], others: RegExp): number {
  const seen = new Set<string>();
  const queue = [...files];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || others.test(file) || !/\.m?ts$/.test(file)) continue;
    seen.add(file);
    queue.push(...valueImports(checkout.root, file));
  }
  return seen.size;
}

const { way, doors, loaded } = trace();
const line = (file: string) => `  ${file}`;
process.stdout.write(
  [
    `berth rollback goes through ${way.length} files (${mostFiles} at most):`,
    ...way.map(line),
    `and knocks at ${doors.length} doors of the rooms below:`,
    ...doors.map(line),
    `${loaded} files are loaded in all.\n`,
  ].join("\n"),
);
if (way.length > mostFiles) process.exitCode = 1;
