import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { atLeast, pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { toolchainHash } from "../../cli/pulumi-cli/toolchain-hash.ts";
import { checkoutWith, pulumiCliWorld } from "../support/pulumi-cli-circumstances.ts";

describe("the versions of the Pulumi CLI", () => {
  test("are those of the npm packages that the program imports", () => {
    const { pulumi, plugins } = pinnedVersions(checkout.root);
    const installed = (name: string) => {
      const file = join(checkout.root, "node_modules", "@pulumi", name, "package.json");
      return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    };
    assert.equal(pulumi, installed("pulumi"));
    assert.deepEqual(
      plugins.map(({ name, version }) => `${name} ${version}`),
      ["docker", "random", "command"].map((name) => `${name} ${installed(name)}`),
    );
  });

  test("are the ones that toolchain/ builds", () => {
    const { pulumi, plugins } = pinnedVersions(checkout.root);
    const source = (file: string) => readFileSync(join(checkout.root, "toolchain", file), "utf8");
    assert.match(source("internal/build/steps.go"), new RegExp(`PulumiVersion = "v${pulumi}"`));
    assert.match(source("go.mod"), new RegExp(`github.com/pulumi/pulumi/pkg/v3 v${pulumi}`));
    for (const { name, version } of plugins) {
      assert.match(source(`internal/${name}/provider.go`), new RegExp(`const Version = "${version}"`));
    }
  });

  test("must be exact", (context) => {
    const { folder } = pulumiCliWorld(context);
    const dependencies = {
      "@pulumi/pulumi": "^3.0.0",
      "@pulumi/docker": "5.2.0",
      "@pulumi/random": "4.21.2",
    };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies }));
    assert.throws(() => pinnedVersions(folder), /must be an exact version[\s\S]*@pulumi\/command/);
  });

  test("are compared number by number", () => {
    for (const [a, b, expected] of [
      ["3.259.0", "3.259.0", true],
      ["3.260.0", "3.259.9", true],
      ["4.0.0", "3.259.0", true],
      ["3.99.0", "3.259.0", false],
      ["3.258.9", "3.259.0", false],
      ["3.259.0-alpha.1", "3.259.0", true],
      ["1.26", "1.25.11", true],
      ["1.25", "1.25.11", false],
    ] as const) {
      assert.equal(atLeast(a, b), expected, `${a} is at least ${b}`);
    }
  });
});

describe("the name of toolchain/'s build", () => {
  const sources = { "go.mod": "module a", "main.go": "package main", "cmd/x/schema.json": "{}" };

  test("changes with every source", (context) => {
    const { folder } = pulumiCliWorld(context);
    const toolchain = join(checkoutWith(folder, sources), "toolchain");
    const seen = new Set([toolchainHash(toolchain)]);
    assert.match([...seen][0] ?? "", /^[0-9a-f]{12}$/);
    for (const file of Object.keys(sources)) {
      writeFileSync(join(toolchain, file), `${sources["main.go"]} // ${file}`);
      seen.add(toolchainHash(toolchain));
    }
    mkdirSync(join(toolchain, "internal"));
    writeFileSync(join(toolchain, "internal", "new.go"), "");
    seen.add(toolchainHash(toolchain));
    assert.equal(seen.size, 5);
  });

  test("does not change with tests and documentation", (context) => {
    const { folder } = pulumiCliWorld(context);
    const toolchain = join(checkoutWith(folder, sources), "toolchain");
    const before = toolchainHash(toolchain);
    writeFileSync(join(toolchain, "main_test.go"), "package main");
    writeFileSync(join(toolchain, "README.md"), "# Toolchain");
    assert.equal(toolchainHash(toolchain), before);
  });
});
