import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { docker, finish } from "./docker.ts";
import type { Deployment } from "./deployment.ts";

const exported = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() })),
  }),
});

/** Every password that the stack has generated. */
async function generatedSecrets(deployment: Deployment): Promise<string[]> {
  const state = await deployment.pulumi("stack", "export", "--show-secrets");
  assert.equal(state.status, 0, state.stderr);
  const { resources } = exported.parse(JSON.parse(state.stdout)).deployment;
  return resources
    .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
    .map(({ outputs }) => {
      const result = z.object({ result: z.unknown() }).parse(outputs).result;
      const wrapped = z.object({ plaintext: z.string() }).safeParse(result);
      return z.string().parse(wrapped.success ? JSON.parse(wrapped.data.plaintext) : result);
    });
}

/** Everything a curious person could read without being given a secret, by name of the place. */
async function readablePlaces(deployment: Deployment): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const ids = (await docker(["ps", "-aq", "--no-trunc", ...deployment.labels()])).split("\n");
  for (const id of ids) {
    const inspected = await docker(["inspect", id]);
    places.set(`docker inspect ${id}`, inspected);
    const [{ Image, State }] = z
      .tuple([z.object({ Image: z.string(), State: z.object({ Pid: z.number() }) })])
      .parse(JSON.parse(inspected));
    places.set(`docker history ${Image}`, await docker(["history", "--no-trunc", Image]));
    places.set(`docker inspect ${Image}`, await docker(["image", "inspect", Image]));
    const log = await finish("docker", ["logs", id]);
    places.set(`docker logs ${id}`, log.stdout + log.stderr);
    // One that was stopped has no process.
    for (const file of State.Pid === 0 ? [] : ["cmdline", "environ"])
      places.set(`${file} of ${id}`, readFileSync(`/proc/${State.Pid}/${file}`, "utf8"));
  }
  places.set("process list", (await finish("ps", ["axeww", "-o", "args"])).stdout);
  places.set("state", (await deployment.pulumi("stack", "export")).stdout);
  for (const path of readdirSync(join(deployment.folder, ".berth"), { recursive: true, encoding: "utf8" })) {
    const file = join(deployment.folder, ".berth", path);
    if (statSync(file).isFile() && path !== "passphrase") places.set(path, readFileSync(file, "utf8"));
  }
  return places;
}

/**
 * Looks for every generated secret everywhere it must not be; in plain, and in base64.
 * @param others secrets of the settings, and what people have sent, of 32 characters or more
 */
export async function assertSecrecy(deployment: Deployment, others: readonly string[] = []): Promise<void> {
  const generated = await generatedSecrets(deployment);
  assert.ok(generated.length >= 3, "superuser, application role, session key");
  const secrets = [...generated, ...others];
  const places = await readablePlaces(deployment);
  assert.ok(places.size > 8);
  for (const secret of secrets) {
    assert.ok(secret.length >= 32);
    for (const [place, text] of places) {
      assert.ok(!text.includes(secret), `a secret is readable in: ${place}`);
      assert.ok(
        !text.includes(Buffer.from(secret).toString("base64")),
        `a secret is readable in base64 in: ${place}`,
      );
    }
  }
}
