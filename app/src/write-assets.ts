import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { loadAssets } from "./platform/html/assets.ts";
import { exitCodes, Refusal, reportFatal } from "./platform/process/report-fatal.ts";

/**
 * Writes the assets below a folder, under the paths that they are served at, for a proxy to serve:
 * plain, and compressed as well as it goes, since it is done once an image. A compressed file that
 * is no smaller is left out.
 * @param folder gets a folder `assets`
 */
async function writeAssets(folder: string): Promise<void> {
  const { files } = await loadAssets();
  await mkdir(join(folder, "assets"), { recursive: true });
  for (const [name, { content }] of files) {
    const gzip = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
    const brotli = brotliCompressSync(content);
    for (const [suffix, bytes] of [
      ["", content],
      [".gz", gzip],
      [".br", brotli],
    ] as const) {
      if (suffix === "" || bytes.length < content.length)
        await writeFile(join(folder, "assets", `${name}${suffix}`), bytes);
    }
  }
}

// The image's build runs this file with the folder to write to.
const [, , folder] = process.argv;
try {
  if (folder === undefined)
    throw new Refusal("Which folder? node src/write-assets.ts FOLDER", exitCodes.usage);
  await writeAssets(folder);
} catch (error) {
  reportFatal(error);
}
