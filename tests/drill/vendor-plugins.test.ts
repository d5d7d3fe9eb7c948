import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { checkout } from "../../cli/checkout.ts";
import { pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { ScratchProgram } from "../support/scratch-program.ts";

/** A folder as the vendor's CLI keeps it (`~/.pulumi`), with plugins of the pinned versions. */
const vendorHome = process.env["VENDOR_PULUMI_HOME"] ?? "";

const builtHome = process.env["PULUMI_HOME"] ?? "";

/** Resources of each plugin, as the stacks use them. */
const programs: Readonly<Record<string, string>> = {
  command: `
import { local } from "@pulumi/command";
const written = new local.Command("written", {
  create: 'cat > kept; echo "got $(cat kept) and $TOKEN"', delete: "rm kept", stdin: secret("of standard input"),
  environment: { TOKEN: secret("of the environment") }, triggers: [1, "two"], logging: "none",
});
new local.Command("counted", {
  create: "echo 1", update: 'echo $((PULUMI_COMMAND_STDOUT + 1))', environment: { VALUE: value }, interpreter: ["sh", "-ec"],
});
export const printed = written.stdout;`,
  random: `
import * as random from "@pulumi/random";
export const password = new random.RandomPassword("password", { length: 24, special: false, keepers: { value } }).result;
new random.RandomString("string", { length: 8, upper: false });`,
  docker: `
import * as docker from "@pulumi/docker";
new docker.Volume("volume", { labels: [{ label: "berth.value", value }] });
new docker.Network("network", { internal: true, labels: [{ label: "berth.value", value }] });`,
};

const state = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({ urn: z.string(), inputs: z.unknown().optional(), outputs: z.unknown().optional() }),
    ),
  }),
});

for (const { name, version } of pinnedVersions(checkout.root).plugins) {
  const plugin = `resource-${name}-v${version}`;
  const vendors = join(vendorHome, "plugins", plugin);
  const built = join(builtHome, "plugins", plugin);
  const skip = !existsSync(vendors) && `VENDOR_PULUMI_HOME has no plugins/${plugin}`;
  describe(`a state of the plugin ${name} ${version}`, { skip, timeout: 600_000 }, () => {
    let program: ScratchProgram;
    let home: string;

    /** Lets the CLI find this plugin in its home; a link for a folder it would pass over. */
    function take(from: string): void {
      const place = join(home, "plugins", plugin);
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place, { recursive: true });
      for (const file of readdirSync(from)) symlinkSync(join(from, file), join(place, file));
    }
    async function settled(): Promise<void> {
      for (const command of [["refresh", "--yes"], ["preview"]]) {
        const { code, output } = await program.run(...command, "--expect-no-changes");
        assert.equal(code, 0, output);
      }
    }
    const resources = async () =>
      state.parse(JSON.parse(await program.mustRun("stack", "export", "--show-secrets"))).deployment
        .resources;
    async function unchangedBy(from: string): Promise<void> {
      const before = await resources();
      take(from);
      await settled();
      assert.deepEqual(await resources(), before);
    }

    before(async () => {
      home = mkdtempSync(join(tmpdir(), "berth-pulumi-home-"));
      take(built);
      process.env["PULUMI_HOME"] = home;
      program = await ScratchProgram.of(
        `import { Config, secret } from "@pulumi/pulumi";\nconst value = new Config().get("value") ?? "0";\n${programs[name] ?? ""}`,
      );
      await program.mustRun("up", "--yes", "--skip-preview");
    });
    after(async () => {
      await program.end();
      process.env["PULUMI_HOME"] = builtHome;
      rmSync(home, { recursive: true });
    });

    test("goes to the vendor's without a change", () => unchangedBy(vendors));

    test("is updated there, and comes back without a change", async () => {
      await program.set("value", "1");
      await program.mustRun("up", "--yes", "--skip-preview");
      await unchangedBy(built);
    });
  });
}
