import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { largestFile } from "../../app/src/platform/media/media-service.ts";
import { acceptedTypes } from "../../app/src/platform/media/file-type.ts";
import { hashPassword, longestPassword } from "../../app/src/platform/accounts/password.ts";
import { lifetimes } from "../../app/src/platform/sessions/session-store.ts";
import { accountFields } from "../../stacks/accounts.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const page = read("docs/security.md");

/** Rows of a part's tables, as cells. */
function rows(title: string): readonly (readonly string[])[] {
  const from = page.indexOf(`\n## ${title}`);
  assert.ok(from > 0, title);
  const until = page.indexOf("\n## ", from + 1);
  return page
    .slice(from, until < 0 ? undefined : until)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(2, -2)
        .split(/(?<!\\) \| /)
        .map((cell) => cell.trim()),
    );
}

/** Each claim names tests that are there. */
function assertClaims(claims: readonly (readonly string[])[]): void {
  for (const [id = "", subject = "", met = "", how = "", tests = ""] of claims) {
    assert.ok(subject !== "", id);
    assert.match(met, /^(?:yes|partly|no)$/, id);
    if (met !== "yes") assert.ok(how !== "", `${id} says what is missing`);
    const named = tests === "" ? [] : tests.split("<br>");
    if (met !== "no") assert.ok(named.length > 0, `${id} is a claim without a test`);
    for (const one of named) {
      const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(one.replaceAll("\\|", "|")) ?? [];
      const path = join(root, `${file}.test.ts`);
      assert.ok(existsSync(path), `${id}: ${one}`);
      const source = readFileSync(path, "utf8");
      const titled = ['"', "`"].some((quote) => source.includes(`${quote}${title}${quote}`));
      assert.ok(titled, `${id}: ${file} has no test "${title}"`);
    }
  }
}

/** Levels 1 and 2 of version 5.0.0: for each section how many there are, or which. */
const requirements: Readonly<Record<string, number | readonly number[]>> = {
  "1.1": 2,
  "1.2": 9,
  "1.3": 11,
  "1.4": 3,
  "1.5": 2,
  "2.1": 3,
  "2.2": 3,
  "2.3": 4,
  "2.4": 1,
  "3.2": 2,
  "3.3": 4,
  "3.4": 6,
  "3.5": 5,
  "3.7": 2,
  "4.1": 3,
  "4.2": 1,
  "4.3": 2,
  "4.4": 4,
  "5.1": 1,
  "5.2": 3,
  "5.3": 2,
  "5.4": 3,
  "6.1": 3,
  "6.2": 12,
  "6.3": 4,
  "6.4": 4,
  "6.5": 5,
  "6.6": 3,
  "6.8": 4,
  "7.1": 3,
  "7.2": 4,
  "7.3": 2,
  "7.4": 5,
  "7.5": 2,
  "7.6": 2,
  "8.1": 2,
  "8.2": 3,
  "8.3": 1,
  "8.4": 1,
  "9.1": 3,
  "9.2": 4,
  "10.1": 2,
  "10.2": 2,
  "10.3": 4,
  "10.4": 11,
  "10.5": 5,
  "10.6": 2,
  "10.7": 3,
  "11.1": 2,
  "11.2": 3,
  "11.3": 3,
  "11.4": 4,
  "11.5": 1,
  "11.6": 1,
  "12.1": 3,
  "12.2": 2,
  "12.3": 4,
  "13.1": 1,
  "13.2": 5,
  "13.3": 2,
  "13.4": 5,
  "14.1": 2,
  "14.2": 4,
  "14.3": 3,
  "15.1": 3,
  "15.2": 3,
  "15.3": 7,
  "16.1": 1,
  "16.2": 5,
  "16.3": 4,
  "16.4": 3,
  "16.5": 3,
  "17.1": 1,
  "17.2": 4,
  "17.3": 2,
};

const idsOf = (sections: typeof requirements) =>
  Object.entries(sections).flatMap(([section, numbers]) =>
    (typeof numbers === "number" ? Array.from({ length: numbers }, (_, index) => index + 1) : numbers).map(
      (number) => `${section}.${number}`,
    ),
  );

describe("the tables of docs/security.md", () => {
  test("have every ASVS requirement of levels 1 and 2 once, and a test for each claim", () => {
    const all = rows("OWASP ASVS");
    const claims = all.filter(([id = ""]) => /^\d+\.\d+\.\d+$/.test(id));
    const apart = all
      .filter(([, ids = ""]) => /^\d+\.\d+\.\d+(?:, |$)/.test(ids))
      .flatMap(([, ids = ""]) => ids.split(", "));
    const found = [...claims.map(([id = ""]) => id), ...apart];
    assert.deepEqual(found.toSorted(), idsOf(requirements).toSorted());
    assertClaims(claims);
  });

  test("have every item of the CIS benchmark's sections 4 and 5 once, and a test for each claim", () => {
    const claims = rows("CIS Docker Benchmark").filter(([id = ""]) => /^\d+\.\d+$/.test(id));
    assert.deepEqual(
      claims.map(([id]) => id),
      idsOf({ 4: 12, 5: 32 }),
    );
    assertClaims(claims);
  });
});

test("the numbers that this page names are those of the code", async () => {
  const prose = page.slice(0, page.indexOf("\n## OWASP")).replaceAll(/\s+/g, " ");
  const hours = (seconds: number) => seconds / 3600;
  for (const text of [
    `8 to ${longestPassword} characters`,
    `of up to ${largestFile / 1024 ** 2} MiB each`,
    `| user | ${hours(lifetimes.user.idle)} hours | ${hours(lifetimes.user.absolute) / 24} days |`,
    `| staff, admin | ${hours(lifetimes.staff.idle)} hour | ${hours(lifetimes.staff.absolute)} hours |`,
    `${accountFields.auditRetention.parse(undefined)} days by default`,
    `${accountFields.historyRetention.parse(undefined)} days by default`,
  ]) {
    assert.ok(prose.includes(text), text);
  }
  assert.deepEqual(lifetimes.admin, lifetimes.staff);
  assert.deepEqual(acceptedTypes.map((type) => type.split("/")[1]).toSorted(), [
    "gif",
    "jpeg",
    "pdf",
    "png",
    "webp",
  ]);
  const [, memory, passes, lanes] = /\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(await hashPassword("any")) ?? [];
  assert.ok(prose.includes(`Argon2id (${memory ?? ""} KiB, ${passes ?? ""} passes, ${lanes ?? ""} lane)`));
  const source = (name: string) => read(`app/src/platform/${name}.ts`);
  const number = (file: string, pattern: RegExp) => Number(pattern.exec(source(file))?.[1]);
  const bits = number("accounts/second-factor", /recoveryCodeBytes = (\d+)/) * 8;
  const codes = number("accounts/second-factor", /recoveryCodeCount = (\d+)/);
  assert.ok(prose.includes(`${codes} recovery codes of ${bits} bits`));
  assert.ok(
    prose.includes(`Links in mail have ${number("accounts/account-store", /randomBytes\((\d+)\)/) * 8} bits`),
  );
  assert.ok(prose.includes(`end after ${number("accounts/account-store", /codeMinutes = (\d+)/)} minutes`));
  const service = source("accounts/create-account-service");
  const [, account] = /perAccount = \{ attempts: (\d+)/.exec(service) ?? [];
  const [, address] = /perAddress = \{ attempts: (\d+)/.exec(service) ?? [];
  assert.ok(prose.includes(`${address ?? ""} and ${account ?? ""} in a quarter of an hour`));
  const [, rounds] = /iterations = (\d+)/.exec(read("infra/rendering/scram-verifier.ts")) ?? [];
  assert.ok(prose.includes(`SCRAM-SHA-256, ${rounds ?? ""} rounds`));
  for (const [file, owner] of [
    ["database-roles", "passwords of Postgres"],
    ["cache", "password of Redis"],
    ["session-keys", "keys of the ring"],
  ]) {
    const [, length] = /length: (\d+)/.exec(read(`infra/components/${file ?? ""}.ts`)) ?? [];
    const row = new RegExp(`\\| ${owner ?? ""} \\|[^|]+\\|[^|]+\\| ${length ?? ""} characters`);
    assert.ok(row.test(prose), `${owner ?? ""}: ${length ?? ""} characters`);
  }
});

const sources = globSync("app/src/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] });
const having = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file)));

test("no source of the application evaluates text as code", () => {
  assert.ok(sources.length > 100);
  // The prompt of `berth shell` is what it says.
  assert.deepEqual(having(/(?<![.\w])eval\(|new Function\(|from "node:vm"|child_process/), []);
});

test("no secret comes from Math.random", () => {
  // Pauses between attempts.
  assert.deepEqual(having(/Math\.random/).toSorted(), [
    "app/src/platform/database/migrator.ts",
    "app/src/platform/database/wait-for-database.ts",
    "app/src/platform/storage/s3-client.ts",
  ]);
});

test("calls to other services follow no redirect", () => {
  const calling = having(/\bfetch\(/);
  assert.deepEqual(calling, ["app/src/platform/storage/s3-client.ts"]);
  for (const file of calling) assert.match(read(file), /redirect: "error"/);
});

test("the script of the pages keeps nothing in the browser", () => {
  for (const file of globSync("app/src/**/*.mjs", { cwd: root }))
    assert.doesNotMatch(read(file), /localStorage|sessionStorage|indexedDB|document\.cookie|caches\./, file);
});
