import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rollbackTarget, renderReleases, type KnownRelease } from "../../cli/deploy/release-records.ts";
import { contentHashOf } from "../../infra/components/app-image.ts";
import { missingTags, ownNames } from "../../releases/image-names.ts";
import { isOlderThan, parseRecords, recordLabel, releaseRecord, superseded } from "../../releases/record.ts";

let minute = 0;

function release(name: string, more: Partial<KnownRelease> = {}): KnownRelease {
  minute += 1;
  return {
    release: `${name}-c0ffee`,
    image: `berth/app-prod:${name}`,
    imageId: `sha256:${name}`,
    secrets: "5ec2e7",
    migrations: ["20260101_1000_users"],
    breaking: [],
    at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    by: "anna@laptop",
    commit: "0123456789ab",
    volume: `berth-prod-release-${minute}`,
    project: "berth",
    stack: "prod",
    kept: true,
    ...more,
  };
}

const newestFirst = (...releases: KnownRelease[]) => releases.toReversed();

test("records are read from labels, newest first; other labels are skipped", () => {
  const [old, young] = [release("a"), release("b")];
  const volume = (Name: string, label: string | undefined) => ({
    Name,
    Labels: label === undefined ? null : { "berth.stack": "prod", [recordLabel]: label },
  });
  const record = releaseRecord.parse(old);
  const text = JSON.stringify([
    volume("one", JSON.stringify(record)),
    volume("data", undefined),
    volume("broken", "{"),
    volume("two", JSON.stringify({ ...record, release: young.release, at: young.at })),
  ]);
  assert.deepEqual(
    parseRecords(text).map(({ volume: name, release: id, stack }) => [name, id, stack]),
    [
      ["two", young.release, "prod"],
      ["one", old.release, "prod"],
    ],
  );
});

test("an image keeps its part of a release's name wherever it is promoted to", () => {
  const digest = `@sha256:${"ab".repeat(32)}`;
  assert.equal(contentHashOf("berth/app-prod:0a1b2c3d4e5f"), "0a1b2c3d4e5f");
  assert.equal(contentHashOf(`localhost:5000/shop:0a1b2c3d4e5f${digest}`), "0a1b2c3d4e5f");
  assert.equal(contentHashOf(`localhost:5000/shop${digest}`), "abababababab");
  assert.equal(contentHashOf(`localhost:5000/shop:v2${digest}`), "abababababab");
});

const prod = { project: "berth", stack: "prod" };

describe("pruning", () => {
  test("keeps the newest releases, each counted once, and those that another stack needs", () => {
    const [a, b, c] = [release("a"), release("b"), release("c")];
    const again = release("b");
    const elsewhere = release("x", { stack: "stage", image: a.image });
    const promoted = release("x", { stack: "stage", imageId: a.imageId });
    const records = newestFirst(a, b, c, again);
    const { image, imageId } = a;
    assert.deepEqual(superseded(records, prod, 2), { volumes: [a.volume], images: [{ image, imageId }] });
    for (const needed of [elsewhere, promoted])
      assert.deepEqual(superseded([...records, needed], prod, 2).images, []);
    assert.deepEqual(superseded(records, prod, 3), { volumes: [], images: [] });
    const blog = release("z", { project: "blog" });
    assert.deepEqual(superseded([blog, ...records], prod, 3), { volumes: [], images: [] });
  });

  test("removes an image under every name that berth gave it, and no other", () => {
    const [repository, digest] = ["registry.example.org:5000/shop", `sha256:${"ab".repeat(32)}`];
    const pushed = `${repository}:0a1b2c3d4e5f@${digest}`;
    const tags = [`${repository}:abababababab`, `${repository}:v2`, "other/shop:0a1b2c3d4e5f"];
    assert.deepEqual(ownNames(pushed, tags), [tags[0], `${repository}:0a1b2c3d4e5f`, pushed]);
    assert.deepEqual(ownNames(`${repository}@${digest}`, []), [`${repository}@${digest}`]);
    assert.deepEqual(ownNames("berth/app-prod:0a1b2c3d4e5f", ["berth/app-prod:0a1b2c3d4e5f"]), [
      "berth/app-prod:0a1b2c3d4e5f",
    ]);
    // Without a tag, `docker image prune` takes it for a leftover.
    assert.deepEqual(missingTags(pushed, ["other/shop:v1"]), [
      `${repository}:0a1b2c3d4e5f`,
      `${repository}:abababababab`,
    ]);
    assert.deepEqual(missingTags(pushed, tags), []);
    assert.deepEqual(missingTags("berth/app-prod:0a1b2c3d4e5f", []), []);
  });

  test("keeps an image that a younger release with other settings runs", () => {
    const [a, other] = [release("a"), release("b")];
    const young = release("a", { release: "a-beef00" });
    assert.deepEqual(superseded(newestFirst(a, other, young), prod, 2), {
      volumes: [a.volume],
      images: [],
    });
  });
});

describe("the release to go back to", () => {
  const refusal = (releases: readonly KnownRelease[], wanted?: string) => {
    try {
      rollbackTarget(releases, "prod", wanted);
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail("it was not refused");
  };

  test("is the newest with another image, or the named one", () => {
    const [a, b, c] = [release("a"), release("b"), release("c")];
    const settings = release("c", { release: "c-beef00" });
    const list = newestFirst(a, b, c, settings);
    assert.equal(rollbackTarget(list, "prod", undefined), b);
    assert.equal(rollbackTarget(list, "prod", "a"), a);
  });

  test("is refused if there is none, if it already runs, or if its image is gone", () => {
    const [a, b] = [release("a", { kept: false }), release("b")];
    assert.match(refusal([]), /no recorded release/);
    assert.match(refusal([b]), /no recorded release except/);
    assert.match(refusal([b, a], "zz"), /no release zz on record/);
    assert.match(refusal([b, a], "b"), /is already running/);
    assert.match(refusal([b, a]), /no longer on the engine/);
    // A registry still has it.
    const pushed = release("c", {
      kept: false,
      image: `registry.example.org/shop@sha256:${"ab".repeat(32)}`,
    });
    assert.equal(rollbackTarget([b, pushed], "prod", undefined), pushed);
  });

  test("is refused across a migration that removed what it needs, by its name", () => {
    const contract = "20260301_1000_drop_fax";
    const a = release("a");
    const b = release("b", { migrations: [...(a.migrations ?? []), contract], breaking: [contract] });
    const c = release("c", { migrations: b.migrations, breaking: b.breaking });
    assert.match(refusal(newestFirst(a, b, c), "a"), /drop_fax removed what it needs/);
    assert.equal(rollbackTarget(newestFirst(a, b, c), "prod", "b"), b);
    const silent = release("silent", { migrations: null });
    assert.match(
      refusal(newestFirst(silent, b, c), "silent"),
      /drop_fax removed what it needs/,
      "unknown is not none",
    );
  });

  test("needs no migration of an image whose own are all there, among later ones", () => {
    const a = release("a", { migrations: ["1", "2"] });
    const b = release("b", { migrations: ["1", "2", "3"] });
    assert.ok(isOlderThan(a, [a, b]));
    assert.ok(!isOlderThan(b, [a, b]));
    assert.ok(!isOlderThan({ migrations: ["1", "4"] }, [a, b]));
    assert.ok(!isOlderThan({ migrations: null }, [a, b]), "unknown is not all");
  });
});

test("the list marks the present release and images that are gone", () => {
  const lines = renderReleases(newestFirst(release("a", { kept: false, commit: null }), release("b"))).split(
    "\n",
  );
  assert.match(lines[1] ?? "", /^\* +b-c0ffee .* anna@laptop .* berth\/app-prod:b$/);
  assert.match(lines[2] ?? "", /^ +a-c0ffee .* - .* gone$/);
});

test("an image of Docker Hub is the same one with and without the hub's host", () => {
  const image = `docker.io/team/shop:0123456789ab@sha256:${"0f".repeat(32)}`;
  const tags = ["team/shop:0123456789ab", "team/shop:0f0f0f0f0f0f", "team/shop:latest"];
  assert.deepEqual(missingTags(image, tags), [], "it has a tag already");
  assert.deepEqual(ownNames(image, tags), ["team/shop:0123456789ab", "team/shop:0f0f0f0f0f0f", image]);
});
