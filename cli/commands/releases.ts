import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { releasesOf, renderReleases } from "../deploy/release-records.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth releases`: what was deployed, when and by whom. */
export const addReleases: AddCommand = (program, run) => {
  stackCommand(
    program,
    "releases",
    "list the deployed releases, newest first: time, person, commit, schema",
    [
      ["npx berth releases --stack prod", "the prod stack's releases; * marks the current one"],
      ["npx berth releases --stack prod --json", "the same, for programs"],
    ],
  )
    .option("--json", "print JSON")
    .action(async (options: { stack: string; json?: boolean }) =>
      run({ showSteps: false }, (session) => releases(session, options.stack, options.json === true)),
    );
};

async function releases(session: Session, stack: string, json: boolean): Promise<number> {
  const found = await releasesOf(stackDocker(session.env, stack), stack);
  if (json) session.print(JSON.stringify(found, null, 2));
  else session.print(found.length === 0 ? `Stack ${stack} has no recorded release.` : renderReleases(found));
  return exitCode.done;
}
