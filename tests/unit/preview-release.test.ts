import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { packageChanges, nextImage } from "../../cli/preview/image-difference.ts";
import { readPlan, unknownValue } from "../../cli/preview/preview-steps.ts";
import type { ReleaseFacts } from "../../cli/preview/release-facts.ts";
import { previewReport, renderMarkdown } from "../../cli/preview/report.ts";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { pendingMigrations } from "../../infra/migrations/pending-migrations.ts";
import { componentsOf } from "../../releases/cyclonedx.ts";

const plan = (before: string, after: string) =>
  readPlan(
    JSON.stringify({
      steps: [
        {
          op: "replace",
          urn: "urn:pulumi:prod::shop::berth:index:AppImage$docker:index/remoteImage:RemoteImage::app-image",
          oldState: { type: "docker:index/remoteImage:RemoteImage", inputs: { name: before } },
          newState: { type: "docker:index/remoteImage:RemoteImage", inputs: { name: after } },
          detailedDiff: { name: {} },
        },
      ],
    }),
  );

await describe("what a preview says of the next release", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-preview-"));
    mkdirSync(join(folder, "shop/migrations"), { recursive: true });
    writeFileSync(
      join(folder, "shop/package.json"),
      JSON.stringify({ name: "shop", scripts: { start: "node server.js" }, dependencies: { knex: "3.3.0" } }),
    );
    writeFileSync(join(folder, "shop/Dockerfile"), 'FROM scratch\nCMD ["node", "server.js"]\n');
    const sql = (name: string, text: string) => {
      writeFileSync(join(folder, "shop/migrations", name), text);
    };
    sql("001_start.sql", "create table customers (id bigint primary key);");
    sql("002_seat.sql", "alter table customers add column seat text default 'a-value-of-7d21';");
    sql("003_broken.sql", "alter tabel customers;");
    sql(
      "004_index.sql",
      "-- berth-override: the table has ten rows\ncreate index customers_seat on customers (seat);",
    );
    sql("005_new.sql", "create table seats (id bigint); create index on seats (id);");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  test("migrations that the schema does not have, their locks, and who waits, without a value", async () => {
    const declared = readDeclaration(folder, "shop");
    const declaration = {
      ...declared,
      folder: join(folder, "shop"),
      runtime: "layer" as const,
      migrate: {
        up: ["true"] as const,
        down: undefined,
        status: undefined,
        unlock: undefined,
        folder: "migrations",
      },
    };
    const migrations = await pendingMigrations(declaration, new Set(["001_start"]));
    assert.deepEqual(
      migrations.map(({ name }) => name),
      ["002_seat", "003_broken", "004_index", "005_new"],
    );
    const facts: ReleaseFacts = { migrations, image: undefined };
    const report = previewReport("prod", plan("shop:1", "shop:2"), true, facts);
    const text = renderMarkdown(report);
    assert.match(
      text,
      /\| 002_seat \| alter table customers: add column seat \| ACCESS EXCLUSIVE on customers \| readers and writers, for a moment \|/,
    );
    assert.match(text, /\| 003_broken \| not known: is no SQL that Postgres knows/);
    assert.match(text, /\| 004_index \| .* \| SHARE on customers \| writers, for longer than a moment \|/);
    assert.match(text, /`004_index` does what [^]*: the table has ten rows/);
    assert.match(text, /\| 005_new \| nothing that is in use \|  \| nobody \|/);
    assert.match(text, /\*\*Warning\*\*[^]*holds customers for longer than a moment: writers wait\./);
    assert.doesNotMatch(text + JSON.stringify(report), /a-value-of-7d21/);
  });

  test("the image's size and packages, and what is not known before it is built", () => {
    const npm = (versions: Record<string, string>) =>
      JSON.stringify({
        packages: Object.fromEntries(
          Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
        ),
      });
    const components = (versions: Record<string, string>, dpkg?: string) =>
      componentsOf({ npm: npm(versions), dpkg, system: undefined });
    const debian = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.41\n";
    const packages = packageChanges(
      components(
        { express: "5.2.0", "express/node_modules/qs": "6.0.0", qs: "6.1.0", left: "1.0.0" },
        debian,
      ),
      components({ express: "5.3.0", "express/node_modules/qs": "6.0.0", qs: "6.1.0", libc6: "1.0.0" }),
    );
    assert.deepEqual(packages, [
      { of: "Debian", name: "libc6", before: "2.41", after: "" },
      { of: "npm", name: "express", before: "5.2.0", after: "5.3.0" },
      { of: "npm", name: "left", before: "1.0.0", after: "" },
      { of: "npm", name: "libc6", before: "", after: "1.0.0" },
    ]);
    const before = { image: "shop:1", bytes: 310_040_000 };
    const told = (image: ReleaseFacts["image"]) =>
      renderMarkdown(previewReport("prod", plan("shop:1", "shop:2"), true, { migrations: [], image }));
    const built = told({ before, after: { image: "shop:2", bytes: 312_000_000 }, packages });
    assert.match(built, /Image: 310\.0 → 312\.0 MB; 4 packages differ\./);
    assert.match(built, /\| express \(npm\) \| 5\.2\.0 \| 5\.3\.0 \|/);
    const open = told({ before, after: undefined, packages: packages.slice(1, 2) });
    assert.match(
      open,
      /310\.0 MB now; .*`npx berth build --stack prod`; 1 package differs in npm's lockfile\./,
    );
  });

  test("another image is known by its name, and only if it is another one", () => {
    assert.equal(nextImage(plan("shop:1", "shop:2")), "shop:2");
    assert.equal(nextImage(plan("shop:1", "shop:1")), undefined);
    assert.equal(nextImage(plan("shop:1", unknownValue)), undefined);
    assert.equal(nextImage(readPlan("{}")), undefined);
  });
});
