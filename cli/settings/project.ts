import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";

let known: string | undefined;

/**
 * Name of the Pulumi project, as `Pulumi.yaml` has it: the namespace of its settings, and what the
 * names of its volumes and images begin with.
 * @throws CommandError if the file has none
 */
export function projectName(): string {
  known ??= readName(join(checkout.root, "Pulumi.yaml"));
  return known;
}

function readName(file: string): string {
  const { data } = z
    .object({ name: z.string().min(1) })
    .safeParse(parse(readFileSync(file, "utf8"), { schema: "failsafe" }));
  if (data !== undefined) return data.name;
  throw new CommandError(`${file} names no project. Write a line into it: name: shop`, exitCode.usage);
}
