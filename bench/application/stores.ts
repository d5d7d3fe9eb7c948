import { randomBytes } from "node:crypto";
import { baseImage } from "../../tests/support/base-image.ts";
import { docker } from "../../tests/support/docker.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { freePorts } from "../../tests/support/free-ports.ts";

/** Postgres and Redis, which every server that is measured talks to over loopback. */
export interface Stores {
  readonly postgres: { readonly port: number; readonly password: string };
  readonly redis: string;
  /** Runs SQL on a database and returns what it prints. */
  sql(database: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Starts both from the images that stacks run, Postgres with its defaults: what is committed is on
 * the disk.
 */
export async function startStores(): Promise<Stores> {
  const name = `berth-bench-${randomBytes(3).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const [postgresPort = 0, redisPort = 0] = await freePorts(2);
  const [postgres, redis] = [`${name}-postgres`, `${name}-redis`];
  const flags = ["--detach", "--rm", "--label", "berth.part=test"];
  const sql = (database: string, text: string) =>
    docker(
      [
        "exec",
        "--interactive",
        postgres,
        "psql",
        "-qXAt",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "postgres",
        database,
      ],
      text,
    );
  const remove = async () => {
    await docker(["rm", "--force", "--volumes", postgres, redis]);
  };
  try {
    await docker([
      ...["run", ...flags, "--name", postgres, "--publish", `127.0.0.1:${postgresPort}:5432`],
      ...["--shm-size=128m", "--env", `POSTGRES_PASSWORD=${password}`, await baseImage("postgres")],
    ]);
    await docker([
      ...["run", ...flags, "--name", redis, "--publish", `127.0.0.1:${redisPort}:6379`],
      ...[await baseImage("redis"), "redis-server", "--save", "", "--protected-mode", "no"],
    ]);
    // Over TCP: the server that the image starts to make its database listens on a socket only.
    const ready = ["exec", postgres, "pg_isready", "--host=127.0.0.1", "--quiet"];
    await eventually(() => docker(ready), 60_000);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    postgres: { port: postgresPort, password },
    redis: `redis://127.0.0.1:${redisPort}`,
    sql,
    remove,
  };
}
