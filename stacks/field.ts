import { z } from "zod";

/**
 * Writes the command that changes a setting of the stack at hand, from its part behind `pulumi
 * config`.
 */
export type Fix = (change: string) => string;

/**
 * The fixes of a stack. Every one names the stack: copied without it, a command changes whichever
 * is selected.
 * @example fixOf("prod")("set maxBody VALUE") // pulumi config set maxBody VALUE --stack prod
 */
export function fixOf(stack: string): Fix {
  return (change) => `pulumi config ${change} --stack ${stack}`;
}

/** Output of settings as they were parsed. */
export type Values<F extends z.ZodRawShape> = z.output<z.ZodObject<{ -readonly [P in keyof F]: F[P] }>>;

/** Reads the settings that some fields describe. */
export type Read = <F extends z.ZodRawShape>(fields: F) => Values<F>;

/**
 * Reads settings as Pulumi stores them, some fields at a time; the others are left alone.
 * @param raw settings of which each is valid by itself
 */
export function reader(raw: Readonly<Record<string, string>>): Read {
  return (fields) => z.object(fields).parse(raw);
}

/** Settings of which some are certainly set. */
export type With<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> };

/**
 * A whole number as Pulumi's configuration holds it: a string of digits.
 * @param unit what it counts, if its name does not say that
 */
export function wholeNumber(min: number, max: number, unit?: string) {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, expected)
    .transform(Number)
    .pipe(z.number(expected).min(min, expected).max(max, expected))
    .meta({ values: `${min} to ${max}`, ...(unit === undefined ? {} : { unit }) });
}

/** A switch. */
export const yesOrNo = z.enum(["true", "false"], "true or false").transform((value) => value === "true");

const momentExpected = "a date or a time that is not to come, such as 2026-11-27 or 2026-11-27T14:00:00Z";

/**
 * A moment that YAML took for a date, because nobody put it in quotes: Pulumi hands it on as Go
 * prints it (findings/pulumi-stack-file-rewritten.sh).
 */
const unquotedMoment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4} \S+$/)
  .transform((text) => text.replace(/ ([+-]\d\d)(\d\d) \S+$/, "$1:$2").replace(" ", "T"));

/** A moment of the past, as ISO 8601; a date alone means its beginning in UTC. */
export const pastMoment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date(), unquotedMoment], momentExpected)
  .transform((text) => new Date(text).toISOString())
  // A day for clocks and time zones that differ.
  .refine((moment) => Date.parse(moment) <= Date.now() + 86_400_000, momentExpected)
  .meta({ values: "date or time" });

/** A TCP port of the Docker host. */
export const hostPort = wholeNumber(1, 65_535);

/** A host address that a port is bound to. */
export const hostAddress = z.ipv4("an IPv4 address, such as 127.0.0.1").or(z.ipv6("an IPv6 address"));

/** Several values in one setting, separated by commas or white space. */
export const list = z.string().transform((text) => text.split(/[\s,]+/).filter((part) => part !== ""));

/** Takes credentials out of an address, for messages. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\/\/)[^/@\s]*@/g, "$1…@");
}

/**
 * Address of a web service. One with `user:password@` is refused: it would stand in environments,
 * state and previews.
 * @param example what the message about a wrong one shows
 */
export function webAddress(example: string, protocol = /^https?$/) {
  const expected = `an address such as ${example}, without user and password`;
  return z
    .url({ protocol, error: expected })
    .refine(
      (address) => URL.canParse(address) && new URL(address).username + new URL(address).password === "",
      expected,
    );
}

/** A certificate, or several. */
export const pem = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\s[\s\S]+-----END CERTIFICATE-----\s*$/, "a certificate in PEM form")
  .transform((text) => `${text.trim()}\n`);

/**
 * A secret. It is refused if it was set without `--secret`, no message repeats it, and the
 * configuration holds only that it is set: the program reads its value as an Output and passes it
 * on to a file.
 * @param expected what it is, for the message about an empty one
 */
export function secret(expected: string, description: string) {
  return z
    .string()
    .min(1, expected)
    .transform((): true => true)
    .optional()
    .meta({ description, secret: true });
}

const secretNamesExpected = "names of small and capital letters and digits, each with a text";

/** Several secrets by name, set with `--path`. The configuration holds their names. */
export function secretMap(name: string, description: string) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return Object.keys(
          z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), z.string()).parse(JSON.parse(text)),
        );
      } catch {
        context.addIssue({ code: "custom", message: secretNamesExpected });
        return z.NEVER;
      }
    })
    .default([])
    .meta({ description, secret: true, path: `--path ${name}.NAME` });
}

/** Several texts by name, set with `--path`. */
export function textMap(name: string, description: string) {
  const expected = `names of variables, each with a text: --path ${name}.NAME`;
  return z
    .string()
    .transform((text, context): Readonly<Record<string, string>> => {
      try {
        const values = z.record(
          z.string().regex(/^[A-Za-z_]\w*$/),
          z.union([z.string(), z.number(), z.boolean()]),
        );
        return Object.fromEntries(
          Object.entries(values.parse(JSON.parse(text))).map(([key, value]) => [key, String(value)]),
        );
      } catch {
        context.addIssue({ code: "custom", message: expected });
        return z.NEVER;
      }
    })
    .default({})
    .meta({ description, textPath: `--path ${name}.LOG_FORMAT json` });
}

const secretMeta = z.object({ secret: z.literal(true), path: z.string().optional() });

/**
 * What `pulumi config set --secret` takes to set a secret; undefined for a setting that is none.
 */
export function secretPath(name: string, field: z.ZodType | undefined): string | undefined {
  const { success, data } = secretMeta.safeParse(field?.meta());
  return success ? (data.path ?? name) : undefined;
}
