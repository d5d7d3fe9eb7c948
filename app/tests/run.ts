import { spawn } from "node:child_process";
import { join } from "node:path";
import { startPostgres } from "./support/postgres-server.ts";

/** Runs the app's tests over one Postgres for all files. Further arguments go to `node --test`. */
const app = join(import.meta.dirname, "..");
const lite = process.env["TEST_DATABASE"] === "lite";
const server = lite ? { url: "", stop: () => Promise.resolve() } : await startPostgres();
try {
  const parameters = process.argv.slice(2);
  const files = parameters.some((parameter) => parameter.endsWith(".test.ts"))
    ? []
    : ["{src,scripts,tests}/**/*.test.ts"];
  const child = spawn(process.execPath, ["--test", "--test-concurrency=3", ...parameters, ...files], {
    cwd: app,
    stdio: "inherit",
    env: { ...process.env, TEST_DATABASE_URL: server.url },
  });
  // An interrupt reaches the child as well; wait for it, so that what it made is removed.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill("SIGTERM"));
  process.exitCode = await new Promise<number>((resolve) => {
    child.once("exit", (code) => {
      resolve(code ?? 1);
    });
  });
} finally {
  await server.stop();
}
