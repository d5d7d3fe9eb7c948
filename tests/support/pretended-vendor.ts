import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { writeScript } from "./pulumi-cli-circumstances.ts";

/** A web server of the test that publishes a CLI as the vendor's site does. */
export interface PretendedVendor {
  readonly url: string;
  /** Paths asked for so far. */
  readonly asked: string[];
}

/**
 * How it misbehaves: another file than it published the checksum of, half a file, or no answer at
 * all.
 */
export type Fault = "tampered" | "cut off" | "silent" | "no such version";

/**
 * Starts one, and ends it with the test.
 * @param folder where it may write
 * @param version of the CLI that it publishes
 * @param pulumi shell script that stands in for the CLI
 */
export async function pretendedVendor(
  context: TestContext,
  folder: string,
  version: string,
  pulumi: string,
  fault?: Fault,
): Promise<PretendedVendor> {
  const site = join(folder, "site");
  writeScript(join(site, "pulumi", "pulumi"), pulumi);
  writeScript(join(site, "pulumi", "pulumi-language-nodejs"), "exit 0");
  const name = `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
  execFileSync("tar", ["-czf", join(site, name), "-C", site, "pulumi"]);
  const archive = readFileSync(join(site, name));
  const sum = createHash("sha256").update(archive);
  const published = fault === "tampered" ? "0".repeat(64) : sum.digest("hex");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (fault === "silent") return;
    if (fault === "no such version") {
      response.writeHead(403).end();
    } else if (path === `/releases/sdk/pulumi-${version}-checksums.txt`) {
      response.end(`${"1".repeat(64)}  other.tar.gz\n${published}  ${name}\n`);
    } else if (path === `/releases/sdk/${name}`) {
      response.setHeader("Content-Length", archive.length);
      if (fault === "cut off") response.write(archive.subarray(0, 50), () => response.destroy());
      else response.end(archive);
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
