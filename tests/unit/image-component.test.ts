import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { capture } from "../../system/run.ts";
import { expectedReference } from "../../images/lib/recipe.ts";
import { baseImages, type BaseImageName } from "../../images/catalogue.ts";
import type { Host } from "../../infra/policy/host.ts";
import type { ImageSource } from "../../stacks/stack-config.ts";

interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const answer = '{"reference":"berth/redis:8-abc","source":"debian"}';

/**
 * Makes one BaseImage on an engine of mocks, where a command's output is unknown during a preview.
 */
async function make(name: BaseImageName, source: ImageSource, preview: boolean, environment = {}) {
  const made: Made[] = [];
  const looked: Record<string, unknown>[] = [];
  const stdout = preview ? pulumi.runtime.unknownValue : answer;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name: resource, inputs }) => {
        const values = inputs as Record<string, unknown>;
        made.push({ type, name: resource, inputs: values });
        return { id: `${resource}-id`, state: { ...values, stdout } };
      },
      call: ({ inputs }) => {
        looked.push(inputs as Record<string, unknown>);
        return {};
      },
    },
    "berth",
    "test",
    preview,
  );
  const { BaseImage } = await import("../../infra/components/base-image.ts");
  const host = { environment } as Host;
  const { reference } = new BaseImage("base", { host, name, source });
  const known = await new Promise<string>((resolve) => {
    reference.apply(resolve);
  });
  // The next test's mocks know nothing of this one's resources.
  await pulumi.runtime.disconnect();
  return { made, looked, reference: known };
}

test("it is one command under one component, the same on every machine", async () => {
  const { made } = await make("redis", "auto", false, { DOCKER_HOST: "ssh://deploy@example.org" });
  const [component, provision] = made;
  assert.equal(made.length, 2);
  assert.equal(component?.type, "berth:index:BaseImage");
  assert.equal(provision?.type, "command:local:Command");
  assert.equal(provision.inputs["create"], "node images/provide.ts redis --source auto");
  assert.deepEqual(provision.inputs["environment"], { DOCKER_HOST: "ssh://deploy@example.org" });
  assert.equal(provision.inputs["logging"], "stderr");
  assert.ok(!JSON.stringify(provision.inputs).includes(process.cwd()), JSON.stringify(provision.inputs));
});

test("the command's answer is the reference", async () => {
  assert.equal((await make("redis", "auto", false)).reference, "berth/redis:8-abc");
  assert.equal((await make("redis", "official", false)).reference, "berth/redis:8-abc");
});

test("a preview knows official and Debian-built references beforehand", async () => {
  assert.equal((await make("redis", "official", true)).reference, baseImages.redis.official);
  assert.equal((await make("redis", "debian", true)).reference, expectedReference("redis", "debian", {}));
});

test("another source, recipe or official image changes the trigger; the machine's bundle does not", async () => {
  const triggers = async (name: BaseImageName, source: ImageSource): Promise<unknown> =>
    (await make(name, source, false)).made[1]?.inputs["triggers"];
  const auto = await triggers("redis", "auto");
  assert.notDeepEqual(await triggers("redis", "debian"), auto);
  assert.ok(JSON.stringify(auto).includes(baseImages.redis.official));
  assert.deepEqual(await triggers("machine-ca", "auto"), ["machine-ca", "auto", "", ""]);
});

test("`up` looks whether the engine still has the image, a preview does not", async () => {
  const [look] = (await make("redis", "auto", false, { DOCKER_HOST: "ssh://deploy@example.org" })).looked;
  assert.deepEqual(look?.["environment"], {
    DOCKER_HOST: "ssh://deploy@example.org",
    REFERENCE: "berth/redis:8-abc",
    NAME: "redis",
    SOURCE: "debian",
  });
  assert.deepEqual((await make("redis", "debian", true)).looked, []);
});

test("an image that is gone is provided again from where it came from, and one that is there is left alone", async (t) => {
  const { bringBack } = await import("../../infra/components/base-image.ts");
  const folder = mkdtempSync(join(tmpdir(), "berth-bring-back-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "docker"), '#!/bin/sh\n[ "$3" = present:1 ]\n', { mode: 0o755 });
  writeFileSync(join(folder, "node"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  const said = async (reference: string) => {
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      REFERENCE: reference,
      NAME: "machine-ca",
      SOURCE: "debian",
    };
    const { code, stderr } = await capture({ command: "sh", args: ["-c", bringBack] }, { env });
    assert.equal(code, 0);
    return stderr.trim();
  };
  assert.equal(await said("present:1"), "");
  assert.equal(await said("berth/machine-ca:current"), "images/provide.ts machine-ca --source debian");
});
