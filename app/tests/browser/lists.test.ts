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
    `on a phone, the city of all that a search finds is changed, ${script ? "with" : "without"} script`,
    { script, width: 390, height: 800 },
    async (browser) => {
      const city = script ? "Riga" : "Narva";
      const page = await signIn(browser, app, email);
      await page.goto(`${app.url}/admin/customers?search=khipov&limit=5`);
      await page.getByLabel(/all 12 that are found/).check();
      await page.getByRole("button", { name: "Change the selected" }).click();
      await page.locator("#city").fill(city);
      await page.getByRole("button", { name: "Go on" }).click();
      assert.match(await page.locator("h1").innerText(), /change 12 entries/);
      await page.getByRole("button", { name: "Save" }).click();
      await page.waitForSelector("[role=status]");
      const [{ count }] = (await app.database("customers").where({ city }).count("* as count")) as [
        { count: number },
      ];
      assert.equal(count, 12);
    },
  );
}

story(
  "a deleted customer comes back from the list of what was deleted",
  { script: false },
  async (browser) => {
    const page = await signIn(browser, app, email);
    const made = await app
      .database("customers")
      .insert({ name: "Back Again", email: "back@browser.test" })
      .returning<{ id: number }[]>("id");
    await page.goto(`${app.url}/admin/customers/${made[0]?.id}/delete`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.waitForSelector("[role=status]");
    await page.getByRole("link", { name: "Deleted" }).click();
    await page.getByRole("link", { name: "Back Again" }).click();
    await page.getByRole("button", { name: "Bring it back" }).click();
    await page.waitForSelector("[role=status]");
    assert.equal(await page.locator("#email").inputValue(), "back@browser.test");
  },
);

story("a form that is left with changes asks first and says that there are some", {}, async (browser) => {
  const page = await signIn(browser, app, email);
  await page.goto(`${app.url}/admin/customers/new`);
  await page.locator("#name").pressSequentially("Typed");
  await page.getByText("There are changes that are not saved yet.").waitFor();
  const asked = page.waitForEvent("dialog");
  const left = page.getByRole("link", { name: "Visits" }).click();
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  await left.catch(() => undefined);
  assert.equal(await page.locator("#name").inputValue(), "Typed");
});
