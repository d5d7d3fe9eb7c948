import { test } from "node:test";
import { type BrowserOptions, openBrowser, type TestBrowser } from "./browser.ts";
import { browserProgram } from "./browser-program.ts";

const skip = browserProgram() === undefined ? "there is no Chromium on this machine" : false;

/** A test in a browser of its own. */
export function story(
  name: string,
  options: BrowserOptions,
  work: (browser: TestBrowser) => Promise<void>,
): void {
  test(name, { skip }, async () => {
    const browser = await openBrowser(options);
    try {
      await work(browser);
    } finally {
      await browser.close();
    }
  });
}
