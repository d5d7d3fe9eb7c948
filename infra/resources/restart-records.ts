import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Identity } from "../policy/host.ts";
import type { Restart } from "./restart.ts";

/** What is recorded of a part's restarts, and where. */
export interface RestartRecordsArgs {
  readonly host: Host;
  readonly identity: Identity;
  readonly restart: Restart;
  /** The part's present image, which is on the engine. */
  readonly image: pulumi.Input<string>;
}

/** Environment of the commands: nothing that changes while a part is left alone. */
function environment({ host, identity, restart }: RestartRecordsArgs) {
  return {
    ...host.environment,
    PROJECT: identity.project,
    STACK: identity.stack,
    PART: restart.wanted.part,
  };
}

/**
 * What happens right before an agreed restart: it writes down the version and the time, and a
 * checkpoint of Postgres makes the stop short.
 */
export function beforeRestart(
  name: string,
  args: RestartRecordsArgs,
  parent: pulumi.Resource,
): command.local.Command | undefined {
  const { agreed } = args.restart;
  if (agreed === undefined) return undefined;
  return new command.local.Command(
    `${name}-before-restart`,
    {
      create: "sh infra/commands/before-restart.sh",
      // The image is there before, so that nothing but the restart itself takes time.
      environment: pulumi.output(args.image).apply(() => environment(args)),
      triggers: [agreed],
      logging: "stderr",
    },
    { parent },
  );
}

/** Records on the engine what waits for a restart, and what the last one has done. */
export function restartRecords(
  name: string,
  args: RestartRecordsArgs,
  before: command.local.Command | undefined,
  parent: pulumi.Resource,
  ready: pulumi.Resource,
): void {
  const { changes, agreed } = args.restart;
  if (changes.length > 0) {
    new command.local.Command(
      `${name}-waiting`,
      {
        create: "node infra/commands/record-waiting.ts",
        delete: "node infra/commands/forget-waiting.ts",
        environment: { ...environment(args), CHANGES: JSON.stringify(changes), IMAGE: args.image },
        triggers: [JSON.stringify(changes), args.image],
        // The program says it, in previews too.
        logging: "none",
      },
      { parent },
    );
  }
  if (before === undefined || agreed === undefined) return;
  new command.local.Command(
    `${name}-restarted`,
    {
      create: "node infra/commands/record-restart.ts",
      environment: { ...environment(args), BEFORE: before.stdout },
      triggers: [agreed],
      logging: "stderr",
    },
    { parent, dependsOn: ready },
  );
}
