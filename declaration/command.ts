import { split } from "shlex";

/** A command's words, as the kernel gets them. */
export type Words = readonly string[];

/** What only a shell understands. */
const shellSyntax = /[&|;<>$`*?~#]|^\s*\w+=/;

/** Ways to run a script of package.json. */
const runners = /^(?:npm|pnpm|yarn)(?: run(?:-script)?)? ([\w:.-]+)$/;

/** Scripts that a runner takes without `run`. */
const short = new Set(["start", "test"]);

/**
 * A command's words. A script of package.json is replaced by what it says, if that needs no shell:
 * npm as process 1 would end without waiting for the application.
 * @param scripts those of package.json
 */
export function wordsOf(
  command: string | readonly string[],
  scripts: Readonly<Record<string, string>>,
): Words {
  if (typeof command !== "string") return scriptOf(command.join(" "), scripts) ?? command;
  const script = scriptOf(command, scripts);
  if (script !== undefined) return script;
  return shellSyntax.test(command) ? ["sh", "-c", command] : split(command);
}

/** The words of the script that a runner would run; undefined if it takes the runner. */
function scriptOf(command: string, scripts: Readonly<Record<string, string>>): Words | undefined {
  const [whole = "", name = ""] = runners.exec(command.trim()) ?? [];
  if (whole === "" || (!/ run(?:-script)? /.test(whole) && whole.startsWith("npm ") && !short.has(name)))
    return undefined;
  const script = scripts[name];
  if (script === undefined || scripts[`pre${name}`] !== undefined || scripts[`post${name}`] !== undefined)
    return undefined;
  if (shellSyntax.test(script)) return undefined;
  const words = split(script);
  return words[0] === "node" ? words : undefined;
}
