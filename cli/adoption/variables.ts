/** What becomes of a variable that an application reads. */
export interface VariablePlan {
  /** Template for `env`; undefined if a person has to decide. */
  readonly value: string | undefined;
  readonly kind: "found" | "assumed" | "undecided" | "ignored";
  /** Why, or what to do. */
  readonly note: string;
}

const database = "(?:PG|DB|DATABASE|POSTGRES|POSTGRESQL|KNEX|TYPEORM)_?";
const url =
  "postgres://${database.user}:${secret.databasePassword|url}@${database.host}:${database.port}/${database.name}";

/** Names by what they usually hold. The first that fits counts. */
const known: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(
      `^(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG)_?(?:URL|URI|CONNECTION(?:_STRING)?)$|^CONNECTION_STRING$`,
    ),
    url,
  ],
  [new RegExp(`^${database}(?:HOST|HOSTNAME|SERVER)$`), "${database.host}"],
  [new RegExp(`^${database}PORT$`), "${database.port}"],
  [new RegExp(`^${database}(?:USER|USERNAME)$`), "${database.user}"],
  [new RegExp(`^${database}(?:PASSWORD|PASS|PWD)$`), "${secret.databasePassword}"],
  [new RegExp(`^${database}(?:NAME|DATABASE|DB)$|^PGDATABASE$`), "${database.name}"],
  [/^REDIS_(?:URL|URI)$/, "redis://:${secret.cachePassword|url}@${cache.host}:${cache.port}"],
  [/^REDIS_HOST$/, "${cache.host}"],
  [/^REDIS_PORT$/, "${cache.port}"],
  [/^REDIS_(?:PASSWORD|PASS)$/, "${secret.cachePassword}"],
  [/^(?:PUBLIC|BASE|APP|SITE|ROOT|EXTERNAL)_?UR[LI]$/, "${publicUrl}"],
  [/^(?:SMTP|MAIL|EMAIL)_(?:URL|URI)$/, "${smtp.url}"],
  [/^(?:SMTP|MAIL|EMAIL)_(?:USER|USERNAME)$/, "${smtp.user}"],
  [/^(?:SMTP|MAIL|EMAIL)_(?:PASSWORD|PASS)$/, "${secret.smtpPassword}"],
  [/^(?:SMTP|MAIL|EMAIL)_FROM$/, "${smtp.from}"],
  [/^S3_BUCKET$|^AWS_S3_BUCKET$/, "${s3.bucket}"],
  [/^S3_ENDPOINT$/, "${s3.endpoint}"],
  [/^(?:SESSION|COOKIE|EXPRESS_SESSION)_(?:SECRETS|KEYS)$/, "${secret.sessionAll}"],
  [
    /^(?:SESSION|COOKIE|JWT|APP|EXPRESS_SESSION|TOKEN|AUTH)?_?SECRET(?:_KEY)?$|^(?:SESSION|COOKIE)_KEY$/,
    "${secret.session}",
  ],
  [/^LOG_LEVEL$/, "${logLevel}"],
  [/^TRUST_PROXY$/, "${trustProxy}"],
];

/** What berth, Node or the shell sets. */
const given = /^(?:PORT|NODE_ENV|NODE_OPTIONS|HOSTNAME|HOME|PATH|PWD|TZ|CI|npm_.*|DEBUG|BERTH_.*)$/;
const secretive = /(?:SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE|API_?KEY|_KEY$|CREDENTIALS|DSN)/;

/**
 * Decides about a variable by its name.
 * @param example its value in `.env.example`, if it is there
 */
export function planVariable(name: string, example: string | undefined): VariablePlan {
  if (given.test(name)) return { value: undefined, kind: "ignored", note: "is set anyway" };
  const found = known.find(([pattern]) => pattern.test(name));
  if (found !== undefined) return { value: found[1], kind: "found", note: "" };
  if (secretive.test(name)) {
    const own = camelCase(name);
    return {
      value: `\${secret.own.${own}}`,
      kind: "undecided",
      note: `pulumi config set --secret --path secrets.${own} --stack STACK`,
    };
  }
  if (
    example !== undefined &&
    example !== "" &&
    !/example|changeme|your|xxx|localhost|127\.0\.0\.1/i.test(example)
  ) {
    return { value: example, kind: "assumed", note: "as in the files of the application" };
  }
  return {
    value: undefined,
    kind: "undecided",
    note: `pulumi config set --path env.${name} VALUE --stack STACK, or leave it out`,
  };
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Variables of a `.env` file with their values. */
export function parseExample(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm)].map(
      ([, name = "", value = ""]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")],
    ),
  );
}
