import assert from "node:assert/strict";
import { after, before } from "node:test";
import { discoverModules } from "../../src/platform/modules/discover-modules.ts";
import { addUser } from "../support/client.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";
import { signIn } from "./sign-in.ts";
import { story } from "./story.ts";

let app: TestApp;
let email: string;

before(async () => {
  app = await startTestApp();
  for (const module of await discoverModules()) await module.seed?.(app.database);
  ({ email } = await addUser(app, "admin"));
});

after(async () => {
  await app.close();
});

for (const script of [true, false]) {
  story(
    `a customer is found, their visits are seen and one is added, by keyboard, ${script ? "with" : "without"} script`,
    { script, width: 390, height: 800 },
    async (browser) => {
      const page = await signIn(browser, app, email);
      await page.goto(`${app.url}/admin/customers`);
      await page.locator("#search").fill("boris berg");
      await page.keyboard.press("Enter");
      await page.locator("tbody th a").first().focus();
      await page.keyboard.press("Enter");
      const add = page.getByRole("link", { name: "Add: visit" });
      await add.focus();
      await page.keyboard.press("Enter");
      await page.locator("#hall").selectOption("forum");
      await page.locator("#day").fill("2026-12-24");
      await page.locator("#guests").focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("[role=status]");
      assert.match(await page.locator("h1").innerText(), /Boris Berg/, "back on the customer");
      assert.match(await page.getByRole("region", { name: "Visits" }).innerText(), /Forum/);
    },
  );
}

story("while one types, a reference's box offers what it may mean", {}, async (browser) => {
  const page = await signIn(browser, app, email);
  await page.goto(`${app.url}/admin/visits/new`);
  await page.locator("#customerId").fill("galina");
  const option = page.locator("#customerId-list option").first();
  await option.waitFor({ state: "attached" });
  const value = (await option.getAttribute("value")) ?? "";
  assert.match(value, /^Galina \w+ #\d+$/);
  await page.locator("#customerId").fill(value);
  await page.locator("#hall").selectOption("east");
  await page.locator("#day").fill("2026-12-24");
  await page.locator("#note").focus();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.waitForSelector("[role=status]");
  assert.equal(await page.locator("#customerId").inputValue(), value);
});

story(
  "without script, the page asks which one is meant, and the choice is kept",
  { script: false },
  async (browser) => {
    const page = await signIn(browser, app, email);
    await page.goto(`${app.url}/admin/visits/new`);
    await page.locator("#customerId").fill("galina");
    await page.locator("#hall").selectOption("east");
    await page.locator("#day").fill("2026-12-25");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const choice = page.locator("input[type=radio]").first();
    const id = await choice.inputValue();
    await choice.check();
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.waitForSelector("[role=status]");
    assert.match(await page.locator("#customerId").inputValue(), new RegExp(`#${id}$`));
  },
);
