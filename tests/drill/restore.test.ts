import { after, before, describe, test } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { docker } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { restoreBeforeDelete, runBackupsPage, showBeforeDelete } from "../support/restore-stories.ts";

await describe("restores of a prod stack", { timeout: 2_400_000 }, () => {
  let stack: BusyStack;

  before(async () => {
    stack = await busyStack();
    const [app] = await stack.deployment.containers("app");
    const upload = "mkdir -p /var/lib/app/media/public && printf hello >/var/lib/app/media/public/hello.pdf";
    await docker(["exec", app?.Id ?? "", "sh", "-c", upload]);
    // The first backup, and its proof.
    await eventually(async () => {
      await stack.deployment.mustRun("backups");
    }, 300_000);
  });
  after(async () => {
    await stack.deployment.remove();
  });

  test("docs/backups.md: each block of commands runs, and the data is as it was", () =>
    runBackupsPage(stack));

  test("the moment before a DELETE is shown with the release of then, and its row is put back", () =>
    showBeforeDelete(stack));

  test("the moment before a DELETE comes back with its rows and files, and the data of after it too", (t) =>
    restoreBeforeDelete(stack, t));
});
