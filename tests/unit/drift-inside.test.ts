import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isOwnCertificate } from "../../cli/drift/certificate-drift.ts";
import { compareDatabase, declaredDatabase } from "../../cli/drift/database-drift.ts";
import { movedTags } from "../../cli/drift/image-drift.ts";
import { editedFiles, hashes } from "../../cli/drift/static-drift.ts";
import { backupRoleSql } from "../../infra/rendering/backup-role-sql.ts";
import { roleSql } from "../../infra/rendering/role-sql.ts";
import { scramVerifier } from "../../infra/rendering/scram-verifier.ts";

const names = { database: "app", owner: "app_owner", rows: "app_rows" };
const sent = roleSql(names, "super-1", [
  { name: "app_rows_a", password: "rows-1", as: "rows" },
  { name: "app_migration", password: "owner-1", as: "owner" },
]);
const urn = (name: string) => `urn:pulumi:prod::berth::command:local:Command::${name}`;
const sender = (name: string, sql: string) => ({
  urn: urn(name),
  inputs: { stdin: { "4dabf18193072939515e22adb298388d": "1b47", plaintext: JSON.stringify(sql) } },
});
const exported = JSON.stringify({
  deployment: {
    resources: [sender("database-roles-apply", sent), sender("backups-role", backupRoleSql("backup-1", 64))],
  },
});
const declared = declaredDatabase(exported) ?? assert.fail("it was sent");

const hash = (role: string, password: string) =>
  createHash("sha256").update(scramVerifier(role, password)).digest("hex");
const role = (name: string, password: string, more = {}) => ({
  name,
  verifier: password === "" ? "" : hash(name, password),
  login: password !== "",
  above: name === "postgres",
  in: [],
  ...more,
});
const roles = () => [
  role("app_migration", "owner-1"),
  role("app_owner", ""),
  role("app_rows", ""),
  role("app_rows_a", "rows-1"),
  role("app_rows_b", ""),
  role("berth_backup", "backup-1"),
  role("postgres", "super-1"),
];
const settings = () => [...declared.settings].map((name) => ({ name, value: "as sent" }));
const compared = (changed: ReturnType<typeof roles>, more: { name: string; value: string }[] = []) =>
  compareDatabase(
    declared,
    JSON.stringify({ roles: changed, settings: [...settings(), ...more] }),
    "prod",
    "berth-prod-postgres-1",
  );
const instead = (name: string, password: string, more = {}) =>
  roles().map((one) => (one.name === name ? role(name, password, more) : one));

test("a database as its last update set it has no drift, and a stack without one has none either", () => {
  assert.deepEqual(compared(roles()), []);
  assert.equal(declaredDatabase(JSON.stringify({ deployment: { resources: [] } })), undefined);
});

test("another password, a login that is gone or closed, and rights of an administrator are told", () => {
  const told = (changed: ReturnType<typeof roles>) =>
    compared(changed).map(({ how, what }) => `${what} ${how}`);
  assert.deepEqual(told(instead("app_migration", "by-hand")), [
    "database login app_migration has another password",
  ]);
  assert.deepEqual(told(instead("postgres", "by-hand")), ["database login postgres has another password"]);
  assert.deepEqual(told(instead("berth_backup", "backup-1", { login: false })), [
    "database login berth_backup may not log in any more",
  ]);
  assert.deepEqual(told(roles().filter(({ name }) => name !== "app_rows_a")), [
    "database login app_rows_a is gone",
  ]);
  assert.deepEqual(told(instead("app_rows_b", "", { above: true })), [
    "database role app_rows_b has rights of an administrator",
  ]);
  assert.deepEqual(told(instead("app_owner", "", { login: true })), ["database role app_owner may log in"]);
});

test("each finding has a command that mends it, and none shows what is kept of a password", () => {
  const found = [
    ...compared(instead("app_migration", "by-hand")),
    ...compared(instead("app_rows_b", "", { above: true }), [{ name: "max_connections", value: "40" }]),
  ];
  assert.deepEqual(
    found.map(({ fix }) => fix),
    [
      `npx berth up --stack prod -- --replace '${urn("database-roles-apply")}'`,
      "docker exec berth-prod-postgres-1 psql -U postgres -d postgres -c 'ALTER ROLE app_rows_b NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS'",
      "docker exec berth-prod-postgres-1 psql -U postgres -d postgres -c 'ALTER SYSTEM RESET max_connections' && docker exec berth-prod-postgres-1 psql -U postgres -d postgres -c 'SELECT pg_reload_conf()'",
    ],
  );
  assert.doesNotMatch(JSON.stringify([found, [...declared.logins]]), /SCRAM|owner-1|by-hand/);
});

test("a name that was given to another image is told once, with the way back", () => {
  const run = [
    { container: "app-1", reference: "berth/app:1", id: "sha256:a" },
    { container: "app-2", reference: "berth/app:1", id: "sha256:a" },
    { container: "redis", reference: "berth/redis:8", id: "sha256:r" },
    { container: "gone", reference: "berth/gone:1", id: "sha256:g" },
  ];
  const image = (Id: string, tag: string) => ({ Id, RepoTags: [tag] });
  const images = (app: string) =>
    JSON.stringify([image(app, "berth/app:1"), image("sha256:r", "berth/redis:8")]);
  assert.deepEqual(movedTags(run, images("sha256:a")), []);
  assert.deepEqual(movedTags(run, images("sha256:x")), [
    {
      what: "image berth/app:1",
      how: "is another one than app-1, app-2 runs",
      fix: "docker tag sha256:a berth/app:1",
    },
  ]);
});

test("a static file that differs or is missing is told; what is served beside them is another release's", () => {
  const image = hashes("0a  ./style.css\n0b  ./fonts/with  two spaces.woff2\n");
  assert.deepEqual([...image.keys()], ["style.css", "fonts/with  two spaces.woff2"]);
  assert.deepEqual(
    editedFiles(image, hashes("0a  ./style.css\n0b  ./fonts/with  two spaces.woff2\n0c  ./old.css\n")),
    [],
  );
  assert.deepEqual(editedFiles(image, hashes("ff  ./style.css\n")), [
    "fonts/with  two spaces.woff2",
    "style.css",
  ]);
});

test("a certificate belongs to the folder that is named after it, and no other does", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-certificate-"));
  const made = (name: string) => {
    const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = ["-days", "2", "-subj", `/CN=${name}`, "-keyout", key, "-out", file];
    execFileSync("openssl", [...request, ...subject], { stdio: "ignore" });
    return readFileSync(file, "utf8");
  };
  try {
    const [own, other] = [made("own.example"), made("other.example")];
    const chainHash = createHash("sha256").update(own).digest("hex").slice(0, 16);
    assert.ok(isOwnCertificate(chainHash, own));
    assert.ok(!isOwnCertificate(chainHash, other));
    assert.ok(isOwnCertificate("selfsigned-0a1b2c3d4e5f", own));
    assert.ok(!isOwnCertificate("selfsigned-0a1b2c3d4e5f", "no certificate"));
    assert.ok(!isOwnCertificate("origin-0123456789ABCDEF", own));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
