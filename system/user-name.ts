import { userInfo } from "node:os";

/**
 * The name of this process's user, or `uid <number>`: a container may run under an id that no user
 * has.
 */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
