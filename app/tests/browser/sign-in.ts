import type { Page } from "playwright-core";
import { password } from "../support/client.ts";
import type { TestApp } from "../support/test-app.ts";
import type { TestBrowser } from "./browser.ts";

/** Signs a user of `addUser` in, by keyboard, and waits for the admin interface. */
export async function signIn(browser: TestBrowser, app: TestApp, email: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${app.url}/login?next=/admin`);
  await page.locator("#email").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav.aside");
  return page;
}
