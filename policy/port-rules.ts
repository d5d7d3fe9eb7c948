import { BlockList, isIP } from "node:net";
import type { Rule } from "./rule.ts";
import { containerType, partOf, records, unknown, variables, type Shape } from "./shape.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** The way in: the holder of Nginx's sockets, or an application without Nginx in front of it. */
function isDoor(shape: Shape): boolean {
  const part = partOf(shape);
  const behindNginx = variables(shape).some(([name]) => name === "MEDIA_ACCEL");
  return part === "listener" || (part === "app" && !behindNginx);
}

export const portRules: readonly Rule[] = [
  {
    name: "published-ports",
    description: "Only the way in has ports beyond the host's loopback.",
    level: "mandatory",
    type: containerType,
    check: (shape) => {
      if (shape.inputs["publishAllPorts"] === true) return ["publishes every port of its image: name them"];
      if (isDoor(shape)) return [];
      return records(shape, "ports")
        .filter(({ ip }) => ip !== unknown && !isLoopback(typeof ip === "string" ? ip : ""))
        .map(
          ({ external, internal, ip }) =>
            `publishes port ${String(external ?? internal)} on ${typeof ip === "string" ? ip : "every address"}. Bind it to 127.0.0.1`,
        );
    },
  },
];
