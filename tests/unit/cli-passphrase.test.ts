import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { chooseBackend, currentLogin, withoutCredentials } from "../../cli/state/backend.ts";
import { credentialsFolder } from "../../cli/pulumi-cli/install-folder.ts";
import {
  choosePassphrase,
  ensureGeneratedPassphrase,
  opensSalt,
  readPassphrase,
  type PassphraseCircumstances,
} from "../../cli/state/passphrase.ts";
import { judgeSalt, type SaltCircumstances } from "../../cli/state/salt.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-secrets-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test("the user's backend wins over their login, both over the checkout's own state", () => {
  const state = "/srv/a checkout/.berth/state";
  const own = chooseBackend({}, undefined, state);
  assert.deepEqual(own, {
    source: "checkout",
    url: "file:///srv/a%20checkout/.berth/state",
    folder: state,
    service: false,
  });
  const again = chooseBackend({ PULUMI_BACKEND_URL: own.url }, undefined, state);
  assert.deepEqual(again, own, "what berth env exports is the checkout's own state");
  const login = chooseBackend({}, "https://api.pulumi.com", state);
  assert.deepEqual([login.source, login.service, login.folder], ["login", true, undefined]);
  const url = chooseBackend({ PULUMI_BACKEND_URL: "s3://bucket" }, "https://api.pulumi.com", state);
  assert.deepEqual([url.source, url.url, url.service], ["PULUMI_BACKEND_URL", "s3://bucket", false]);
  const token = chooseBackend({ PULUMI_ACCESS_TOKEN: "x" }, undefined, state);
  assert.deepEqual([token.source, token.service], ["PULUMI_ACCESS_TOKEN", true]);
  assert.equal(chooseBackend({ PULUMI_BACKEND_URL: "" }, undefined, state).source, "checkout");
  assert.equal(
    chooseBackend({ PULUMI_BACKEND_URL: "file:///var/state" }, undefined, state).folder,
    "/var/state",
  );
});

test("reads a login from the user's Pulumi folder", (t) => {
  const folder = folderOf(t);
  assert.equal(currentLogin(folder), undefined);
  writeFileSync(join(folder, "credentials.json"), "{ broken");
  assert.equal(currentLogin(folder), undefined);
  writeFileSync(join(folder, "credentials.json"), '{"current": "https://api.pulumi.com"}');
  assert.equal(currentLogin(folder), "https://api.pulumi.com");
  assert.equal(credentialsFolder({ PULUMI_HOME: "/a", PULUMI_CREDENTIALS_PATH: "/b" }), "/b");
  assert.equal(credentialsFolder({ PULUMI_HOME: "/a" }), "/a");
});

test("a backend's credentials are not shown", () => {
  assert.equal(withoutCredentials("postgres://user:secret@db/state"), "postgres://db/state");
});

const dev: PassphraseCircumstances = {
  env: {},
  stack: "dev",
  kind: "dev",
  secretsProvider: undefined,
  backendEncrypts: false,
  generatedAllowed: false,
  generatedFile: ".berth/passphrase",
};

test("a passphrase of the user's own wins, an empty one included; then the generated one serves", () => {
  const both = { PULUMI_CONFIG_PASSPHRASE: "", PULUMI_CONFIG_PASSPHRASE_FILE: "/p" };
  assert.equal(choosePassphrase({ ...dev, env: both }), "PULUMI_CONFIG_PASSPHRASE");
  const file = { PULUMI_CONFIG_PASSPHRASE_FILE: "/p" };
  assert.equal(choosePassphrase({ ...dev, env: file }), "PULUMI_CONFIG_PASSPHRASE_FILE");
  assert.equal(choosePassphrase({ ...dev, env: { PULUMI_CONFIG_PASSPHRASE_FILE: "" } }), "generated");
  assert.equal(choosePassphrase(dev), "generated");
});

test("needs no passphrase if a key service or the backend encrypts", () => {
  assert.equal(choosePassphrase({ ...dev, secretsProvider: "awskms://alias/x" }), "none");
  assert.equal(choosePassphrase({ ...dev, secretsProvider: "passphrase" }), "generated");
  assert.equal(choosePassphrase({ ...dev, kind: "prod" as const, backendEncrypts: true }), "none");
});

test("prod refuses the generated passphrase, says what to set, and accepts it with the option", () => {
  const prod = { ...dev, stack: "shop", kind: "prod" as const };
  assert.throws(
    () => choosePassphrase(prod),
    (error: Error) => {
      assert.match(error.message, /Stack shop has the shape prod/);
      for (const word of [
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_CONFIG_PASSPHRASE",
        "--generated-passphrase",
        "BERTH_ALLOW_GENERATED_PASSPHRASE=1",
        "Nothing was changed",
      ]) {
        assert.ok(error.message.includes(word), word);
      }
      return true;
    },
  );
  assert.equal(choosePassphrase({ ...prod, generatedAllowed: true }), "generated");
  assert.equal(
    choosePassphrase({ ...prod, env: { PULUMI_CONFIG_PASSPHRASE: "x" } }),
    "PULUMI_CONFIG_PASSPHRASE",
  );
});

test("prod refuses the generated passphrase under the name that berth env gave it, too", (t) => {
  const generated = join(folderOf(t), ".berth", "passphrase");
  ensureGeneratedPassphrase(generated);
  const link = join(folderOf(t), "passphrase");
  symlinkSync(generated, link);
  for (const file of [generated, link]) {
    const env = { PULUMI_CONFIG_PASSPHRASE_FILE: file };
    const prod = { ...dev, stack: "shop", kind: "prod" as const, env };
    assert.throws(() => choosePassphrase(prod), /_FILE names a generated one .*\.berth-passphrase/s);
    assert.equal(choosePassphrase({ ...prod, generatedAllowed: true }), "PULUMI_CONFIG_PASSPHRASE_FILE");
    assert.equal(choosePassphrase({ ...dev, env }), "PULUMI_CONFIG_PASSPHRASE_FILE");
  }
});

test("the generated passphrase is made once, private, and refused if others can read it", (t) => {
  const file = join(folderOf(t), "own/passphrase");
  assert.equal(ensureGeneratedPassphrase(file), true);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const made = readFileSync(file, "utf8");
  assert.equal(Buffer.from(made.trim(), "base64").length, 32);
  assert.equal(ensureGeneratedPassphrase(file), false);
  assert.equal(readFileSync(file, "utf8"), made);
  assert.deepEqual(readdirSync(join(file, "..")), ["passphrase"]);
  assert.equal(readPassphrase("generated", {}, file), made.trim());
  chmodSync(file, 0o644);
  assert.throws(() => ensureGeneratedPassphrase(file), /can be read by others\. Run: chmod 600/);
});

test("a passphrase file that cannot be read is named", () => {
  const env = { PULUMI_CONFIG_PASSPHRASE_FILE: "/no/such/file" };
  assert.throws(
    () => readPassphrase("PULUMI_CONFIG_PASSPHRASE_FILE", env, ""),
    /PULUMI_CONFIG_PASSPHRASE_FILE=\/no\/such\/file/,
  );
});

test("only its own passphrase opens a salt that Pulumi made", async () => {
  // Made by `pulumi stack init` 3.259.0 with the passphrase abc.
  const salt = "v1:rlgzgC7zLq4=:v1:ki1yp0fSX6mlncgh:E8648Fh25o0NndKPYdV6yEocBaiV9g==";
  assert.deepEqual(await Promise.all([opensSalt("abc", salt), opensSalt("abd", salt)]), [true, false]);
  assert.equal(await opensSalt("abc", "v2:x"), false);
});

const known: SaltCircumstances = {
  stack: "dev",
  source: "generated",
  file: ".berth/passphrase",
  opensSettings: false,
  opensState: undefined,
  deployed: false,
  embedded: true,
  secure: [],
  anySecure: false,
};

test("another checkout's salt is removed only if it protects nothing", () => {
  assert.equal(judgeSalt(known), "replace");
  assert.equal(judgeSalt({ ...known, opensSettings: true }), "keep");
  assert.equal(judgeSalt({ ...known, opensSettings: undefined }), "keep");
  assert.throws(
    () => judgeSalt({ ...known, anySecure: true, secure: ["smtpPassword"] }),
    /Pulumi\.dev\.yaml holds encrypted settings \(smtpPassword\).*Nothing was changed/,
  );
});

test("a wrong passphrase is reported with its origin, what to set, and that nothing was changed", () => {
  const wrong = [
    { ...known, deployed: true },
    { ...known, embedded: false },
    { ...known, opensSettings: undefined, opensState: false, deployed: true },
  ];
  for (const circumstances of wrong) {
    assert.throws(
      () => judgeSalt(circumstances),
      /^CommandError: Wrong passphrase: the one from \.berth\/passphrase does not open the secrets of stack dev\.\n.*PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE.*Nothing was changed\.$/,
    );
  }
  const typed = { ...known, deployed: true, source: "PULUMI_CONFIG_PASSPHRASE" as const, file: undefined };
  assert.throws(() => judgeSalt(typed), /the one from PULUMI_CONFIG_PASSPHRASE does not open/);
});
