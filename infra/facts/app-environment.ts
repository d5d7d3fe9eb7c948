import { createHash } from "node:crypto";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { fillIn, isSecret } from "../../declaration/template.ts";
import { ownSecret, type SecretValue } from "../../declaration/values.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { appSecretFiles, appValues, type AppWiring } from "./app-values.ts";

/** Folder that the layer on top of an application's image is in. */
export const layerFolder = "/berth";

/**
 * Where berth's layer answers for health if the application does not; Nginx serves it to nobody.
 */
const layerHealth = "/_edge/health";

/** Path of the request that tells whether a replica may get traffic. */
export function healthPath({ health }: Pick<Declaration, "health">): string {
  return health ?? layerHealth;
}

/** Templates of the application and of the stack, which win. */
function templatesOf(config: StackConfig, app: Declaration): [string, string][] {
  return Object.entries({ ...app.env, ...config.app.env });
}

/** Part name of the volume with the password of migrations. */
export const migrationSecretsPart = "migration-secrets";

/** What the environment of a migration says differently from the application's. */
export function migrationEnvironment(user: string, secrets: string): Record<string, string> {
  return {
    DATABASE_USER: user,
    DATABASE_PASSWORD_FILE: `${secrets}/${appSecretFiles.databasePassword}`,
  };
}

/**
 * Environment of every container made from the application's image, but RELEASE. None of it is
 * secret: secrets are files.
 */
export function appEnvironment(
  config: StackConfig,
  app: Declaration,
  wiring: AppWiring,
): Record<string, string> {
  const values = appValues(config, app, wiring);
  const templates = templatesOf(config, app);
  const declared = Object.fromEntries(
    templates.flatMap(([name, template]) => {
      const value = isSecret(template) ? undefined : fillIn(template, values);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  if (app.runtime === "native") return declared;
  const secret = templates.some(([, template]) => isSecret(template));
  const { NODE_OPTIONS: options } = declared;
  return {
    PORT: String(app.port),
    NODE_ENV: config.app.environment,
    // Node's own variable: whatever the application opens trusts these authorities too.
    ...(values["file.trustedCa"] === undefined ? {} : { NODE_EXTRA_CA_CERTS: values["file.trustedCa"] }),
    ...declared,
    // The image's own options are in the layer; a declared variable takes their place.
    ...(options === undefined ? {} : { NODE_OPTIONS: `${options} --require=${layerFolder}/preload.cjs` }),
    BERTH_PORT: String(app.port),
    BERTH_HEALTH: healthPath(app),
    BERTH_DRAIN: String(config.app.drainTimeout),
    ...(secret ? { BERTH_ENV_FILE: `${wiring.secrets}/${appSecretFiles.environment}` } : {}),
  };
}

/** Secrets by the names that templates have for them, those of `secrets.NAME` included. */
export type SecretTexts = Readonly<Partial<Record<SecretValue, string>> & Record<string, string | undefined>>;

/**
 * The variables that are set inside the process, as its file has them.
 * @returns undefined if there are none
 */
export function secretEnvironment(
  config: StackConfig,
  app: Declaration,
  wiring: AppWiring,
  secrets: SecretTexts,
): string | undefined {
  const values = { ...appValues(config, app, wiring), ...secrets };
  const variables = templatesOf(config, app).flatMap(([name, template]) => {
    const value = isSecret(template) ? fillIn(template, values) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return variables.length === 0 ? undefined : `${JSON.stringify(Object.fromEntries(variables))}\n`;
}

/** Name in templates of one of the application's own secrets. */
export function ownSecretName(name: string): string {
  return `${ownSecret}${name}`;
}

/**
 * Name of a release: its image, and what it is configured with. Equal names mean equal behaviour,
 * and a changed secret or setting is a release of its own.
 * @returns `<12 hex of the image>-<6 hex of the configuration>`
 */
export function releaseId(image: string, environment: Readonly<Record<string, string>>): string {
  const configuration = createHash("sha256").update(JSON.stringify(Object.entries(environment).sort()));
  return `${image}-${configuration.digest("hex").slice(0, 6)}`;
}
