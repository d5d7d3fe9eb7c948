import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { createGroupStore } from "../../src/platform/admin/group-store.ts";
import { discoverModules } from "../../src/platform/modules/discover-modules.ts";
import { addUser } from "../support/client.ts";
import { openBrowser } from "./browser.ts";
import { browserProgram } from "./browser-program.ts";
import { testPicture } from "./picture.ts";
import { signIn } from "./sign-in.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";

const skip = browserProgram() === undefined ? "there is no Chromium on this machine" : false;
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let app: TestApp;
let folder: string;
let admin: Awaited<ReturnType<typeof addUser>>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-media-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  for (const module of await discoverModules()) await module.seed?.(app.database);
  admin = await addUser(app, "admin");
  await createGroupStore(app.database).create({ name: "Front desk", rights: { visits: ["view", "add"] } });
  const form = new FormData();
  form.set("file", new File([new Uint8Array(await testPicture())], "Fog at the pier.jpg"));
  assert.equal((await admin.call("POST", "/api/v1/media", { raw: form })).status, 201);
  await app.runJobs();
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

/** Where pictures go, for people who want to look: SCREENSHOTS=/some/folder. */
const pictures = process.env["SCREENSHOTS"];

/** Loads a page and returns what axe and the browser's console find wrong with it. */
async function faultsOf(page: Page, path: string, name: string): Promise<string[]> {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`${path}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${path}: ${error.message}`));
  await page.goto(app.url + path);
  if (pictures !== undefined)
    await page.screenshot({ path: `${pictures}/${name}${path.replaceAll(/[^a-z0-9]+/g, "-")}.png` });
  const wide = await page.evaluate(
    "document.documentElement.scrollWidth > document.documentElement.clientWidth",
  );
  if (wide === true) faults.push(`${path}: the page scrolls sideways`);
  await page.addScriptTag({ path: axeFile }).catch(() => undefined);
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
  }>("axe.run(document, { resultTypes: ['violations'] })");
  for (const { id, nodes } of violations) {
    for (const node of nodes) faults.push(`${path}: ${id}: ${node.target.join(" ")}: ${node.failureSummary}`);
  }
  page.removeAllListeners();
  return faults;
}

const open = [
  "/",
  "/login",
  "/register",
  "/forgot",
  "/verify?token=x",
  "/reset?token=x",
  "/invitation?token=x",
  "/api",
  "/nowhere",
];
const inside = [
  "/admin",
  "/admin/customers?sort=name",
  "/admin/customers?search=nobodyatall",
  "/admin/customers/3",
  "/admin/customers/3/delete",
  "/admin/customers/new",
  "/admin/customers/import",
  "/admin/customers/deleted",
  "/admin/customers/edit-list?limit=20",
  "/admin/visits/edit-list?limit=20",
  "/admin/visits",
  "/admin/customers?city-empty=no&search=arkh",
  "/admin/visits/new",
  "/admin/visits?customerId=anna",
  "/admin/history",
  "/admin/users/new",
  "/admin/users/1/delete",
  "/admin/media",
  "/admin/media?kind=document",
  "/admin/media/new",
  "/admin/media/1",
  "/admin/media/1/delete",
  "/admin/users",
  "/admin/users/1",
  "/admin/groups",
  "/admin/groups/new",
  "/admin/groups/1",
  "/admin/groups/1/delete",
  "/admin/invitations",
  "/admin/jobs",
  "/admin/audit",
  "/account",
  "/account/password",
  "/account/second-factor",
];

for (const [name, options] of [
  ["wide", {}],
  ["phone", { width: 360, height: 740, locale: "ru-RU", dark: true }],
] as const) {
  test(
    `axe finds no violation, the console is silent and nothing overflows (${name})`,
    { skip },
    async () => {
      const browser = await openBrowser({ ...options, bypassPolicy: true });
      try {
        const faults: string[] = [];
        const page = await browser.context.newPage();
        for (const path of open) faults.push(...(await faultsOf(page, path, name)));
        const mine = await signIn(browser, app, admin.email);
        for (const path of inside) faults.push(...(await faultsOf(mine, path, name)));
        assert.deepEqual(
          faults.filter((fault) => !(fault.includes("/nowhere: console") && fault.includes("404"))),
          [],
        );
      } finally {
        await browser.close();
      }
    },
  );
}
