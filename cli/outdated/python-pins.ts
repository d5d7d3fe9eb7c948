import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { judge } from "./held.ts";
import { notSeen, type JudgedPin, type Pin } from "./pin.ts";

const requirements = "images/certbot/requirements.in";

/** PEP 700. */
const project = z.object({ versions: z.array(z.string()) });

/**
 * Packages that the image `certbot` takes from PyPI by name; what they need follows them.
 * @param root folder of the checkout
 */
export function pythonPins(root: string): Pin[] {
  const lines = readFileSync(join(root, requirements), "utf8").split("\n");
  return lines.flatMap((line): Pin[] => {
    const [, name, pinned] = /^([\w.-]+)==(\S+)$/.exec(line) ?? [];
    return name === undefined || pinned === undefined ? [] : [{ kind: "python", name, pinned }];
  });
}

/**
 * Asks the package index that pip is set to.
 * https://packaging.python.org/en/latest/specifications/simple-repository-api/#json-serialization
 */
export async function judgePythonPin(pin: Pin, env: NodeJS.ProcessEnv): Promise<JudgedPin> {
  const index = env["PIP_INDEX_URL"] ?? "https://pypi.org/simple";
  try {
    const answer = await fetch(`${index.replace(/\/$/, "")}/${pin.name}/`, {
      headers: { Accept: "application/vnd.pypi.simple.v1+json" },
      signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new Error(`${new URL(index).host} answered ${answer.status}`);
    const { versions } = project.parse(await answer.json());
    return { ...pin, ...judge(pin.name, pin.pinned, versions) };
  } catch (error) {
    return { ...pin, ...notSeen(error) };
  }
}
