import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quote } from "shlex";
import { standProject, type BackupStand } from "./backup-stand.ts";
import { copyCheckout } from "./deployment.ts";
import { finish, type Finished } from "./docker.ts";

/** The command `berth` on a stand, in a checkout of its own. */
export interface StandCommands {
  /** Runs it; the stack's name is added. */
  berth(...words: readonly string[]): Promise<Finished>;
  /**
   * Runs it, and ends it by SIGKILL once it has made a call of the engine.
   * @param call the call's first word, and its number among those, such as `stop 2`
   * @returns what it had printed
   */
  killedAfter(call: string, ...words: readonly string[]): Promise<Finished>;
  /**
   * Runs it, and ends it by SIGKILL, with the client that it has started, when it is time.
   * @param moment ends when it is
   * @returns whether it was still running
   */
  killedAt(moment: () => Promise<unknown>, ...words: readonly string[]): Promise<boolean>;
  remove(): void;
}

/** Where programs are, without what stands in the way of the docker client. */
const ownPath = process.env["PATH"] ?? "";

/** Stands in the way of the docker client, which it calls. */
const client = `#!/bin/sh
calls=\${0%/*}/calls-$1
echo >>"$calls"
PATH=${quote(ownPath)} docker "$@"
code=$?
[ "$1 $(wc -l <"$calls")" != "$KILL_AFTER" ] || kill -9 $PPID
exit $code
`;

/** Makes a checkout that knows a stand as its stack. */
export async function standCommands(stand: BackupStand): Promise<StandCommands> {
  const folder = mkdtempSync(join(tmpdir(), "berth-stand-"));
  await copyCheckout(folder);
  const project = join(folder, "Pulumi.yaml");
  writeFileSync(project, readFileSync(project, "utf8").replace(/^name: .*$/m, `name: ${standProject}`));
  const settings = `config:\n  ${standProject}:shape: prod\n`;
  writeFileSync(join(folder, `Pulumi.${stand.stack}.yaml`), settings);
  const run = (words: readonly string[], env: Record<string, string>) =>
    finish(process.execPath, ["cli/berth.mjs", ...words, "--stack", stand.stack], { cwd: folder, env });
  return {
    berth: (...words) => run(words, {}),
    async killedAfter(call, ...words) {
      const programs = mkdtempSync(join(folder, "killed-"));
      writeFileSync(join(programs, "docker"), client, { mode: 0o755 });
      return run(words, { PATH: `${programs}:${ownPath}`, KILL_AFTER: call });
    },
    async killedAt(moment, ...words) {
      const args = ["cli/berth.mjs", ...words, "--stack", stand.stack];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore", detached: true });
      const ended = once(child, "exit");
      await Promise.race([moment(), ended]);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
      return child.signalCode === "SIGKILL";
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
