import type { BackupStand } from "./backup-stand.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";

/** Clients that each write row after row, and note those that Postgres has acknowledged. */
export interface RowWriters {
  /** Rows that were acknowledged so far, each as `WRITER|NUMBER`. */
  acknowledged(): Promise<string[]>;
  /** Waits until so many more are acknowledged. */
  more(count: number): Promise<void>;
  /** Fails with the acknowledged rows that the database has not. */
  lost(): Promise<string[]>;
  stop(): Promise<void>;
}

const loop = `writer() {
  n=0
  while :; do
    n=$((n + 1))
    if psql -XqAt -v ON_ERROR_STOP=1 -c "insert into written values ($1, $n)" 2>/dev/null; then echo "$1|$n" >>/tmp/acknowledged-$1
    else sleep 0.1; fi
  done
}
for one in 1 2 3 4; do touch /tmp/acknowledged-$one; writer $one & done
wait`;

/** Starts four of them on a stand's Postgres; they end with the stand at the latest. */
export async function rowWriters(stand: BackupStand): Promise<RowWriters> {
  await stand.sql(
    "create table if not exists written (writer int, number int, at timestamptz default clock_timestamp(), primary key (writer, number)); truncate written",
  );
  const container = await stand.scratch.start(
    stand.image,
    [
      ...["--network", stand.internal, "--entrypoint", "bash", "--env", "PGHOST=postgres"],
      ...["--env", "PGUSER=postgres", "--env", "PGDATABASE=app", "--env", "PGPASSWORD=superuser"],
      ...["--env", "PGCONNECT_TIMEOUT=5"],
    ],
    ["-c", loop],
  );
  const acknowledged = async () => {
    const said = await docker(["exec", container, "sh", "-c", "cat /tmp/acknowledged-*"]);
    return said.split("\n").filter((line) => line !== "");
  };
  return {
    acknowledged,
    async more(count) {
      const before = (await acknowledged()).length;
      await eventually(async () => {
        const now = (await acknowledged()).length;
        if (now < before + count) throw new Error(`${now - before} of ${count} rows`);
      }, 120_000);
    },
    async lost() {
      const known = await acknowledged();
      const stored = new Set((await stand.sql("select writer, number from written")).split("\n"));
      return known.filter((row) => !stored.has(row));
    },
    async stop() {
      await docker(["kill", container]).catch(() => undefined);
    },
  };
}
