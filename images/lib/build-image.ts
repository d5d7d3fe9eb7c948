import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeCacheFolder } from "../../system/cache-folder.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { readMachineCa } from "./machine-ca.ts";
import { addNpmPackages } from "./npm-packages.ts";

/** What a build needs to know, and whom it tells. */
export interface BuildRequest {
  /** Name in messages and of the log; `debian` and `machine-ca` are made in ways of their own. */
  readonly name: string;
  /** Debian's release, for a root file system of another one than the script's own. */
  readonly suite?: string | undefined;
  /** Folder of the recipe. */
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name for the finished image. */
  readonly reference: string;
  /** Values for those of the Dockerfile's build arguments that it declares. */
  readonly buildArguments: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Builds an image from a recipe of this folder on the engine. The image gets its name when it is
 * complete, never before.
 *
 * @throws with the end of the build's output and the place of all of it.
 */
export async function buildImage(engine: DockerEngine, request: BuildRequest): Promise<void> {
  const log = join(madeCacheFolder(process.env, "images", "logs"), `${request.name}.log`);
  writeFileSync(log, "");
  await (request.name === "debian" || request.suite !== undefined
    ? importDebian(engine, request, log)
    : buildRecipe(engine, request, log));
}

async function importDebian(engine: DockerEngine, request: BuildRequest, log: string): Promise<void> {
  const prefix = "bootstrap: ";
  const architecture = await engine.architecture();
  const { suite } = request;
  const program = {
    command: join(request.folder, "bootstrap.sh"),
    args: ["--architecture", architecture, ...(suite === undefined ? [] : ["--suite", suite])],
  };
  const changes = [
    'CMD ["bash"]',
    ...Object.entries(request.labels).map(([key, value]) => `LABEL ${key}=${value}`),
  ];
  const say = (line: string) => {
    if (line.startsWith(prefix)) request.say(line.slice(prefix.length));
  };
  const { from: bootstrap, to: imported } = await engine.importRoot(program, changes, say, log);
  const id = imported.stdout.trim();
  // Of a script that failed, the engine got a part of a file system, or nothing, which may or may
  // not be an error there.
  if (bootstrap.code !== 0) {
    if (imported.code === 0) await engine.remove(id);
    if (bootstrap.code === 3)
      throw new Error(`The image ${request.name} could not be built, for the reason above.`);
    throw failure(request.name, bootstrap.tail, log);
  }
  if (imported.code !== 0) throw new Error(`docker import failed: ${imported.stderr}`);
  await engine.tag(id, request.reference);
}

async function buildRecipe(engine: DockerEngine, request: BuildRequest, log: string): Promise<void> {
  const context = mkdtempSync(
    join(madeCacheFolder(process.env, "images", "contexts"), `${request.name}-${process.pid}-`),
  );
  try {
    const recipe = request.folder;
    cpSync(recipe, context, { recursive: true });
    if (request.name === "machine-ca")
      writeFileSync(join(context, "machine-ca.pem"), readMachineCa(process.env).pem);
    if (readdirSync(recipe).includes("packages.json")) {
      request.say("fetching Node.js and npm from the npm registry");
      await addNpmPackages(recipe, context, await engine.architecture(), request.signal);
    }
    const built = await engine.build({
      reference: request.reference,
      context,
      buildArguments: declared(join(recipe, "Dockerfile"), request.buildArguments),
      labels: request.labels,
      log,
      onLine: (line) => {
        const step = /^Step (\d+)\/(\d+) : ((?:RUN|COPY|ADD) .*)$/.exec(line);
        if (step !== null)
          request.say(`step ${step[1] ?? ""} of ${step[2] ?? ""}: ${abbreviate(step[3] ?? "")}`);
      },
    });
    if (built.code !== 0) throw failure(request.name, built.tail, log);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Only what the Dockerfile asks for: docker warns of the rest. */
function declared(dockerfile: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const text = readFileSync(dockerfile, "utf8");
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => new RegExp(`^ARG ${name}(?:=.*)?$`, "m").test(text)),
  );
}

function abbreviate(instruction: string): string {
  const text = instruction.replace(/\s+/g, " ");
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}

function failure(name: string, output: string, log: string): Error {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const shown = [...lines, `(all of it: ${log})`];
  return new Error(`The image ${name} could not be built:\n${shown.map((line) => `  ${line}`).join("\n")}`);
}
