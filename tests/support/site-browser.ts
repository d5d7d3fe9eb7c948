import { openBrowser, type TestBrowser } from "../../app/tests/browser/browser.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { originOf } from "./edge-session.ts";

/** A browser that looks at a site of this machine. */
export interface SiteBrowser {
  readonly page: Awaited<ReturnType<TestBrowser["context"]["newPage"]>>;
  /** What its pages could not do: errors of scripts, and requests to the site that failed. */
  readonly complaints: readonly string[];
  /** Address of a path of the site. */
  readonly address: (path: string) => string;
  readonly close: () => Promise<void>;
}

/** Milliseconds that a page may take: a busy machine starts big ones slowly. */
const patience = 60_000;

/**
 * Opens Chromium on a stack's site, by its own name. It trusts the stack's certificate, and no
 * other name leads anywhere.
 */
export async function browse(edge: EdgeConfig): Promise<SiteBrowser> {
  const [name = ""] = edge.domain;
  const browser = await openBrowser({
    flags: [`--host-resolver-rules=MAP ${name} 127.0.0.1, MAP * ~NOTFOUND`, "--ignore-certificate-errors"],
  });
  const page = await browser.context.newPage();
  page.setDefaultTimeout(patience);
  const origin = originOf(edge);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.url().startsWith(origin) && response.status() >= 500)
      complaints.push(`${response.status()} ${response.url()}`);
  });
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text()) && message.text().includes(origin))
      complaints.push(message.text());
  });
  return { page, complaints, address: (path) => `${origin}${path}`, close: () => browser.close() };
}
