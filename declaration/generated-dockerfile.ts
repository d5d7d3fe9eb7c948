import { packageManagerOf } from "./package-manager.ts";
import { readPackage } from "./package.ts";

/** Files of a folder that no image needs; Docker reads them beside the Dockerfile. */
export const generatedIgnore = ["node_modules", ".git", ".env", ".env.*", "npm-debug.log", ""].join("\n");

/** Files that say which packages there are, in any folder. */
const manifests = [
  ...["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc", "*.patch"],
  ...["pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock", ".yarnrc", ".yarnrc.yml"],
];

/** npm trusts the machine's and the stack's own authorities, in each step anew. */
const trust = `if [ -s /authorities.pem ]; then export NODE_EXTRA_CA_CERTS=/authorities.pem; fi`;

/** Of pnpm's own: with the time of installation, no image would have the layer of another. */
const pnpmState = "node_modules/.modules.yaml node_modules/.pnpm-workspace-state*.json";

/**
 * A Dockerfile for an application that has none: dependencies by the lockfile, the script `build`
 * if there is one, and nothing that only development needs. A change of the sources installs
 * nothing anew, and the images of two releases share the layer of their packages.
 * @param folder with package.json and a lockfile
 * @returns undefined if there is no lockfile
 */
export function generatedDockerfile(folder: string): string | undefined {
  const manager = packageManagerOf(folder);
  if (manager === undefined) return undefined;
  const { fetch, install, provide, prune, run } = manager;
  const build = readPackage(folder).scripts["build"] === undefined ? undefined : `${run} build`;
  // Those of this machine, which are not the image's, where `.dockerignore` lets them in.
  const foreign = manager.manifests.workspaces
    ? "find . -name package.json -not -path '*/node_modules/*' -printf '%h/node_modules\\0' | xargs -0 rm -rf"
    : "rm -rf node_modules";
  const names = manifests.map((name) => `-name '${name}'`).join(" -o ");
  return `# Made by berth from package.json and the lockfile.
ARG NODE_IMAGE
ARG CA_IMAGE
FROM \${CA_IMAGE} AS machine-ca
FROM \${NODE_IMAGE} AS sources
WORKDIR /app
COPY . .
${step([
  "chmod -R u=rwX,go=rX .",
  foreign,
  "mkdir /manifests",
  `find . -name node_modules -prune -o -type f '(' ${names} -o -path './.yarn/*' ')' -exec cp --parents -t /manifests '{}' +`,
])}
FROM \${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=machine-ca /machine-ca.pem /machine-ca.pem
ARG TRUSTED_CA=""
${step([`printf '%s' "$TRUSTED_CA" | cat /machine-ca.pem - > /authorities.pem`, trust, provide])}
${fetch === undefined ? "" : `COPY --from=sources /manifests ./\n${step([trust, fetch])}\n`}FROM packages AS built
COPY --from=sources /app ./
${step([
  trust,
  install,
  build,
  prune,
  "mkdir /packages",
  `if [ -d node_modules ]; then rm -f ${pnpmState}; mv node_modules /packages/; fi`,
  "chmod -R u=rwX,go=rX /app /packages",
])}
FROM \${NODE_IMAGE}
WORKDIR /app
COPY --from=built /packages ./
COPY --from=built /app ./
ENV NODE_ENV=production
USER 1000:1000
`;
}

function step(commands: readonly (string | undefined)[]): string {
  return `RUN ${commands.filter((command) => command !== undefined).join(" \\\n  && ")}`;
}
