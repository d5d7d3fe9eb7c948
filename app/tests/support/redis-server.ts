import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { canRunImages, providedImage } from "./docker-image.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

/** A Redis of the tests' own, from the image that stacks run. */
export interface RedisServer {
  readonly url: string;
  readonly password: string;
  /** Ends it at once, as a crash would; its data is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It keeps its connections and what it holds, and answers nothing until `resume`. */
  hang(): Promise<void>;
  resume(): Promise<void>;
  /** What `redis-cli` answers. */
  ask(...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts Redis. @returns why there is none, as an Error, for `skip` */
export async function startRedis(): Promise<RedisServer | Error> {
  if (!(await canRunImages())) return new Error("Redis needs a Docker engine");
  const reference = await providedImage("redis");
  const name = `berth-app-test-redis-${randomBytes(4).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const docker = async (...parameters: string[]) => (await run("docker", parameters)).stdout;
  const folder = await mkdtemp(join(tmpdir(), "berth-redis-"));
  const close = async () => {
    await docker("rm", "--force", "--volumes", name);
  };
  try {
    const settings = `save ''\nappendonly no\nprotected-mode no\nrequirepass ${password}\n`;
    await writeFile(join(folder, "redis.conf"), settings, { mode: 0o644 });
    const flags = ["--name", name, "--label", "berth.part=test", "--publish", `127.0.0.1:${port}:6379`];
    await docker("create", ...flags, reference, "redis-server", "/etc/redis.conf");
    await docker("cp", join(folder, "redis.conf"), `${name}:/etc/redis.conf`);
    await docker("start", name);
  } catch (error) {
    await close();
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
  const act = (verb: string) => async () => {
    await docker(verb, name);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    password,
    kill: act("kill"),
    start: act("start"),
    hang: act("pause"),
    resume: act("unpause"),
    ask: async (...command) => {
      const environment = { ...process.env, REDISCLI_AUTH: password };
      const parameters = ["exec", "--env", "REDISCLI_AUTH", name, "redis-cli", "--raw", ...command];
      return (await run("docker", parameters, { env: environment })).stdout.trim();
    },
    close,
  };
}
