import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { totpCode, totpStep } from "../../src/platform/accounts/totp.ts";
import { discoverModules } from "../../src/platform/modules/discover-modules.ts";
import { addUser, password } from "../support/client.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";
import { testPicture } from "./picture.ts";
import { signIn } from "./sign-in.ts";
import { story } from "./story.ts";

let app: TestApp;
let folder: string;
let admin: { email: string };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-media-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  for (const module of await discoverModules()) await module.seed?.(app.database);
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

/** What a page says of a picture's width in pixels, once it has loaded. */
function widthOf(selector: string): string {
  const picture = `document.querySelector("${selector}")`;
  return `${picture}.decode().then(() => ${picture}.naturalWidth)`;
}

story(
  "by keyboard alone: skip link, search, open, edit, save, and the policy blocks nothing",
  {},
  async (browser) => {
    const page = await signIn(browser, app, admin.email);
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
    assert.match(await page.getByRole("region", { name: "History" }).innerText(), /→ Tromsø/);
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
  },
);

story(
  "a CSV file is uploaded, its bad rows are shown, and many rows are deleted at once",
  {},
  async (browser) => {
    const page = await signIn(browser, app, admin.email);
    await page.goto(`${app.url}/admin/customers/import`);
    const buffer = Buffer.from("name,email\nWeb One,one@browser.test\nWeb Two,two@browser.test\nBad,bad\n");
    await page.locator("#file").setInputFiles({ name: "c.csv", mimeType: "text/csv", buffer });
    await page.locator("main form.form button.primary").click();
    await page.getByText("would create 2, change 0 and leave 1 out").waitFor();
    await page.getByRole("button", { name: "Save this" }).click();
    await page.getByText("2 created, 0 changed, 1 left out").waitFor();
    await page.goto(`${app.url}/admin/customers?search=browser.test`);
    await page.locator("input[data-selects]").check();
    await page.getByRole("button", { name: "Delete the selected" }).click();
    assert.match(await page.locator("h1").innerText(), /Delete 2 entries\?/);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.waitForSelector("[role=status]");
    await page.goto(`${app.url}/admin/customers?search=browser.test`);
    assert.equal(await page.locator(".empty").count(), 1);
  },
);

story(
  "on a phone: a second factor is turned on, asked for at the next login, and a wrong code refused",
  { width: 360, height: 740 },
  async (browser) => {
    const { email } = await addUser(app, "staff");
    const page = await signIn(browser, app, email);
    await page.goto(`${app.url}/account/second-factor`);
    await page.locator("#password").fill(password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("img.qr");
    const secret = await page.locator("main p > code").innerText();
    await page.locator("#code").fill(totpCode(secret, totpStep(Date.now())));
    await page.keyboard.press("Enter");
    await page.waitForSelector(".codes");
    const [recovery = ""] = await page.locator(".codes code").allInnerTexts();
    await page.getByRole("button", { name: "Sign out" }).click();

    await page.goto(`${app.url}/login?next=/admin`);
    await page.locator("#email").fill(email);
    await page.locator("#password").fill(password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#code");
    await page.locator("#code").fill("000000");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".summary");
    await page.locator("#code").fill(recovery);
    await page.keyboard.press("Enter");
    await page.waitForSelector("nav.aside");
  },
);

story(
  "a picture is uploaded in the admin interface, gets its preview, is found and deleted after asking",
  {},
  async (browser) => {
    const page = await signIn(browser, app, admin.email);
    await page.goto(`${app.url}/admin/media`);
    await page.getByRole("link", { name: "Upload a file" }).click();
    await page
      .locator("#file")
      .setInputFiles({ name: "Evening.jpg", mimeType: "image/jpeg", buffer: await testPicture() });
    await page.locator("main button.primary").click();
    await page.waitForSelector("img.preview");
    assert.equal(await page.evaluate(widthOf("img.preview")), 960);
    await app.runJobs();
    await page.goto(`${app.url}/admin/media?search=evening`);
    assert.equal(await page.evaluate(widthOf("td.thumb img")), 320);
    await page.getByRole("link", { name: "Evening.jpg" }).click();
    await page.getByRole("link", { name: "Delete" }).click();
    assert.match(await page.locator("h1").innerText(), /Delete Evening\.jpg\?/);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.waitForSelector("[role=status]");
    await page.goto(`${app.url}/admin/media?search=evening`);
    assert.equal(await page.locator(".empty").count(), 1);
  },
);
