/** Stack that commands work on without `--stack`. */
export const defaultStack = "dev";

/**
 * ` --stack NAME` for a command that a message suggests; empty for the stack that needs no naming.
 */
export function stackFlag(stack: string): string {
  return stack === defaultStack ? "" : ` --stack ${stack}`;
}
