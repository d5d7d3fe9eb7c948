import { type ChildProcess, spawn } from "node:child_process";

/** A server that is measured: one process of this machine. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

async function listening(child: ChildProcess, name: string): Promise<void> {
  let said = "";
  let up = false;
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      // What a server logs under load is read and dropped, as a log driver would.
      if (up) return;
      said += chunk.toString();
      up = said.includes("listening");
      if (up) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`${name} ended with ${code ?? "a signal"}: ${said.slice(-3000)}`));
    });
  });
}

/** Starts a server on a port and waits until it says that it listens. */
export async function startServer(
  name: string,
  program: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, program, {
    env: { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await listening(child, name);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}
