import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * The command blocks of a page, in its order.
 * @param page path from the root
 * @param section heading of the section that they are in; the whole page by default
 */
export function commandBlocks(page: string, section?: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const part =
    section === undefined
      ? text
      : text.split(/^(?=## )/m).find((candidate) => candidate.startsWith(`## ${section}\n`));
  if (part === undefined) throw new Error(`${page} has no section ${section ?? ""}`);
  return [...part.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, language = "", text = ""]) =>
    ["", "sh"].includes(language) ? [text] : [],
  );
}
