import { createHash } from "node:crypto";
import { z } from "zod";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { resourceName } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

/** A login as the stack's last update has set it. */
export interface DeclaredLogin {
  readonly name: string;
  /** Hash of what the server keeps of its password. */
  readonly verifier: string;
}

/** What an update has set in the database, read from the SQL that it sent. */
export interface DeclaredDatabase {
  readonly logins: readonly DeclaredLogin[];
  /** Settings that it wrote into the server by ALTER SYSTEM. */
  readonly settings: ReadonlySet<string>;
  /** URN of what sends the SQL again. */
  readonly urn: string;
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

const state = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ urn: z.string(), inputs: z.record(z.string(), z.unknown()).optional() }))
      .nullish(),
  }),
});
/** How Pulumi exports a secret with `--show-secrets`. */
const shownSecret = z.object({
  plaintext: z.string().transform((text) => z.string().parse(JSON.parse(text))),
});

/** Names of the resources whose standard input is SQL about logins and the server. */
const senders = ["database-roles-apply", "backups-role"];

/**
 * Reads what `pulumi stack export --show-secrets` prints. Passwords are in it in no form; what the
 * server keeps of them is, and leaves here as a hash.
 */
export function declaredDatabase(exported: string): DeclaredDatabase | undefined {
  const resources = state.parse(JSON.parse(exported)).deployment.resources ?? [];
  const found = resources.filter(({ urn }) => senders.includes(resourceName(urn)));
  const urn = found.find((one) => resourceName(one.urn) === senders[0])?.urn;
  if (urn === undefined) return undefined;
  const sql = found
    .map(({ inputs }) => {
      const secret = shownSecret.safeParse(inputs?.["stdin"]);
      return secret.success ? secret.data.plaintext : "";
    })
    .join("\n");
  const logins = [...sql.matchAll(/^ALTER ROLE (\w+) .*?PASSWORD '(SCRAM-SHA-256\$[^']+)';$/gm)];
  const settings = [...sql.matchAll(/^ALTER SYSTEM SET (\w+) =/gm)];
  return {
    urn,
    logins: logins.map(([, name = "", verifier = ""]) => ({ name, verifier: hashOf(verifier) })),
    settings: new Set(settings.map(([, name = ""]) => name)),
  };
}

/** One line of JSON: roles with a hash of what is kept of their passwords, and settings by hand. */
const question = `SELECT json_build_object(
  'roles', (SELECT coalesce(json_agg(json_build_object(
      'name', rolname,
      'verifier', CASE WHEN rolpassword IS NULL THEN '' ELSE encode(sha256(rolpassword::bytea), 'hex') END,
      'login', rolcanlogin,
      'above', rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls,
      'in', ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = a.oid ORDER BY 1)
    ) ORDER BY rolname), '[]') FROM pg_authid a WHERE rolname !~ '^pg_'),
  'settings', (SELECT coalesce(json_agg(json_build_object('name', name, 'value', setting) ORDER BY name), '[]')
    FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf')
)`;

const answered = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      verifier: z.string(),
      login: z.boolean(),
      above: z.boolean(),
      in: z.array(z.string()),
    }),
  ),
  settings: z.array(z.object({ name: z.string(), value: z.string() })),
});

/** Roles of PostgreSQL's own and of berth; the owner and the rows' role have no login. */
const withoutLogin = /^app_(?:owner|rows)$|^app$/;

/**
 * Logins and settings of a running database that are not as the last update set them.
 * @param exported what `pulumi stack export --show-secrets` prints
 */
export async function databaseDrift(
  docker: Docker,
  exported: string,
  stack: string,
  postgres: Container,
): Promise<Drift[]> {
  const declared = declaredDatabase(exported);
  if (declared === undefined) return [];
  const psql = ["psql", "-XAtq", "-U", "postgres", "-d", "postgres", "-c", question];
  const { code, stdout } = await docker.try(["exec", postgres.id, ...psql]);
  return code === 0 ? compareDatabase(declared, stdout, stack, postgres.name) : [];
}

/** @param answer what {@link question} gives */
export function compareDatabase(
  declared: DeclaredDatabase,
  answer: string,
  stack: string,
  container: string,
): Drift[] {
  const { roles, settings } = answered.parse(JSON.parse(answer));
  const sql = (statement: string) =>
    `docker exec ${container} psql -U postgres -d postgres -c '${statement}'`;
  const again = `npx berth up --stack ${stack} -- --replace '${declared.urn}'`;
  const drift: Drift[] = [];
  for (const { name, verifier } of declared.logins) {
    const what = `database login ${name}`;
    const role = roles.find((one) => one.name === name);
    if (role === undefined) drift.push({ what, how: "is gone", fix: again });
    else if (role.verifier !== verifier) drift.push({ what, how: "has another password", fix: again });
    else if (!role.login) drift.push({ what, how: "may not log in any more", fix: again });
  }
  for (const { above, name } of roles) {
    if (name === "postgres" || !above) continue;
    const less = `ALTER ROLE ${name} NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS`;
    drift.push({ what: `database role ${name}`, how: "has rights of an administrator", fix: sql(less) });
  }
  for (const { login, name } of roles)
    if (login && withoutLogin.test(name))
      drift.push({ what: `database role ${name}`, how: "may log in", fix: again });
  for (const { name, value } of settings)
    if (!declared.settings.has(name))
      drift.push({
        what: `setting ${name} of Postgres`,
        how: `was set to ${value} by ALTER SYSTEM`,
        fix: `${sql(`ALTER SYSTEM RESET ${name}`)} && ${sql("SELECT pg_reload_conf()")}`,
      });
  return drift;
}
