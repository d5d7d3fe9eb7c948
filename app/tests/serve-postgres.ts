import { once } from "node:events";
import { startPostgres } from "./support/postgres-server.ts";

/**
 * Gives other programs a Postgres for tests: its address is the only line of output. It stops when
 * standard input ends, which it does in any case when the other program has ended.
 */
// A Ctrl-C reaches the other program as well, which still has to use it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
try {
  const server = await startPostgres();
  process.stdout.write(`${server.url}\n`);
  process.stdin.resume();
  await once(process.stdin, "end");
  await server.stop();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
