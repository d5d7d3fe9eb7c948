import { join } from "node:path";
import type { ComposeFacts } from "./compose.ts";
import type { Notes } from "./notes.ts";
import { matches, type Sources } from "./sources.ts";

/** What folders are told by. */
interface Places {
  readonly compose: ComposeFacts | undefined;
  readonly dockerfile: string;
  readonly sources: Sources;
}

/** A folder of the image, from what the sources call it. */
export function inImage(dockerfile: string, folder: string): string {
  const workdir = [...dockerfile.matchAll(/^\s*WORKDIR\s+(\S+)/gim)].at(-1)?.[1] ?? "/app";
  return (folder.startsWith("/") ? folder : join(workdir, folder)).replace(/(?<=.)\/+$/, "");
}

/** The folder that outlives releases. */
export function uploads({ compose, dockerfile, sources }: Places, { found, assumed }: Notes): object {
  const [destination] = matches(
    sources,
    /(?:multer\(\s*\{[^}]*?dest|destination|uploadDir|UPLOAD_DIR)\s*[:=]\s*(?:path\.(?:join|resolve)\(\s*__dirname\s*,\s*)?["'`]([^"'`$]+)["'`]/g,
  );
  const folder = compose?.uploads ?? (destination && inImage(dockerfile, destination.text));
  if (folder === undefined) {
    assumed.push({ what: "uploads", value: "none on disk" });
    return {};
  }
  const origin = compose?.uploads === undefined ? destination?.file : compose.file;
  found.push({ what: "uploads", value: `${folder} (${origin ?? ""})` });
  return { uploads: folder };
}

/** `app.use("/static", express.static("public"))`, also joined to `__dirname`. */
const mounted =
  /\.use\(\s*["'`](\/[\w./~-]+)["'`]\s*,\s*(?:express|serveStatic)(?:\.static)?\(\s*((?:path\.)?(?:join|resolve)\(\s*__dirname\s*,\s*)?["'`]([^"'`$]+)["'`]/g;

/**
 * Folders that Nginx could serve. It asks the application for nothing, so a person says whether
 * everybody may see what is in them.
 */
export function staticFolders({ dockerfile, sources }: Places, { undecided }: Notes): void {
  for (const [file, source] of sources) {
    for (const [, path = "", joined, folder = ""] of source.matchAll(mounted)) {
      const at = `${path.replace(/\/+$/, "")}/`;
      const inside = inImage(dockerfile, joined === undefined ? folder : join(file, "..", folder));
      const key = JSON.stringify([{ at, folder: inside }]);
      undecided.push({
        what: "static",
        value: `${at} is for everybody? Nginx serves it, with "static": ${key}`,
      });
    }
  }
}
