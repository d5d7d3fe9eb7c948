import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { nginxConfig } from "../../infra/rendering/edge-config.ts";
import { finish } from "../support/docker.ts";
import { edgeVariants } from "../support/edge-shapes.ts";
import { edgeStand } from "../support/edge-stand.ts";
import { pythonTools } from "../support/python-tools.ts";

const tools = await pythonTools();
const skip = tools instanceof Error ? `the scanners cannot be installed: ${tools.message}` : false;
const program = (name: string) => (tools instanceof Error ? name : join(tools, name));

interface GixyFinding {
  plugin: string;
  severity: string;
}

suite("scanners", { skip }, () => {
  for (const [name, { shape, release }] of Object.entries(edgeVariants)) {
    test(`gixy finds nothing of medium severity or above in ${name}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "berth-gixy-"));
      try {
        const { files } = nginxConfig(shape, release, "en");
        const enabled = {
          "enabled/groups.conf": files["features/groups-hybrid.conf"] ?? "",
          "enabled/brotli.conf": files["features/brotli.conf"] ?? "",
        };
        for (const [path, text] of Object.entries({ ...files, ...enabled })) {
          const file = join(folder, path);
          await mkdir(dirname(file), { recursive: true });
          // These two belong to the image, and are not part of the configuration that is looked at.
          await writeFile(file, text.replace(/^include \/etc\/nginx\/.*$/gm, ""));
        }
        const scan = await finish(program("gixy"), ["--format=json", join(folder, "nginx.conf")]);
        const findings = JSON.parse(scan.stdout) as GixyFinding[];
        // A canary's variable holds the name of one of two upstreams; no resolver is asked for it.
        const known = release.canary === undefined ? [] : ["missing_resolver"];
        const severe = findings.filter(
          ({ plugin, severity }) => ["MEDIUM", "HIGH"].includes(severity) && !known.includes(plugin),
        );
        assert.deepEqual(severe, []);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  test("sslyze finds Mozilla's intermediate configuration, except for the private authority", async () => {
    const stand = await edgeStand();
    try {
      const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
      assert.equal(switched.status, 0, switched.stderr);
      const scan = await finish(program("sslyze"), [
        ...["--mozilla_config=intermediate", "--sni=example.org", `127.0.0.1:${stand.shape.httpsPort}`],
      ]);
      const verdict = scan.stdout.slice(scan.stdout.indexOf("COMPLIANCE AGAINST"));
      const findings = [...verdict.matchAll(/^\s+\* (\w+):/gm)].map(([, finding]) => finding);
      assert.match(verdict, /"intermediate" configuration/);
      // A certificate of our own making has no path to a public authority, and lives longer than
      // one of theirs would.
      assert.deepEqual(
        findings.filter(
          (finding) =>
            !["certificate_path_validation", "maximum_certificate_lifespan"].includes(finding ?? ""),
        ),
        [],
      );
    } finally {
      await stand.remove();
    }
  });
});
