import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { finish } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";

/**
 * A real image registry on loopback that lets one account in. Docker speaks plain HTTP to it there.
 */
export interface ImageRegistry {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** What it did for whom, a line a request. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Docker's own registry as Debian packages it, unpacked into berth's cache; nothing is installed.
 */
async function program(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, "docker-registry-debian");
  const path = join(folder, "usr/bin/docker-registry");
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "docker-registry-"));
  try {
    const download = () => finish("apt-get", ["download", "docker-registry"], { cwd: draft });
    let got = await download();
    if (got.status !== 0) {
      await finish("apt-get", ["update"]);
      got = await download();
    }
    const [file] = readdirSync(draft);
    if (file === undefined) throw new Error(got.stderr.trim());
    const unpacked = await finish("dpkg-deb", ["--extract", file, "."], { cwd: draft });
    if (unpacked.status !== 0) throw new Error(unpacked.stderr.trim());
    // Another process may have been faster.
    if (!existsSync(path)) renameSync(draft, folder);
    return path;
  } catch (error) {
    if (existsSync(path)) return path;
    return new Error(
      `no docker-registry of Debian's: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A line of htpasswd(1): the registry takes bcrypt only, which Perl has from the C library. */
async function account(user: string, password: string): Promise<string> {
  const script = 'my $p = <STDIN>; print crypt($p, "\\$2b\\$05\\$" . $ARGV[0])';
  const salt = randomBytes(11).toString("hex");
  const { stdout } = await finish("perl", ["-e", script, salt], { stdin: password });
  if (!stdout.startsWith("$2b$")) throw new Error("this machine's crypt(3) knows no bcrypt");
  return `${user}:${stdout}\n`;
}

/** Starts one. @returns why there is none, as an Error, for `skip` */
export async function imageRegistry(): Promise<ImageRegistry | Error> {
  const path = await program();
  if (path instanceof Error) return path;
  const folder = mkdtempSync(join(tmpdir(), "berth-registry-"));
  const forget = registerTestStack({ paths: [folder] });
  const [port = 0] = await freePorts(1);
  const user = "shop";
  const password = randomBytes(24).toString("base64url");
  const htpasswd = join(folder, "htpasswd");
  writeFileSync(htpasswd, await account(user, password), { mode: 0o600 });
  const config = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "images") } },
    http: { addr: `127.0.0.1:${port}`, secret: randomBytes(16).toString("hex") },
    auth: { htpasswd: { realm: "berth", path: htpasswd } },
  };
  // YAML takes JSON as it is.
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const log = join(folder, "log");
  const output = openSync(log, "w");
  const server = spawn(path, ["serve", join(folder, "config.yml")], { stdio: ["ignore", output, output] });
  await eventually(async () => {
    await fetch(`http://127.0.0.1:${port}/v2/`);
  });
  return {
    address: `127.0.0.1:${port}`,
    user,
    password,
    log: () => readFileSync(log, "utf8"),
    async stop() {
      if (server.exitCode === null) {
        server.kill();
        await once(server, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
      forget();
    },
  };
}
