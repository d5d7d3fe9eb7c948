#!/usr/bin/env node
// The first thing a fresh checkout runs: plain JavaScript, no packages, any Node ≥ 20. It installs the npm
// dependencies if they are missing and hands over to main.ts, which needs a Node that strips types (≥ 24.3).
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installDependencies, InstallError } from "./install-dependencies.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = 20;
const exitEnvironment = 3;
const parentPollMs = 500;

/** @param {string} message */
function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(exitEnvironment);
}

/** Node 24.3 is the first release that strips types without a warning. */
function stripsTypes() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 3);
}

/** Hands this process's arguments to main.ts on another Node, and this process's signals after them. */
function runOn(node, main) {
  // The channel tells main.ts when this process is gone, even by SIGKILL, so that it does not go on alone.
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // From a terminal, Ctrl-C reaches the whole process group: passing it on would deliver it twice.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on("error", (error) => stop(`${node} cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code ?? 1;
    }
  });
}

/**
 * `npm run` starts this through a shell, and a signal sent to npm ends both of them without reaching this process. Started by npm,
 * it ends with its parent, as if it had got the signal itself.
 */
function endWithNpm() {
  if (!process.env.npm_execpath) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, parentPollMs);
  timer.unref();
}

if (Number(process.versions.node.split(".")[0]) < oldestNode) {
  stop(
    `berth needs Node ${oldestNode} or newer; this is ${process.versions.node}. Install one from your distribution or nodejs.org.`,
  );
}

try {
  const took = await installDependencies(root);
  if (took.length > 0) process.env.BERTH_INSTALL_STEPS = JSON.stringify(took);
} catch (error) {
  if (error instanceof InstallError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
  throw error;
}

endWithNpm();
// Types are stripped and code is compiled once: that halves the start of this program, and of the Pulumi program after it.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".cache", "node");
const main = join(root, "cli", "main.ts");
if (stripsTypes()) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(main).href);
} else {
  const bundled = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (!existsSync(bundled)) {
    stop(
      `berth needs Node 24.3 or newer; this is ${process.versions.node}, and npm has no Node package for ` +
        `${process.platform} ${process.arch} among berth's dependencies. Install Node 24 from nodejs.org.`,
    );
  }
  runOn(bundled, main);
}
