import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** A TCP socket of this machine that accepts connections. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** What /proc/<pid>/fd calls the socket. */
  readonly inode: string;
}

/** proc_net_tcp(5): state of a listening socket. */
const listening = "0A";

/** Every listening TCP socket; none where the system has no /proc/net. */
export function listeners(): Listener[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => {
    try {
      return parseProcNetTcp(readFileSync(file, "utf8"));
    } catch {
      return [];
    }
  });
}

/** Reads /proc/net/tcp or /proc/net/tcp6. */
export function parseProcNetTcp(text: string): Listener[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address, port] = (fields[1] ?? "").split(":");
      if (fields[3] !== listening || address === undefined || port === undefined) return [];
      return [{ address: decodeAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? "" }];
    });
}

/**
 * The kernel prints addresses as 32-bit words in the machine's own byte order, which is
 * little-endian where Docker runs.
 */
function decodeAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [3, 2, 1, 0].map((byte) => Number.parseInt(word.slice(byte * 2, byte * 2 + 2), 16)),
  );
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  // ::ffff:127.0.0.1: an IPv4 address on an IPv6 socket.
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return bytes.slice(12).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return groups.join(":").replace(/^(?:0:)+/, "::");
}

/**
 * The process that has a socket open, as `nginx (process 4711)`; undefined if this user may not see
 * it.
 */
export function ownerOf(inode: string): string | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const open = readdirSync(`/proc/${pid}/fd`);
      if (open.some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`)) {
        const program = linkOf(`/proc/${pid}/exe`) || readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return `${basename(program)} (process ${pid})`;
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
