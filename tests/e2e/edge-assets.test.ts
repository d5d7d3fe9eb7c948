import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { publishAssetsScript } from "../../infra/rendering/asset-script.ts";
import { baseImage } from "../support/base-image.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

suite("static files of releases", () => {
  const scratch = new ScratchContainers();
  let image: string;
  let assets: string;

  before(async () => {
    image = await baseImage("debian");
    assets = await scratch.volume(image, "true");
  });
  after(() => scratch.remove());

  /** Publishes a release whose image has these files, as the component's container does. */
  async function publish(release: string, files: Readonly<Record<string, string>>, keep = 3): Promise<void> {
    const writes = Object.entries(files).map(([name, text]) => `printf %s '${text}' >assets/${name}`);
    const built = await scratch.volume(image, ["mkdir assets", ...writes].join("\n"));
    const archive = "tar -c -C /built . >/tmp/files.tar; exec </tmp/files.tar";
    await scratch.script(image, `${archive}\n${publishAssetsScript(release, keep)}`, [
      ...["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--network=none", "--user=0:0"],
      ...[`--volume=${built}:/built:ro`, `--volume=${assets}:/assets`],
    ]);
  }

  /** What Nginx's user reads: served files by name. */
  async function served(): Promise<Record<string, string>> {
    const listing = await scratch.script(
      image,
      'cd /assets/served/assets; for f in *; do echo "$f $(cat "$f")"; done',
      [...["--user=101:101", `--volume=${assets}:/assets:ro`]],
    );
    return Object.fromEntries(listing.split("\n").map((line) => line.split(" ") as [string, string]));
  }

  test("files of earlier releases stay beside the newest's, which take precedence", async () => {
    await publish("r1", { "app.1.js": "one", "same.js": "one" });
    assert.deepEqual(await served(), { "app.1.js": "one", "same.js": "one" });
    await publish("r2", { "app.2.js": "two", "same.js": "two" });
    assert.deepEqual(await served(), { "app.1.js": "one", "app.2.js": "two", "same.js": "two" });
  });

  test("deploying the same or an earlier release loses no file", async () => {
    await publish("r2", { "app.2.js": "two", "same.js": "two" });
    await publish("r1", { "app.1.js": "one", "same.js": "one" });
    assert.deepEqual(await served(), { "app.1.js": "one", "app.2.js": "two", "same.js": "one" });
  });

  test("keeps a number of releases, the most recently current ones", async () => {
    await publish("r3", { "app.3.js": "three" });
    await publish("r4", { "app.4.js": "four" });
    assert.deepEqual(Object.keys(await served()), ["app.1.js", "app.3.js", "app.4.js", "same.js"]);
    const kept = await scratch.script(image, "ls /assets/releases; ls -d /assets/together-*", [
      `--volume=${assets}:/assets:ro`,
    ]);
    assert.match(kept, /^r1\nr3\nr4\n\/assets\/together-\S+$/);
  });
});
