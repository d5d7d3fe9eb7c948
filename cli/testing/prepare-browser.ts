import type { Session } from "../session.ts";
import { canInstall, installPackage } from "../apt.ts";
import { runAppScript } from "../running/app-script.ts";

/**
 * Chromium, from the distribution if this user may install it. Without it, tests that need it are
 * skipped and say so.
 */
export async function prepareBrowser(session: Session): Promise<void> {
  if (!canInstall()) return;
  if ((await runAppScript(session.env, "tests/browser/browser-program.ts", [])) !== "") return;
  await session.steps.run("Chromium", (reporter) =>
    installPackage("chromium", reporter, session.interruption.signal),
  );
}
