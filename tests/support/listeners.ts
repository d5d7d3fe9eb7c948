import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Deployment } from "./deployment.ts";
import { docker, finish } from "./docker.ts";

/** An address and port of this host that something waits for connections on. */
interface Listener {
  readonly address: string;
  readonly port: number;
}

interface Networked {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

/**
 * The TCP sockets that a stack has open on this host, as `ss -ltn` shows them: those that Docker
 * holds for its containers, and those of processes inside them.
 */
export async function listenersOf(deployment: Deployment): Promise<Listener[]> {
  const ids = (await docker(["ps", "--quiet", "--no-trunc", ...deployment.labels()])).split("\n");
  const containers = JSON.parse(await docker(["inspect", ...ids])) as Networked[];
  const addresses = new Set(
    containers.flatMap(({ NetworkSettings }) =>
      Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
    ),
  );
  const isOwn = async (pid: string): Promise<boolean> => {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    const [command, group] = await Promise.all([read("cmdline"), read("cgroup")]);
    const words = command.split("\0");
    return (
      addresses.has(words[words.indexOf("-container-ip") + 1] ?? "") || ids.some((id) => group.includes(id))
    );
  };
  const { status, stdout, stderr } = await finish("ss", ["-ltnpH"]);
  assert.equal(status, 0, stderr);
  const listeners: Listener[] = [];
  for (const line of stdout.split("\n")) {
    const [, , , local = ""] = line.split(/\s+/);
    const pids = [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => pid ?? "");
    if (!(await Promise.all(pids.map(isOwn))).includes(true)) continue;
    const at = local.lastIndexOf(":");
    listeners.push({ address: local.slice(0, at), port: Number(local.slice(at + 1)) });
  }
  return listeners;
}
