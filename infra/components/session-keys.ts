import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { keyRingFile, ringSize } from "../rendering/key-ring-file.ts";
import { rotation, turnOf } from "../resources/rotation.ts";

export interface SessionKeysArgs {
  /** The key is rotated whenever this text changes. */
  rotation: string;
  /** Hours that a rotated key goes on verifying. */
  overlap: number;
}

/**
 * The ring of keys that sign sessions and tokens: a rotation puts a new one in front, and all
 * sessions stay.
 */
export class SessionKeys extends pulumi.ComponentResource {
  /** Content of the application's SESSION_KEYS_FILE. */
  readonly ring: pulumi.Output<string>;

  constructor(name: string, args: SessionKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:SessionKeys", name, {}, opts);
    const rotated = rotation(name, args.rotation, this);
    const keys = Array.from(
      { length: ringSize },
      (_, holder) =>
        new random.RandomPassword(
          `${name}-${holder + 1}`,
          {
            length: 64,
            special: false,
            keepers: {
              generation: rotated.apply(({ generation }) =>
                String(turnOf(holder, ringSize, generation) ?? "unused"),
              ),
            },
          },
          { parent: this },
        ).result,
    );
    this.ring = pulumi.secret(
      pulumi
        .all([rotated, pulumi.all(keys)])
        .apply(([state, values]) => keyRingFile(state, values, args.overlap)),
    );
    this.registerOutputs({ generation: rotated.apply(({ generation }) => generation) });
  }
}
