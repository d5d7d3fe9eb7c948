import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { finish } from "./docker.ts";

/** A network namespace with a way out, as a small host behind this one. */
export interface NetworkNamespace {
  readonly name: string;
  /** Commands that make it, in order. */
  readonly make: readonly Command[];
  /** Commands that remove it, however much of it was made; each may fail. */
  readonly remove: readonly Command[];
}

/** A program and its arguments. */
export type Command = [program: string, ...args: string[]];

/**
 * @param id up to ten characters, a to z and 0 to 9: part of the names of namespace and interface
 */
export async function networkNamespace(id: string): Promise<NetworkNamespace> {
  const name = `berth-${id}`;
  const outside = `be${id}`;
  // A /30 of 10.202.0.0/16.
  const [third, last] = [randomInt(256), randomInt(64) * 4];
  const address = (host: number) => `10.202.${third}.${last + host}`;
  const out = /dev (\S+)/.exec((await finish("ip", ["route", "show", "default"])).stdout)?.[1] ?? "eth0";
  const mtu = readFileSync(`/sys/class/net/${out}/mtu`, "utf8").trim();
  const rules: readonly (readonly [table: string, chain: string, ...match: string[]])[] = [
    ["nat", "POSTROUTING", "-s", `${address(0)}/30`, "-o", out, "-j", "MASQUERADE"],
    ["filter", "FORWARD", "-i", outside, "-j", "ACCEPT"],
    ["filter", "FORWARD", "-o", outside, "-j", "ACCEPT"],
  ];
  const iptables = (action: "-I" | "-D") =>
    rules.map(([table, chain, ...match]): Command => [
      "iptables",
      "--wait",
      "-t",
      table,
      action,
      chain,
      ...match,
    ]);
  return {
    name,
    make: [
      ["ip", "netns", "add", name],
      ["ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name],
      ["ip", "address", "add", `${address(1)}/30`, "dev", outside],
      ["ip", "link", "set", outside, "mtu", mtu, "up"],
      ["ip", "-n", name, "address", "add", `${address(2)}/30`, "dev", "eth0"],
      ["ip", "-n", name, "link", "set", "eth0", "mtu", mtu, "up"],
      ["ip", "-n", name, "link", "set", "lo", "up"],
      ["ip", "-n", name, "route", "add", "default", "via", address(1)],
      ...iptables("-I"),
    ],
    remove: [...iptables("-D"), ["ip", "link", "delete", outside], ["ip", "netns", "delete", name]],
  };
}
