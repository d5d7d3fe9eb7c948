import assert from "node:assert/strict";
import { after, before } from "node:test";
import { addUser, password } from "../support/client.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";
import { openBrowser } from "./browser.ts";
import { signIn } from "./sign-in.ts";
import { story } from "./story.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp();
});

after(() => app.close());

story(
  "without script, on a phone, in Russian: a colleague who may see visits only is invited, opens the account, is looked after and disabled",
  { width: 390, height: 840, locale: "ru-RU", script: false },
  async (browser) => {
    const admin = await addUser(app, "admin");
    const page = await signIn(browser, app, admin.email);
    await page.goto(`${app.url}/admin/groups/new`);
    await page.locator("#name").fill("Только визиты");
    await page.getByLabel("Визиты: Смотреть").check();
    await page.getByRole("button", { name: "Создать" }).click();
    await page.waitForURL(/groups\/\d+\?done=saved/);

    await page.goto(`${app.url}/admin/invitations`);
    await page.locator("#email").fill("colleague@people.test");
    await page.getByLabel("Только визиты").check();
    await page.getByRole("button", { name: "Пригласить" }).click();
    await page.waitForURL(/done=invited/);
    await app.runJobs();
    const link = /https?:\/\/\S+\/invitation\?token=[\w-]+/.exec(app.mails.at(-1)?.text ?? "")?.[0] ?? "";
    const { pathname, search } = new URL(link);

    const theirs = await openBrowser({ width: 390, height: 840, locale: "ru-RU", script: false });
    try {
      const colleague = await theirs.context.newPage();
      await colleague.goto(app.url + pathname + search);
      await colleague.locator("#email").fill("colleague@people.test");
      await colleague.locator("#name").fill("Ника");
      await colleague.locator("#password").fill(password);
      await colleague.locator("main button.primary").click();
      await colleague.goto(`${app.url}/admin`);
      const links = await colleague.locator("nav.aside a").allInnerTexts();
      assert.ok(links.includes("Визиты"));
      assert.ok(!links.includes("Клиенты"));
      assert.equal((await colleague.goto(`${app.url}/admin/customers`))?.status(), 403);
      assert.equal((await colleague.goto(`${app.url}/admin/visits`))?.status(), 200);
      assert.equal(await colleague.getByRole("link", { name: "Создать" }).count(), 0);

      await page.goto(`${app.url}/admin/users?search=colleague`);
      await page.getByRole("link", { name: "Ника" }).click();
      await page.getByRole("button", { name: "Смотреть как этот человек" }).click();
      await page.getByText("Вы видите то, что видит Ника").waitFor();
      assert.ok(!(await page.locator("nav.aside a").allInnerTexts()).includes("Клиенты"));
      await page.getByRole("button", { name: "Снова смотреть как вы" }).click();
      await page.getByRole("button", { name: "Отправить ссылку" }).click();
      await page.waitForURL(/done=resetSent/);
      await app.runJobs();
      assert.equal(app.mails.at(-1)?.to, "colleague@people.test");
      await page.locator("#disabled").check();
      await page.getByRole("button", { name: "Сохранить" }).click();
      await page.waitForURL(/done=saved/);
      await colleague.goto(`${app.url}/admin/visits`);
      assert.match(colleague.url(), /\/login/);
    } finally {
      await theirs.close();
    }
  },
);
