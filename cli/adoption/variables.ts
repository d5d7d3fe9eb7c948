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
const secretive =
  /(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|API_?KEY|_KEY$|(?:^|_)(?:PASS|PWD|PW)$|CREDENTIALS|DSN)/;

/** Values of what a stack has only if it is told to: a mail server, a bucket. */
const optional = /\$\{(?:smtp|s3)\.|\$\{secret\.(?:smtpPassword|s3SecretKey)\}/;

/** A user and a password in an address. */
const withCredentials = /^[a-z][\w+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i;

/** Name in the stack's `secrets` of a variable that holds one. */
function secretName(variable: string): string {
  return variable.toLowerCase().replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Decides about a variable by its name.
 * @param example its value in `.env.example`, if it is there
 * @param value its value in use, which decides with its form alone; it is not shown
 */
export function planVariable(name: string, example: string | undefined, value = ""): VariablePlan {
  if (given.test(name)) return { value: undefined, kind: "ignored", note: "is set anyway" };
  const [, found] = known.find(([pattern]) => pattern.test(name)) ?? [];
  // Mail that is sent now is sent by that server until the stack has one.
  const keepsOwn = value !== "" && found !== undefined && optional.test(found);
  if (found !== undefined && !keepsOwn) return { value: found, kind: "found", note: "" };
  if (secretive.test(name) || withCredentials.test(value) || /-----BEGIN [A-Z ]*PRIVATE KEY/.test(value)) {
    const own = secretName(name);
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
    return { value: asTemplate(example), kind: "assumed", note: "as in the files of the application" };
  }
  return {
    value: undefined,
    kind: "undecided",
    note: `pulumi config set --path env.${name} VALUE --stack STACK, or leave it out`,
  };
}

/** A text as a template that says the same. */
function asTemplate(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** What becomes of the values that an application runs with now. */
export interface TakenValues {
  /** Settings of the stack, by their path, `env.NAME`. */
  readonly plain: ReadonlyMap<string, string>;
  /** Secrets of the stack, by their path, `secrets.name`. */
  readonly secret: ReadonlyMap<string, string>;
  /** Variables that the stack has values of its own for, such as its database's address. */
  readonly own: readonly string[];
}

/**
 * Sorts the values of a `.env` file into a stack's settings and secrets.
 * @param values by variable
 */
export function takeValues(values: ReadonlyMap<string, string>): TakenValues {
  const plain = new Map<string, string>();
  const secret = new Map<string, string>();
  const own: string[] = [];
  for (const [name, value] of values) {
    const { kind, value: template } = planVariable(name, undefined, value);
    if (kind === "ignored" || value === "") continue;
    if (kind === "found") own.push(name);
    else if (template === undefined) plain.set(`env.${name}`, asTemplate(value));
    else secret.set(`secrets.${secretName(name)}`, value);
  }
  return { plain, secret, own };
}

/** Variables of a `.env` file with their values. */
export function parseExample(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm)].map(
      ([, name = "", value = ""]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")],
    ),
  );
}
