import { existsSync } from "node:fs";
import { join } from "node:path";
import { wordsOf } from "../../declaration/command.ts";
import { dockerfileFacts } from "../../declaration/dockerfile.ts";
import { readPackage } from "../../declaration/package.ts";
import { inImage } from "./folders.ts";
import type { Notes } from "./notes.ts";

/** What is made from other sources; a change of those would not be seen in it. */
const made = /^(?:dist|build|out|lib|\.next|node_modules)$/;

/** Copies the whole folder, as far as a line can tell. */
const copiesAll = /^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*\.\/?\s+(?:\.\/?|\/\S*)\s*$/im;

/**
 * Sources that `dev` can mount: those that Node runs as they are, from a folder that the image has
 * in the same place.
 * @param web what is declared to serve, if something is
 */
export function reload(
  { dockerfile, home }: { readonly dockerfile: string; readonly home: string },
  web: string | readonly string[] | undefined,
  { found }: Notes,
): object {
  const { main, scripts } = readPackage(home);
  const generated = dockerfile === "" ? (scripts["start"] ?? `node ${main ?? "index.js"}`) : undefined;
  const command = web ?? generated ?? dockerfileFacts(dockerfile).command;
  const words = command === undefined ? [] : wordsOf(command, scripts);
  const file = words[0] === "node" ? words.slice(1).find((word) => /\.[cm]?[jt]s$/.test(word)) : undefined;
  const [folder = "", ...rest] = (file ?? "").replace(/^\.\//, "").split("/");
  const runs = rest.length > 0 && folder !== "" && !made.test(folder) && existsSync(join(home, file ?? ""));
  if (!runs || (dockerfile !== "" && !copiesAll.test(dockerfile))) return {};
  const to = inImage(dockerfile, folder);
  found.push({ what: "reload", value: `dev mounts ${folder}, and starts again at each change` });
  // Only a command that is declared can be watched.
  const said = words.every((word) => /^\S+$/.test(word)) ? words.join(" ") : words;
  return { ...(dockerfile === "" ? {} : { web: said }), reload: { from: folder, to } };
}
