import { lockfileOf, lockfiles, readPackage } from "./package.ts";

/** How each package manager installs what the lockfile says. */
const installs = {
  npm: "npm ci --no-audit --no-fund --no-update-notifier",
  pnpm: "npx --yes pnpm@10 install --frozen-lockfile",
  yarn: "npx --yes yarn@1 install --frozen-lockfile --non-interactive",
} as const;

const prunes = {
  npm: "npm prune --omit=dev --no-audit --no-fund",
  pnpm: "npx --yes pnpm@10 prune --prod",
  yarn: "npx --yes yarn@1 install --production --ignore-scripts --prefer-offline --frozen-lockfile --non-interactive",
} as const;

/** Files of a folder that no image needs; Docker reads them beside the Dockerfile. */
export const generatedIgnore = ["node_modules", ".git", ".env", ".env.*", "npm-debug.log", ""].join("\n");

/**
 * A Dockerfile for an application that has none: dependencies by the lockfile, the script `build`
 * if there is one, and nothing that only development needs.
 * @param folder with package.json and a lockfile
 * @returns undefined if there is no lockfile
 */
export function generatedDockerfile(folder: string): string | undefined {
  const lockfile = lockfileOf(folder);
  if (lockfile === undefined) return undefined;
  const manager = lockfiles[lockfile];
  const { scripts } = readPackage(folder);
  const build =
    scripts["build"] === undefined
      ? ""
      : ` && ${manager === "npm" ? "npm" : `npx --yes ${manager === "pnpm" ? "pnpm@10" : "yarn@1"}`} run build`;
  return `# Made by berth from package.json and ${lockfile}.
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
  && ${installs[manager]}${build} && ${prunes[manager]} \\
  && chmod -R u=rwX,go=rX /app
FROM \${NODE_IMAGE}
WORKDIR /app
COPY --from=built /app ./
ENV NODE_ENV=production
USER 1000:1000
`;
}
