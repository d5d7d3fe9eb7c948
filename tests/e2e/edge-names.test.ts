import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { addressOn } from "../support/pebble.ts";

const resolve = readFileSync(join(import.meta.dirname, "../../nginx/bin/resolve.sh"), "utf8");

/**
 * A name server that has an address for every name below lan.test and for `stray`, as a company's
 * wildcard record would.
 */
const nameServer = `
  const { createSocket } = require("node:dgram");
  const address = process.env.ADDRESS.split(".").map(Number);
  const server = createSocket("udp4");
  server.on("message", (query, from) => {
    let end = 12;
    const labels = [];
    while (query[end] !== 0) { labels.push(query.toString("latin1", end + 1, end + 1 + query[end])); end += query[end] + 1; }
    const name = labels.join(".").toLowerCase();
    const known = (name.endsWith("lan.test") || name === "stray") && query.readUInt16BE(end + 1) === 1;
    const head = Buffer.from([query[0], query[1], 0x81, known ? 0x80 : 0x83, 0, 1, 0, known ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
    server.send(Buffer.concat([head, query.subarray(12, end + 5), ...(known ? [record] : [])]), from.port, from.address);
  });
  server.bind(53, () => console.log("listening"));`;

suite("requests reach containers of the stack's network and no others", () => {
  let stand: EdgeStand;
  let replica: string;

  before(async () => {
    stand = await edgeStand();
    replica = await stand.startReplica("r1");
  });
  after(() => stand.remove());

  /**
   * What the scripts make of a name, on a host whose name server answers with an address and whose
   * search domain is its.
   */
  async function addressOf(name: string, wildcard: string, part: string): Promise<string> {
    const node = await baseImage("node");
    const server = await stand.run(`${part}-dns`, [
      ...[`--env=ADDRESS=${wildcard}`, "--user=0:0", "--entrypoint=node", node, "--eval", nameServer],
    ]);
    const asked = await stand.run(part, [
      ...[`--dns=${await addressOn(stand, server)}`, "--dns-search=lan.test", "--entrypoint=sleep"],
      ...[await baseImage("nginx"), "600"],
    ]);
    return docker(["exec", asked, "sh", "-c", `${resolve}\naddress_of "$1"`, "sh", name]);
  }

  test("a replica's name gives its address", async () => {
    assert.equal(await addressOf(replica, "192.0.2.9", "known"), await addressOn(stand, replica));
  });

  test("a removed replica is not looked up in the host's search domain", async () => {
    // The wildcard's address would even be one of the stack's network.
    const own = await addressOn(stand, replica);
    assert.equal(await addressOf("gone-replica", own, "searched"), "");
  });

  test("an address outside the stack's network is refused", async () => {
    assert.equal(await addressOf("stray", "192.0.2.9", "stray"), "");
    assert.equal(
      await addressOf("stray", await addressOn(stand, replica), "own"),
      await addressOn(stand, replica),
    );
  });
});
