import { z } from "zod";
import { secret, type Fix, type Values } from "./field.ts";
import { publicKey, signingKeys } from "./signing-key.ts";

/**
 * As Docker reads references: a first part with a dot or a port is a host.
 * https://github.com/distribution/reference
 */
const host = "(?:[\\w-]+(?:\\.[\\w-]+)+(?::\\d{1,5})?|[\\w-]+:\\d{1,5}|localhost)";
const repositoryPattern = new RegExp(`^${host}(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$`);

/** Where Docker looks for images that name no host. */
const dockerHub = "registry-1.docker.io";

/** Settings of the registry that images are pushed to, and pulled from. */
export const registryFields = {
  registry: z
    .string()
    .regex(
      repositoryPattern,
      "a repository with its host, without a tag, such as registry.example.org/team/shop",
    )
    .optional()
    .describe(
      "Repository that the image built from `app/` is pushed to, and deployed from by its digest; without one, built images stay on the host.",
    )
    .meta({ example: "registry.example.org/team/shop" }),
  registryUser: z
    .string()
    .min(1, "a name")
    .optional()
    .describe("Account at the registry of `registry`, or else of `appImage`; without one there is no login.")
    .meta({ example: "ci" }),
  registryPassword: secret("a password or token", "Secret. Password or token of that account."),
  registryPasswordCommand: z
    .string()
    .min(1, "a command")
    .optional()
    .describe(
      "Command on the deployer's machine that prints the password, for one that expires, instead of `registryPassword`.",
    )
    .meta({ example: "'aws ecr get-login-password'" }),
  releaseKey: z
    .string()
    .refine((text) => publicKey(text) !== undefined, `a public key in PEM form: ${signingKeys}`)
    .optional()
    .describe(
      "Public key, as PEM. `npx berth promote` then only takes releases that `npx berth sign` has signed with its private key.",
    )
    .meta({ example: "< release-key.pub" }),
};

type Settings = Values<typeof registryFields>;

/** The registry that images go to or come from; `registry` is unset if none is pushed. */
export interface RegistryConfig extends Settings {
  /** `host` or `host:port` of the registry. */
  readonly host: string;
}

/** The registry that an image's reference names; capitals make a host too (Docker 29). */
function hostOf(reference: string): string {
  const [first = ""] = reference.split("/");
  return reference.includes("/") && (/[.:A-Z]/.test(first) || first === "localhost") ? first : dockerHub;
}

/** The registry, if the settings name one: that of `registry`, else that of `appImage`. */
export function registryConfig(
  settings: Settings,
  { appImage }: { readonly appImage?: string | undefined },
): RegistryConfig | undefined {
  // An image without a digest was kept on the host, and comes from no registry.
  const reference = settings.registry ?? (appImage?.includes("@") === true ? appImage : undefined);
  return reference === undefined ? undefined : { ...settings, host: hostOf(reference) };
}

/** What is missing or too much among the settings of the registry. */
export function registryProblems(settings: Settings, fix: Fix): string[] {
  const { registryUser, registryPassword, registryPasswordCommand } = settings;
  if (registryPassword !== undefined && registryPasswordCommand !== undefined) {
    return [
      `registryPasswordCommand: stands instead of registryPassword. Fix: ${fix("rm registryPassword")}, or ${fix("rm registryPasswordCommand")}`,
    ];
  }
  const password = registryPassword ?? registryPasswordCommand;
  if ((registryUser === undefined) === (password === undefined)) return [];
  const missing = registryUser === undefined ? "set registryUser NAME" : "set --secret registryPassword";
  const partner = registryPasswordCommand === undefined ? "registryPassword" : "registryPasswordCommand";
  return [`registryUser: goes with ${partner}. Fix: ${fix(missing)}`];
}
