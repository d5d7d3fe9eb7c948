import { createInterface } from "node:readline/promises";

/**
 * Asks on the terminal.
 * @returns what was typed; nothing at all where the question was interrupted
 */
export async function confirm(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Readline takes Ctrl-C for itself while it asks.
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    return await terminal.question(question, { signal });
  } catch (error) {
    if (signal.aborted) return "";
    throw error;
  } finally {
    terminal.close();
  }
}
