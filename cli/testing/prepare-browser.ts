import type { Session } from "../session.ts";
import { apt, canInstall } from "../apt.ts";
import { runAppScript } from "../running/app-script.ts";

/** Chromium, from the distribution where this user may install it. Without it, tests that need it are skipped and say so. */
export async function prepareBrowser(session: Session): Promise<void> {
  if (!canInstall()) return;
  if ((await runAppScript(session.env, "tests/browser/browser-program.ts", [])) !== "") return;
  await session.steps.run("Chromium", async (reporter) => {
    const { signal } = session.interruption;
    reporter.line("not here: installing the distribution's package with apt-get");
    await apt(["update"], "chromium", reporter, signal);
    await apt(["install", "--yes", "--no-install-recommends", "chromium"], "chromium", reporter, signal);
    return { value: undefined, note: "installed", worked: true };
  });
}
