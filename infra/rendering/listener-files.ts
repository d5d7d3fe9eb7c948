import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { edgePorts } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";

const shipped = join(import.meta.dirname, "../../nginx");

/** Text of the program that holds the listening sockets. */
export const holdSockets = readFileSync(join(shipped, "listener/hold-sockets.pl"), "utf8");

/**
 * Ports that Nginx gets listening sockets for, as the program takes them: those that are published,
 * and that of the counters, which the same name of the network leads to.
 */
export function heldPorts(edge: EdgeConfig): string[] {
  const secure = edge.tls !== "off";
  return [
    String(edgePorts.http),
    ...(secure ? [String(edgePorts.https)] : []),
    ...(secure && edge.http3 ? [`${edgePorts.https}/udp`] : []),
    String(edgePorts.status),
  ];
}

/** Files for the step that puts one Nginx in the place of another, and a name for their folder. */
export function listenerFiles(edge: EdgeConfig): { name: string; files: Readonly<Record<string, string>> } {
  const read = (path: string) => readFileSync(join(shipped, path), "utf8");
  const bin = readdirSync(join(shipped, "bin")).map((name) => [`bin/${name}`, read(`bin/${name}`)]);
  const listener = readdirSync(join(shipped, "listener"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(shipped, "listener").length + 1))
    .map((path) => [path, read(`listener/${path}`)]);
  const files: Record<string, string> = {
    ...(Object.fromEntries([...bin, ...listener]) as Record<string, string>),
    "idle/ports": `${heldPorts(edge).join(" ")}\n`,
  };
  const hash = createHash("sha256");
  for (const path of Object.keys(files).sort()) hash.update(`${path}\0${files[path] ?? ""}\0`);
  return { name: hash.digest("hex").slice(0, 16), files };
}
