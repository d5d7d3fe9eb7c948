import { renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { askEngine } from "../../system/docker-api.ts";

/** What a registry said of a tag. */
export type DigestAnswer =
  { readonly tag: string; readonly digest: string } | { readonly tag: string; readonly reason: string };

const described = z.object({ Descriptor: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }) });
const refused = z.object({ message: z.string() });

/**
 * Has the Docker engine ask the registry which image a tag names at the moment: of an image for
 * several architectures the list of all of them. Nothing is pulled.
 * @param tag `repository:tag`
 */
export async function askDigest(tag: string): Promise<DigestAnswer> {
  const { status, body } = await askEngine("GET", `/distribution/${tag}/json`);
  if (status === 200) return { tag, digest: described.parse(JSON.parse(body)).Descriptor.digest };
  return { tag, reason: refused.parse(JSON.parse(body)).message };
}

/**
 * Writes digests by tag, in order of the tags; a reader sees the old file or the new one.
 * @param digests of every tag that stays pinned
 */
export function writeDigests(file: string, digests: Readonly<Record<string, string>>): void {
  const sorted = Object.fromEntries(Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)));
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(sorted, null, 2)}\n`);
  renameSync(draft, file);
}
