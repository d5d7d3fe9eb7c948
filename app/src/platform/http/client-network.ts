import { isIPv6 } from "node:net";

/**
 * What limits count as one client: an IPv4 address, and the /64 of an IPv6 address, because one
 * household or server has that many. IPv4 addresses in their IPv6 form count as IPv4.
 * https://www.rfc-editor.org/rfc/rfc6177
 */
export function clientNetwork(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  // The address as URLs write it: small letters, no zeros in front, one `::`.
  const { hostname } = new URL(`http://[${plain}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
