import { start } from "node:repl";
import { loadConfig } from "./config.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";
import { createServices } from "./platform/services.ts";

/** A REPL with the app's services: `await services.resources.get("customers").list({ limit: 3, sort: "id", filters: [] })`. */
try {
  const platform = await openPlatform({ ...loadConfig(), logLevel: "warn" }, "repl");
  const services = createServices(platform);
  const { config, database, cache, queue, modules } = platform;
  const context = { config, database, cache, queue, modules, services };
  process.stdout.write(
    `${config.stack}, release ${config.release}. At hand: ${Object.keys(context).join(", ")}\n`,
  );
  const repl = start({ prompt: `${config.stack}> `, useGlobal: false });
  Object.assign(repl.context, context);
  repl.on("exit", () => {
    void platform.close(1).then(() => process.exit(0));
  });
} catch (error) {
  reportFatal(error);
}
