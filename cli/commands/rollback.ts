import type { Session } from "../session.ts";
import { changeSettings, type ChangeOptions } from "../deploy/change-settings.ts";
import { releasesOf, rollbackTarget } from "../deploy/release-records.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

/** `berth rollback`: the image of an earlier release, with the present settings. */
export const addRollback: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "rollback [release]",
    "deploy the image of an earlier release; settings and secrets stay as they are",
    [
      ["npx berth rollback --stack prod", "deploy the previous release"],
      [
        "npx berth rollback 0a1b2c3d --stack prod --yes",
        "deploy the release with that prefix, without asking",
      ],
    ],
  );
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (release: string | undefined, options: ChangeOptions) =>
    run({ showSteps: true }, (session) => rollback(session, release, options)),
  );
};

async function rollback(
  session: Session,
  release: string | undefined,
  options: ChangeOptions,
): Promise<number> {
  return changeSettings(session, "rollback", options, async ({ docker }) => {
    const target = rollbackTarget(await releasesOf(docker, options.stack), options.stack, release);
    return {
      what: `goes back to release ${target.release} of ${target.at.slice(0, 16).replace("T", " ")} UTC`,
      changes: { appImage: target.image, canary: undefined },
      restore: true,
    };
  });
}
