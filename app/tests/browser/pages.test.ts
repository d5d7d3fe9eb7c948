import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { browserProgram, openBrowser, type TestBrowser } from "./browser.ts";
import { addUser, createClient, password } from "../support/client.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";

const skip = browserProgram === undefined ? "there is no Chromium on this machine" : false;
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let app: TestApp;
let admin: { email: string };

before(async () => {
  app = await startTestApp();
  for (const module of [
    ...(await import("../../src/platform/modules/discover-modules.ts").then(({ discoverModules }) =>
      discoverModules(),
    )),
  ]) {
    await module.seed?.(app.database);
  }
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
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

/** axe is put into pages past their policy; the policy itself is tested elsewhere and by the console's errors. */
async function signIn(browser: TestBrowser): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${app.url}/login?next=/admin`);
  await page.locator("#email").focus();
  await page.keyboard.type(admin.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav.aside");
  return page;
}

const open = ["/", "/login", "/register", "/forgot", "/verify?token=x", "/reset?token=x", "/api", "/nowhere"];
const inside = [
  "/admin",
  "/admin/customers?sort=name",
  "/admin/customers?search=nobodyatall",
  "/admin/customers/3",
  "/admin/customers/3/delete",
  "/admin/customers/new",
  "/admin/customers/import",
  "/admin/visits",
  "/admin/visits/new",
  // "/admin/media",
  "/admin/users",
  "/admin/users/1",
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
        const mine = await signIn(browser);
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

test(
  "by keyboard alone: skip link, search, open, edit, save, and the policy blocks nothing",
  { skip },
  async () => {
    const browser = await openBrowser();
    try {
      const page = await signIn(browser);
      const noise: string[] = [];
      page.on("console", (message) => noise.push(message.text()));
      await page.goto(`${app.url}/admin/customers`);
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate("document.activeElement.className"), "skip");
      await page.locator("#search").focus();
      await page.keyboard.type("anna ark");
      await page.keyboard.press("Enter");
      await page.waitForURL(/search=anna/);
      await page.locator("tbody th a").first().focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("#city");
      await page.locator("#city").fill("Tromsø");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[role=status]");
      assert.equal(await page.locator("#city").inputValue(), "Tromsø");
      assert.match(await page.locator("table").innerText(), /→ Tromsø/);
      await page.locator("#email").fill("nonsense");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".summary");
      assert.equal(
        await page.evaluate("document.activeElement.className"),
        "summary",
        "what is wrong comes first",
      );
      assert.deepEqual(
        noise.filter((text) => !text.includes("400")),
        [],
      );
    } finally {
      await browser.close();
    }
  },
);

test(
  "a CSV file is uploaded, its bad rows are shown, and many rows are deleted at once",
  { skip },
  async () => {
    const browser = await openBrowser();
    try {
      const page = await signIn(browser);
      await page.goto(`${app.url}/admin/customers/import`);
      const buffer = Buffer.from("name,email\nWeb One,one@browser.test\nWeb Two,two@browser.test\nBad,bad\n");
      await page.locator("#file").setInputFiles({ name: "c.csv", mimeType: "text/csv", buffer });
      await page.locator("main button.primary").click();
      await page.waitForSelector("table");
      assert.match(await page.locator("[role=status]").innerText(), /2 created, 0 changed, 1 left out/);
      await page.goto(`${app.url}/admin/customers?search=browser.test`);
      await page.locator("input[data-selects]").check();
      await page.getByRole("button", { name: "Delete the selected" }).click();
      assert.match(await page.locator("h1").innerText(), /Delete 2 entries\?/);
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.waitForSelector("[role=status]");
      const left = await createClient(app).call("GET", "/health/ready");
      assert.equal(left.status, 200);
      await page.goto(`${app.url}/admin/customers?search=browser.test`);
      assert.equal(await page.locator(".empty").count(), 1);
    } finally {
      await browser.close();
    }
  },
);
