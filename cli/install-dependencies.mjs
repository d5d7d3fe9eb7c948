// Installs the npm dependencies of the checkout and of app/ if they differ from the lockfile.
// Plain JavaScript without packages: it runs before there are any.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const stampFile = ".berth-lockfile";
const heartbeatMs = 15_000;

/** An installation that failed, with the exit code that the command ends with. */
export class InstallError extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Makes `node_modules` of the checkout and of its application match their lockfiles. Does nothing where they do.
 * @param {string} root folder of the checkout
 * @returns {Promise<{ title: string, seconds: number }[]>} what was installed, and how long it took
 * @throws {InstallError} npm failed or was interrupted
 */
export async function installDependencies(root) {
  const folders = [
    { title: "npm dependencies", dir: root },
    { title: "npm dependencies of app/", dir: join(root, "app") },
  ];
  const wanted = folders.filter(({ dir }) => existsSync(join(dir, "package-lock.json")));
  if (wanted.every(({ dir }) => isInstalled(dir))) return [];
  const release = await takeTurn(join(root, ".berth", "locks", "npm"));
  try {
    const took = [];
    for (const { title, dir } of wanted) {
      // Another berth may have done it while this one waited for its turn.
      if (isInstalled(dir)) continue;
      const begun = performance.now();
      await npmCi(title, dir);
      finish(dir);
      took.push({ title, seconds: (performance.now() - begun) / 1000 });
    }
    return took;
  } finally {
    release();
  }
}

/** @param {string} dir */
function isInstalled(dir) {
  const stamp = join(dir, "node_modules", stampFile);
  const hash = lockfileHash(dir);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return true;
  // After an npm run by hand, npm's own record of what it installed counts too.
  const record = join(dir, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const matches = sameInstallation(
    JSON.parse(readFileSync(join(dir, "package-lock.json"), "utf8")),
    JSON.parse(readFileSync(record, "utf8")),
  );
  if (matches) finish(dir);
  return matches;
}

/** Marks an installation as complete: last of all, so that an interrupted one is done again. */
function finish(dir) {
  const bin = join(dir, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  // npm links dependencies' programs only; with this one, `npx berth` works in every folder of the checkout.
  if (existsSync(join(dir, "cli", "berth.mjs"))) {
    rmSync(join(bin, "berth"), { force: true });
    symlinkSync(join("..", "..", "cli", "berth.mjs"), join(bin, "berth"));
  }
  writeFileSync(join(dir, "node_modules", stampFile), lockfileHash(dir));
}

/** @param {string} dir */
function lockfileHash(dir) {
  return createHash("sha256")
    .update(readFileSync(join(dir, "package-lock.json")))
    .digest("hex");
}

/**
 * Whether npm's record of an installation holds exactly what the lockfile asks for; packages that the lockfile calls
 * optional may be missing, because they are those of other platforms.
 * @param {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }> }} lockfile
 * @param {{ packages?: Record<string, { version?: string, integrity?: string }> }} record
 */
export function sameInstallation(lockfile, record) {
  const wanted = lockfile.packages ?? {};
  const installed = record.packages ?? {};
  const complete = Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
  return complete && Object.keys(installed).every((path) => path in wanted);
}

/** @param {string} title @param {string} dir */
async function npmCi(title, dir) {
  process.stderr.write(`${title}: installing with npm ci\n`);
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 1000);
  const heartbeat = setInterval(
    () => process.stderr.write(`  still installing, ${seconds()} s\n`),
    heartbeatMs,
  );
  try {
    // The lockfile has no addresses, so npm asks for every package's; what it was told before is told in half the time.
    let code = await runNpmCi(dir, "--prefer-offline");
    if (typeof code === "number" && code !== 0 && code !== 130) {
      process.stderr.write(`${title}: again, asking the registry for everything\n`);
      code = await runNpmCi(dir);
    }
    if (code === "SIGINT" || code === 130) {
      throw new InstallError(`${title}: interrupted; run the command again to go on.`, 130);
    }
    if (code !== 0) {
      throw new InstallError(
        `${title}: npm ci failed (${code}). Its message is above; nothing else was changed. ` +
          "Run the command again once that is mended.",
        3,
      );
    }
    process.stderr.write(`${title}: installed in ${seconds()} s\n`);
  } catch (error) {
    if (error.code === "ENOENT") throw new InstallError("npm is not on PATH. Install Node with npm.", 3);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * @param {string} dir
 * @param {string[]} flags
 * @returns {Promise<number | string | null>} its exit code, or the signal that ended it
 */
async function runNpmCi(dir, ...flags) {
  // npm's own standard output is no answer of ours: it goes where messages go.
  // No package may run a program of its own while it is installed: none of ours needs to.
  const child = spawn(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...flags],
    {
      cwd: dir,
      stdio: ["ignore", 2, 2],
      env: npmEnvironment(process.env),
    },
  );
  const forward = (signal) => child.kill(signal);
  process.once("SIGINT", forward);
  process.once("SIGTERM", forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status, signal) => resolve(signal ?? status));
    });
  } finally {
    process.removeListener("SIGINT", forward);
    process.removeListener("SIGTERM", forward);
  }
}

/** Variables that npm, Node and the network need. */
const forNpm =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TZ|LANG|LC_.*|XDG_.*|https?_proxy|no_proxy|NODE_.*|NPM_.*|SSL_CERT_.*|CI|NO_COLOR|FORCE_COLOR)$/i;

/**
 * What npm gets of an environment: no passphrase and no cloud's credentials. `npm run` leaves the outer project's
 * prefix in it, which would send `npm ci` there.
 * @param {Readonly<Record<string, string | undefined>>} env
 */
function npmEnvironment(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => forNpm.test(name) && name !== "npm_config_local_prefix"),
  );
}

/**
 * Two berths in one fresh checkout would remove each other's half-made node_modules. Everybody puts down a file of
 * their own and goes ahead only if no other live process has one.
 * @param {string} dir
 * @returns {Promise<() => void>} gives the turn back
 */
async function takeTurn(dir) {
  mkdirSync(dir, { recursive: true });
  const mine = join(dir, String(process.pid));
  let told = false;
  for (;;) {
    // In two steps, so that no process reads half a file.
    writeFileSync(`${mine}.new`, startOf(process.pid));
    renameSync(`${mine}.new`, mine);
    const others = readdirSync(dir).filter(
      (name) => /^\d+$/.test(name) && name !== String(process.pid) && isAlive(dir, name),
    );
    if (others.length === 0) return () => rmSync(mine, { force: true });
    rmSync(mine, { force: true });
    if (!told)
      process.stderr.write(
        `npm dependencies: waiting for process ${others.join(", ")}, which installs them\n`,
      );
    told = true;
    await sleep(300 + Math.random() * 400);
  }
}

/** @param {string} dir @param {string} name */
function isAlive(dir, name) {
  const file = join(dir, name);
  try {
    process.kill(Number(name), 0);
  } catch (error) {
    if (error.code !== "EPERM") {
      rmSync(file, { force: true });
      return false;
    }
  }
  // A process id is used again some day: its start time tells whether it is still the same process.
  try {
    return readFileSync(file, "utf8") === startOf(Number(name));
  } catch {
    return false;
  }
}

/** Start time in clock ticks after boot (proc(5), field 22 of stat); empty if there is no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
