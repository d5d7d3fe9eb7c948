import { z } from "zod";

const line = z.object({
  error: z.string().optional(),
  status: z.string().optional(),
  // Notes of other kinds have no digest.
  aux: z.object({ Digest: z.string().optional() }).optional(),
});

/** A line of what the engine tells while it pulls or pushes an image. */
export type Progress = z.output<typeof line>;

/**
 * Reads what the engine has told, a line of JSON each.
 * https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Image/operation/ImagePush
 */
export function parseProgress(body: string): Progress[] {
  return body
    .split("\n")
    .filter((text) => text.trim() !== "")
    .map((text) => line.parse(JSON.parse(text)));
}

/**
 * The digest under which a registry has what was pushed. Engines name it in a note; those that keep
 * images in containerd's store, as new installations from version 29 on do, name it in the words of
 * a status line only.
 */
export function pushedDigest(lines: readonly Progress[]): string | undefined {
  const [digest] = lines.flatMap(
    ({ aux, status }) =>
      aux?.Digest ?? /: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(status ?? "")?.[1] ?? [],
  );
  return digest;
}
