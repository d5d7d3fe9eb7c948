import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);
/** Versity's gateway: S3 over a folder, and strict about signatures. */
const version = "v1.8.0";
const patience = 30_000;

/** A real S3-compatible server with one bucket. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Folder of the bucket's objects, as the server keeps them. */
  readonly folder: string;
  /** Takes the server away; `start` brings it back with all it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The server's program, built once by Go and kept in berth's cache; an Error says why it cannot be
 * had.
 */
async function builtServer(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, `versitygw-${version}`);
  const program = join(folder, "versitygw");
  const present = await access(program).then(
    () => true,
    () => false,
  );
  if (present) return program;
  const partial = `${folder}.${randomBytes(4).toString("hex")}`;
  await mkdir(partial, { recursive: true });
  try {
    const env = { ...process.env, GOBIN: partial, CGO_ENABLED: "0" };
    await run("go", ["install", `github.com/versity/versitygw/cmd/versitygw@${version}`], { env });
    await rename(partial, folder).catch(() => undefined);
    return program;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
    return new Error(`the S3 server needs Go and its module proxy: ${reason}`);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Starts the server on loopback. @returns why it cannot be had, as an Error, for `skip` */
export async function startS3(): Promise<S3Server | Error> {
  const program = await builtServer();
  if (program instanceof Error) return program;
  const home = await mkdtemp(join(tmpdir(), "berth-s3-"));
  const bucket = `media-${randomBytes(4).toString("hex")}`;
  const folder = join(home, "data", bucket);
  await mkdir(folder, { recursive: true });
  await mkdir(join(home, "meta"));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = { accessKey: randomBytes(8).toString("hex"), secretKey: randomBytes(16).toString("hex") };
  let stop = (): Promise<void> => Promise.resolve();
  const start = async () => {
    const child = spawn(program, ["--quiet", "posix", "--sidecar", join(home, "meta"), join(home, "data")], {
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        VGW_PORT: `127.0.0.1:${port}`,
        ROOT_ACCESS_KEY: keys.accessKey,
        ROOT_SECRET_KEY: keys.secretKey,
      },
    });
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => {
        resolve();
      });
    });
    stop = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    const answers = async () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      );
    const deadline = Date.now() + patience;
    while (!(await answers())) {
      if (Date.now() > deadline) throw new Error(`${program} does not answer on ${endpoint}`);
      await sleep(50);
    }
  };
  const close = async () => {
    await stop();
    await rm(home, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, bucket, ...keys, folder, start, stop: () => stop(), close };
}
