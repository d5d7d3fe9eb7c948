import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Rotation } from "../rendering/key-ring-file.ts";

/**
 * Counts the rotations of a secret: `up` adds one whenever `text` differs from the last time. The
 * count lives in the state, so whatever the text is, a date or a word, two roles can take turns.
 */
export function rotation(name: string, text: string, parent: pulumi.Resource): pulumi.Output<Rotation> {
  const counter = new command.local.Command(
    `${name}-rotation`,
    {
      create: "echo 0",
      update:
        'set -- ${PULUMI_COMMAND_STDOUT:-0}; echo "$(($1 + 1)) $(date -u +%Y-%m-%dT%H:%M:%SZ)${2:+ $2}"',
      environment: { ROTATION: text },
      logging: "none",
    },
    { parent },
  );
  return counter.stdout.apply(parseRotation);
}

/** Reads `<generation> <newest time> <time before>`. */
export function parseRotation(line: string): Rotation {
  const [generation = "0", ...times] = line.trim().split(/\s+/);
  return { generation: Number(generation), times };
}

/**
 * The generation that one of several holders of a secret last took its turn in; they take turns,
 * the first one first.
 * @returns undefined for one whose turn has not come yet
 */
export function turnOf(holder: number, holders: number, generation: number): number | undefined {
  const turn = generation - ((((generation - holder) % holders) + holders) % holders);
  return turn < 0 ? undefined : turn;
}
