import { z } from "zod";
import { secretField } from "./secret-field.ts";
import type { RegistryShape } from "./shape.ts";

/** As Docker reads references: a first part with a dot or a port is a host. https://github.com/distribution/reference */
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
      "Repository that the image built from `app/` is pushed to, and deployed from by its digest; built images stay on the host without one.",
    ),
  registryUser: z
    .string()
    .min(1, "a name")
    .optional()
    .describe("Account at the registry of `registry`, or else of `appImage`; nobody logs in without one."),
  registryPassword: secretField(
    z.string().min(1, "a password or token").optional(),
    "Secret. Password or token of that account.",
  ),
};

type RegistrySettings = z.output<z.ZodObject<typeof registryFields>> & {
  readonly appImage?: string | undefined;
};

/** The registry that an image's reference names. */
function registryOf(reference: string): string {
  const [first = ""] = reference.split("/");
  return reference.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : dockerHub;
}

/** What the settings say of the registry. The password stays out of it. */
export function registryPart(settings: RegistrySettings): { registry?: RegistryShape } {
  const { registry, registryUser, appImage } = settings;
  // An image without a digest was kept on the host, and comes from no registry.
  const reference = registry ?? (appImage?.includes("@") === true ? appImage : undefined);
  if (reference === undefined) return {};
  return {
    registry: {
      host: registryOf(reference),
      ...(registry === undefined ? {} : { repository: registry }),
      ...(registryUser === undefined ? {} : { user: registryUser }),
    },
  };
}

/** What is missing among the settings of the registry. */
export function registryProblems({ registryUser, registryPassword }: RegistrySettings): string[] {
  if ((registryUser === undefined) === (registryPassword === undefined)) return [];
  return ["registryUser: goes with registryPassword. Fix: set both, or neither"];
}
