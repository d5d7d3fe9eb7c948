import { dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const own = join(root, ".berth");

/**
 * Folders and files of this checkout, absolute. Everything in `.berth` is private to the checkout
 * and not in git.
 */
export const checkout = {
  root,
  app: join(root, "app"),
  own,
  /** Pulumi's file backend, unless the user has one of their own. */
  state: join(own, "state"),
  /** The generated passphrase, mode 0600. */
  passphrase: join(own, "passphrase"),
  locks: join(own, "locks"),
  testRuns: join(own, "test-runs"),
  /** Pulumi's settings of one stack. */
  settingsFile: (stack: string): string => join(root, `Pulumi.${stack}.yaml`),
} as const;
