import type { Session } from "../session.ts";
import { changeSettings, type ChangeOptions } from "../deploy/change-settings.ts";
import { promotionOf } from "../deploy/promotion.ts";
import { refuseUnfit, releasesOf } from "../deploy/release-records.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

/** `berth promote`: the image that another stack runs, byte for byte. */
export const addPromote: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "promote <from>",
    "deploy the image that another stack runs, by its digest; settings and secrets stay as they are",
    [
      ["npx berth promote staging --stack prod", "deploy staging's current image to prod"],
      [
        "npx berth promote registry.example.org/shop@sha256:… --stack prod",
        "deploy an image from another checkout",
      ],
    ],
  );
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (from: string, options: ChangeOptions) =>
    run({ showSteps: true }, (session) => promote(session, from, options)),
  );
};

async function promote(session: Session, from: string, options: ChangeOptions): Promise<number> {
  // What cannot be promoted is said before what takes minutes.
  const promotion = await promotionOf(session.env, from, options.stack);
  // A stage may begin with what another one runs.
  return changeSettings(session, "promote", { ...options, makes: true }, async ({ docker, config }) => {
    const { image, schema } = promotion;
    const [present] = await releasesOf(docker, options.stack);
    if (present?.image === image && config.release.appImage === image) {
      throw new CommandError(`Stack ${options.stack} runs ${image} already.`, exitCode.usage);
    }
    if (schema !== undefined) refuseUnfit(`The image of ${promotion.from}`, schema, present);
    const contracting =
      schema?.breaking.filter(
        (name) => present !== undefined && present.migrations?.includes(name) !== true,
      ) ?? [];
    if (contracting.length > 0) {
      session.say(
        `Its migrations ${contracting.join(", ")} remove what earlier releases need. The running release must work without it until the switch, and cannot be rolled back to.`,
      );
    }
    return {
      what: `deploys ${image}, from ${promotion.from}`,
      changes: { appImage: image, canary: undefined },
      restore: true,
    };
  });
}
