import { setTimeout as sleep } from "node:timers/promises";
import { BackupStand } from "../../tests/support/backup-stand.ts";
import { docker } from "../../tests/support/docker.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { spreadOf } from "../measure/statistics.ts";
import { kibibyte, type DataFigure } from "./data-figure.ts";

const minutes = 60_000;
const rows = (from: number, to: number) =>
  `insert into ballast select n, ${kibibyte} from generate_series(${from}, ${to}) n`;

/** What people type without a tool: the base backup is copied, the log replayed from a folder. */
const script = `set -eu
rm -rf /hand/database
cp -a /hand/base /hand/database
touch /hand/database/recovery.signal
echo "restore_command = 'cp /hand/wal/%f %p'" >>/hand/database/postgresql.auto.conf
pg_ctl -D /hand/database -t 3600 -w -s -l /tmp/log -o "-c listen_addresses='' -c unix_socket_directories=/tmp" start
ask() { psql -XAtqh /tmp -U postgres -d app -c "$1"; }
until [ "$(ask 'select pg_is_in_recovery()')" = f ]; do sleep 0.1; done
ask 'select max(n) from ballast'
pg_ctl -D /hand/database -s -w stop`;

/** Backups of a stand's database that are made and restored by hand. */
class ByHand {
  readonly #container: string;

  private constructor(container: string) {
    this.#container = container;
  }

  /** Receives the log of a stand's database from now on, and copies the database. */
  static async of(stand: BackupStand): Promise<ByHand> {
    const place = await stand.scratch.volume(stand.image, "chown 999:999 .");
    const options = ["--network", stand.internal, "--entrypoint", "sleep", "--env", "PGPASSWORD=superuser"];
    const mounted = [...options, "--volume", `${place}:/hand`];
    const hand = new ByHand(await stand.scratch.start(stand.image, mounted, ["infinity"]));
    const access = 'echo "host replication postgres samenet scram-sha-256" >>$PGDATA/pg_hba.conf';
    await docker(["exec", stand.postgres, "sh", "-c", access]);
    await stand.sql("select pg_reload_conf()");
    const receive = "pg_receivewal -h postgres -U postgres -D /hand/wal -S hand";
    await hand.run(`mkdir -p /hand/wal; ${receive} --create-slot`);
    await docker(["exec", "--detach", hand.#container, ...receive.split(" ")]);
    await hand.run("pg_basebackup -h postgres -U postgres -D /hand/base -c fast -X none");
    return hand;
  }

  /** What a script prints. */
  run(text: string): Promise<string> {
    return docker(["exec", this.#container, "bash", "-euc", text]);
  }

  /** Waits until it has everything that was written so far. */
  async received(stand: BackupStand): Promise<void> {
    const segment = await stand.sql("select pg_walfile_name(pg_switch_wal())");
    await eventually(() => this.run(`[ -e /hand/wal/${segment} ]`), 5 * minutes);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [seconds: number, result: T]> {
  const begun = performance.now();
  const result = await work();
  return [(performance.now() - begun) / 1000, result];
}

/** Most seconds that would have been lost with the host, while rows are written. */
async function recoveryPoint(stand: BackupStand): Promise<number> {
  let oldest = 0;
  for (let turn = 0; turn < 45; turn += 1) {
    await stand.sql("update ballast set text = text where n = 1");
    oldest = Math.max(oldest, (await stand.report()).lagSeconds ?? Infinity);
    await sleep(2_000);
  }
  return oldest;
}

/** Restores the same rows by both ways in turns, the first of a round another one each time. */
async function inTurns(stand: BackupStand, hand: ByHand, rounds: number) {
  const newest = await stand.sql("select max(n) from ballast");
  const times = { berth: [] as number[], hand: [] as number[] };
  const turns = [
    async () => {
      const [seconds] = await timed(() => stand.restore("latest"));
      times.berth.push(seconds);
      const found = await stand.fetch({ into: "found", tables: ["ballast"], where: `n = ${newest}` });
      if (found["ballast"]?.rows !== 1) throw new Error("berth restore has not brought the newest row back.");
      await stand.sql("drop schema found cascade");
      await stand.drop();
    },
    async () => {
      const [seconds, restored] = await timed(() => hand.run(script));
      times.hand.push(seconds);
      if (restored !== newest) throw new Error(`By hand ${restored} of ${newest} rows are back.`);
      await hand.run("rm -rf /hand/database");
    },
  ];
  for (let round = 0; round < rounds; round += 1)
    for (const turn of round % 2 === 0 ? turns : [...turns].reverse()) await turn();
  return times;
}

/**
 * Seconds until a database is back: `berth restore --to latest`, beside a base backup of
 * pg_basebackup that is copied back by hand, with a log that is replayed by `cp`.
 */
export const restores: DataFigure = {
  name: "restores",
  title: "A restore, beside pg_basebackup and a replay by hand",
  usual: { mebibytes: 1024, rounds: 3 },
  async measure({ mebibytes, rounds }) {
    const stand = new BackupStand();
    try {
      await stand.prepare();
      await stand.sql("create table ballast (n int primary key, text text not null)");
      await stand.sql(rows(1, mebibytes * 1024));
      await stand.keep({ settings: {} });
      await stand.reported(({ repositories }) => {
        if (repositories[0]?.lastProved == null) throw new Error("not proved yet");
      }, 60 * minutes);
      const hand = await ByHand.of(stand);
      // A tenth more, which is replayed.
      await stand.sql(rows(mebibytes * 1024 + 1, Math.round(mebibytes * 1024 * 1.1)));
      const oldest = await recoveryPoint(stand);
      await hand.received(stand);
      const times = await inTurns(stand, hand, rounds);
      const size = await stand.sql("select pg_size_pretty(pg_database_size('app'))");
      const row = (way: string, values: readonly number[]) => {
        const { median, least, most } = spreadOf(values);
        return `| ${way} | ${median.toFixed(1)} (${least.toFixed(1)}–${most.toFixed(1)}) |`;
      };
      const ratio = spreadOf(times.berth.map((seconds, round) => seconds / (times.hand[round] ?? NaN)));
      return [
        `${size}, a tenth of it in the log alone; ${rounds} rounds, median (least–most).`,
        "",
        "| way | seconds |",
        "| --- | --- |",
        row("`berth restore --to latest`: decrypted, unpacked, checked", times.berth),
        row("base backup copied by hand, log replayed by `cp`; neither packed nor encrypted", times.hand),
        "",
        `berth to it: ${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}); the goal is 1.3.`,
        "",
        `Recovery point, while rows are written for a minute and a half: at most ${oldest.toFixed(0)} s would have been lost with the host; the limit is 60 s.`,
      ];
    } finally {
      await stand.remove();
    }
  },
};
