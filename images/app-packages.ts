import { parseArgs } from "node:util";
import { provideAppPackages } from "./lib/app-packages.ts";
import { DockerEngine } from "./lib/docker-engine.ts";

const usage = `Makes an image of an application's packages, installed by this machine's npm and its .npmrc.

  node images/app-packages.ts FOLDER REFERENCE

FOLDER     has package.json and package-lock.json
REFERENCE  the image's name, such as berth/app-packages-prod:0a1b2c3d4e5f; an image that is there is left alone

Messages go to standard error. Exit codes: 0 available, 1 not available, 2 wrong arguments, 130 or 143 interrupted.
`;

const { values, positionals } = parseArgs({ options: { help: { type: "boolean" } }, allowPositionals: true });
const [folder, reference] = positionals;
const interruption = new AbortController();
for (const [name, exitCode] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.once(name, () => {
    process.exitCode = exitCode;
    interruption.abort();
  });
}
if (values.help === true) {
  process.stdout.write(usage);
} else if (folder === undefined || reference === undefined || positionals.length > 2) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const { signal } = interruption;
  const say = (text: string) => process.stderr.write(`packages: ${text}\n`);
  try {
    await provideAppPackages(new DockerEngine({ signal }), { folder, reference, say, signal });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode ??= 1;
  }
}
