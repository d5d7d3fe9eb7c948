import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finish } from "./docker.ts";

/** An npm registry on loopback that has one package, and shows it to those with its token. */
export interface NpmRegistry {
  /** `http://127.0.0.1:port/` */
  readonly address: string;
  readonly token: string;
  /** As lockfiles write it: `sha512-` and base64. */
  readonly integrity: string;
  /** Requests that it has answered and refused. */
  readonly counts: { answered: number; refused: number };
  stop(): Promise<void>;
}

/**
 * Starts one.
 * @param name of its package, with a scope, of version 1.0.0
 * @param source text of the package's only module
 */
export async function npmRegistry(name: string, source: string): Promise<NpmRegistry> {
  const tarball = await pack(name, source);
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const token = randomBytes(24).toString("hex");
  const counts = { answered: 0, refused: 0 };
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      counts.refused += 1;
      response.writeHead(401, { "content-type": "application/json" }).end("{}");
      return;
    }
    counts.answered += 1;
    if (request.url?.endsWith(".tgz") === true) {
      response.end(tarball);
      return;
    }
    const dist = { integrity, tarball: `${address}package.tgz` };
    const versions = { "1.0.0": { name, version: "1.0.0", dist } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    address,
    token,
    integrity,
    counts,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function pack(name: string, source: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "berth-package-"));
  try {
    mkdirSync(join(folder, "package"));
    writeFileSync(
      join(folder, "package/package.json"),
      JSON.stringify({ name, version: "1.0.0", type: "module" }),
    );
    writeFileSync(join(folder, "package/index.js"), source);
    const { status, stderr } = await finish("tar", ["-czf", "package.tgz", "package"], { cwd: folder });
    if (status !== 0) throw new Error(stderr);
    return readFileSync(join(folder, "package.tgz"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
