import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import { start } from "node:repl";
import { Readable } from "node:stream";
import { loadConfig } from "./config.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";
import { createServices } from "./platform/services.ts";

/**
 * Hands lines over one at a time, each once the prompt is back: Node's REPL waits for an `await` on
 * terminals only.
 */
async function* linesInTurn(prompts: EventEmitter): AsyncGenerator<string> {
  for await (const line of createInterface({ input: process.stdin })) {
    const shown = once(prompts, "shown");
    yield `${line}\n`;
    await shown;
  }
}

/**
 * A REPL with the app's services: `await services.resources.get("customers").list({ limit: 3, sort:
 * "id", filters: [] })`.
 */
try {
  const platform = await openPlatform({ ...loadConfig(), logLevel: "warn" }, "repl");
  const services = createServices(platform);
  const { config, database, cache, queue, modules } = platform;
  const context = { config, database, cache, queue, modules, services };
  process.stdout.write(
    `${config.stack}, release ${config.release}. At hand: ${Object.keys(context).join(", ")}\n`,
  );
  const prompts = new EventEmitter();
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const repl = start({
    prompt: `${config.stack}> `,
    useGlobal: false,
    terminal,
    input: terminal ? process.stdin : Readable.from(linesInTurn(prompts)),
    output: process.stdout,
  });
  Object.assign(repl.context, context);
  const show = repl.displayPrompt.bind(repl);
  repl.displayPrompt = (preserveCursor) => {
    show(preserveCursor);
    prompts.emit("shown");
  };
  repl.on("exit", () => {
    void platform.close(1).then(() => process.exit(0));
  });
} catch (error) {
  reportFatal(error);
}
