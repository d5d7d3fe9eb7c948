import { readFileSync } from "node:fs";
import { join } from "node:path";
import { finish, type Finished } from "./docker.ts";

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

/** Where the commands of a page are run. */
export interface DocumentedPlace {
  /** Folder that they are typed in. */
  readonly folder: string;
  /** Home folder, empty at first. */
  readonly home: string;
  /** Stack that the pages call `prod`; a name that no other stack of this machine has. */
  readonly stack: string;
}

/** Runs commands as a user with an empty home folder does; the first failure ends them. */
export async function runAsWritten(
  { folder, home, stack }: DocumentedPlace,
  commands: readonly string[],
): Promise<Finished> {
  const script = commands.join("\n").replaceAll(/(--stack|--create) prod\b/g, `$1 ${stack}`);
  const { PATH, DOCKER_HOST } = process.env;
  const named = (name: string) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]);
  const env = [
    `HOME=${home}`,
    `PATH=${PATH ?? ""}`,
    // The Pulumi CLI is not what is tested here: it need not be built once more.
    `BERTH_CACHE=${process.env["BERTH_CACHE"] ?? join(process.env["HOME"] ?? "", ".cache/berth")}`,
    // People answer `pulumi up` at their terminal.
    "PULUMI_SKIP_CONFIRMATIONS=true",
    ...(DOCKER_HOST === undefined ? [] : [`DOCKER_HOST=${DOCKER_HOST}`]),
    ...["PULUMI_HOME", "NODE_EXTRA_CA_CERTS", "npm_config_cache", "BERTH_TEST_RUN"].flatMap(named),
  ];
  return finish("env", ["-i", ...env, "bash", "-eo", "pipefail", "-c", script], { cwd: folder });
}
