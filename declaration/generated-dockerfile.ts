import { packageManagerOf } from "./package-manager.ts";
import { readPackage } from "./package.ts";

/** Files of a folder that no image needs; Docker reads them beside the Dockerfile. */
export const generatedIgnore = ["node_modules", ".git", ".env", ".env.*", "npm-debug.log", ""].join("\n");

/**
 * A Dockerfile for an application that has none: dependencies by the lockfile, the script `build`
 * if there is one, and nothing that only development needs.
 * @param folder with package.json and a lockfile
 * @returns undefined if there is no lockfile
 */
export function generatedDockerfile(folder: string): string | undefined {
  const manager = packageManagerOf(folder);
  if (manager === undefined) return undefined;
  const { install, prune, run } = manager;
  const build = readPackage(folder).scripts["build"] === undefined ? [] : [`${run} build`];
  const steps = [install, ...build, ...(prune === undefined ? [] : [prune]), "chmod -R u=rwX,go=rX /app"];
  return `# Made by berth from package.json and the lockfile.
ARG NODE_IMAGE
ARG CA_IMAGE
FROM \${CA_IMAGE} AS machine-ca
FROM \${NODE_IMAGE} AS built
WORKDIR /app
COPY --from=machine-ca /machine-ca.pem /machine-ca.pem
ARG TRUSTED_CA=""
COPY . .
RUN printf '%s' "$TRUSTED_CA" | cat /machine-ca.pem - > /authorities.pem \\
  && if [ -s /authorities.pem ]; then export NODE_EXTRA_CA_CERTS=/authorities.pem; fi \\
  && ${steps.join(" \\\n  && ")}
FROM \${NODE_IMAGE}
WORKDIR /app
COPY --from=built /app ./
ENV NODE_ENV=production
USER 1000:1000
`;
}
