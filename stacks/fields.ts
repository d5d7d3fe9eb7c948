import { z } from "zod";
import { mediaFields } from "./media.ts";
import { reachFields } from "./reach.ts";
import { secretField } from "./secret-field.ts";
import { logLevels } from "./shape.ts";

/** A whole number as Pulumi's configuration holds it: a string of digits. */
export function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, expected)
    .transform(Number)
    .pipe(z.number(expected).min(min, expected).max(max, expected));
}

/** A switch. */
export const yesOrNo = z.enum(["true", "false"], "true or false").transform((value) => value === "true");

/** A TCP port of the Docker host. */
export const hostPort = wholeNumber(1, 65_535);

/** A host address that a port is bound to. */
export const hostAddress = z.ipv4("an IPv4 address, such as 127.0.0.1").or(z.ipv6("an IPv6 address"));

const dockerHostPattern = /^(unix:\/\/\/|tcp:\/\/|ssh:\/\/)\S+$/;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

const secretsExpected =
  "names of small and capital letters and digits, each with a text: pulumi config set --secret --path secrets.paymentKey";

/** Names of the secrets in an object as Pulumi's configuration holds it; their values stay where they are. */
function secretNames(text: string, context: z.RefinementCtx): string[] {
  try {
    return Object.keys(z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), z.string()).parse(JSON.parse(text)));
  } catch {
    context.addIssue({ code: "custom", message: secretsExpected });
    return z.NEVER;
  }
}

/** Settings of every stack as a whole, its application and database. `shape` is handled before these are read. */
export const commonFields = {
  imageSource: z
    .enum(["auto", "official", "debian"], "auto, official or debian")
    .default("auto")
    .describe(
      "Where base images come from: their registry, our Debian-built equivalents, or the first that can be had.",
    ),
  dockerHost: z
    .string()
    .regex(
      dockerHostPattern,
      "an address such as ssh://deploy@host, tcp://host:2376 or unix:///var/run/docker.sock",
    )
    .optional()
    .describe("Docker engine to deploy to. Default: DOCKER_HOST of the environment, else the local socket."),
  timeZone: z
    .string()
    .refine(isTimeZone, "a time zone of the IANA list, such as Europe/Moscow")
    .default("UTC")
    .describe("Time zone shown to people. Data is stored in UTC."),
  locale: z.enum(["en", "ru"], "en or ru").default("en").describe("Language of the application's messages."),
  drainTimeout: wholeNumber(1, 600)
    .default(25)
    .describe("Seconds that a stopping replica may take to finish its requests."),
  secrets: secretField(
    z.string().transform(secretNames).default([]),
    "Secrets of your own modules, by name: `pulumi config set --secret --path secrets.paymentKey`. The application reads them with `config.secret`.",
    "--path secrets.NAME",
  ),
  rateLimit: wholeNumber(0, 1_000_000)
    .default(1200)
    .describe("Requests that one address may send to the application in a minute; 0 lifts the limit."),
  ...reachFields,
  databaseMaxConnections: wholeNumber(20, 5_000).default(100).describe("Postgres's max_connections."),
  databasePoolMax: wholeNumber(2, 100)
    .default(5)
    .describe("Connections in the pool of each application process."),
  appMemory: wholeNumber(128, 65_536)
    .default(512)
    .describe("Memory limit of one application container, MiB."),
  databaseMemory: wholeNumber(128, 1_048_576)
    .default(512)
    .describe("Memory limit of the Postgres container, MiB."),
  ...mediaFields,
  tracesEndpoint: z
    .url({ protocol: /^https?$/, error: "an address such as http://collector:4318" })
    .optional()
    .describe("Collector that takes the application's traces as OTLP over HTTP; none are made without one."),
  tracesShare: wholeNumber(0, 100).default(100).describe("Share of requests that are traced, percent."),
};

/** `logLevel` with the shape's own default. */
export function logLevelField(fallback: (typeof logLevels)[number]) {
  return z
    .enum(logLevels, `one of ${logLevels.join(", ")}`)
    .default(fallback)
    .describe("Least severe log records that the application writes.");
}
