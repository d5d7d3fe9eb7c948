import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { RequestHandler } from "express";
import type { AssetAddress } from "./page.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Folder of the app's own stylesheet, script and pictures. A folder in it is one file in parts:
 * `style/` is `style.css`, its parts joined in order of name.
 */
const assetsFolder = join(import.meta.dirname, "..", "assets");

/** Static files under names that carry a hash of their content. */
export interface Assets {
  readonly address: AssetAddress;
  /** Served name and content, for a proxy that serves them from a folder. */
  readonly files: ReadonlyMap<string, { readonly content: Buffer; readonly type: string }>;
  readonly serve: RequestHandler;
}

/** Name and content of each file that is served. */
async function read(folder: string): Promise<{ name: string; content: Buffer }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return { name: entry.name, content: await readFile(path) };
      const parts = (await readdir(path)).sort();
      const contents = await Promise.all(parts.map((part) => readFile(join(path, part))));
      return { name: entry.name + extname(parts[0] ?? ""), content: Buffer.concat(contents) };
    }),
  );
}

/** Reads the assets; a few files of a few kB, so they stay in memory. */
export async function loadAssets(folder: string = assetsFolder): Promise<Assets> {
  const files = new Map<string, { content: Buffer; type: string }>();
  const names = new Map<string, string>();
  for (const { name, content } of await read(folder)) {
    const type = contentTypes[extname(name)];
    if (type === undefined) continue;
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
    const served = `${name.slice(0, -extname(name).length)}.${hash}${extname(name)}`;
    names.set(name, served);
    files.set(served, { content, type });
  }
  return {
    address: (name) => {
      const served = names.get(name);
      if (served === undefined) throw new Error(`There is no asset ${name} in ${folder}.`);
      return `/assets/${served}`;
    },
    files,
    serve: (request, response, next) => {
      const file = files.get(request.path.slice(1));
      if (!file || (request.method !== "GET" && request.method !== "HEAD")) {
        next();
        return;
      }
      response.set({
        "Content-Type": file.type,
        "Cache-Control": "public, max-age=31536000, immutable",
        // They are everybody's, so pages of other sites and mails may show them.
        "Cross-Origin-Resource-Policy": "cross-origin",
      });
      response.send(file.content);
    },
  };
}
