import { z } from "zod";

/**
 * Marks a setting as a secret: it is refused where it was set without `--secret`, and no message repeats its value.
 * @param path what `pulumi config set --secret` takes in place of the setting's name, where it holds several secrets
 */
export function secretField<T extends z.ZodType>(field: T, description: string, path?: string): T {
  return field.meta({ description, secret: true, ...(path === undefined ? {} : { path }) });
}

const meta = z.object({ secret: z.literal(true), path: z.string().optional() });

/** Whether a setting is a secret. */
export function isSecretField(field: z.ZodType | undefined): boolean {
  return meta.safeParse(field?.meta()).success;
}

/**
 * The secrets that lie in the settings file for everybody to read, one line each with the fix.
 * @param values settings as they were set
 * @param encrypted names of those that were set with `--secret`
 */
export function plainSecretProblems(
  stack: string,
  fields: Readonly<Record<string, z.ZodType>>,
  values: Readonly<Record<string, string>>,
  encrypted: ReadonlySet<string>,
): string[] {
  return Object.keys(values).flatMap((key) => {
    const found = meta.safeParse(fields[key]?.meta());
    if (!found.success || encrypted.has(key)) return [];
    return [
      `${key}: is not encrypted, and anybody who sees Pulumi.${stack}.yaml can read it. ` +
        `Fix: pulumi config set --secret ${found.data.path ?? key} --stack ${stack}, with a new value if the file was shared`,
    ];
  });
}
