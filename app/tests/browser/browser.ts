import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { browserProgram } from "./browser-program.ts";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser with a profile of its own. */
export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** Size in pixels; the rest as the person has set up their browser. */
export interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
  readonly locale?: string;
  readonly dark?: boolean;
  /** Lets tests put scripts into pages, which the pages' policy forbids. */
  readonly bypassPolicy?: boolean;
  /** Whether pages run scripts; they do by default. */
  readonly script?: boolean;
  /** Further flags of Chromium. */
  readonly flags?: readonly string[];
}

/**
 * Opens Chromium without a window. @throws when the machine has none: check `browserProgram` first.
 */
export async function openBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const program = browserProgram();
  if (program === undefined)
    throw new Error("There is no Chromium: `apt-get install chromium`, or set CHROMIUM.");
  const { width = 1280, height = 900, locale = "en-GB", dark = false, bypassPolicy = false } = options;
  const { script = true } = options;
  const profile = await mkdtemp(join(tmpdir(), "berth-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    args: [...flags, ...(options.flags ?? [])],
    viewport: { width, height },
    bypassCSP: bypassPolicy,
    javaScriptEnabled: script,
    locale,
    colorScheme: dark ? "dark" : "light",
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
