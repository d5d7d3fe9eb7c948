import { dirname } from "node:path/posix";
import { z } from "zod";
import { databaseName } from "../../infra/facts/stack-names.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { networkWithWay } from "../docker/container-networks.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { progress, type BackupProgress } from "./backup-container.ts";
import { BackupTool, places } from "./backup-tool.ts";
import { keepRoles, takeRoles } from "./kept-roles.ts";
import { swapScript } from "./swap-script.ts";

/** A moment of the past. */
export interface Moment {
  /** Seconds of the epoch. */
  readonly at: number;
  /** Exact position in the write-ahead log, if it is known. */
  readonly lsn?: string;
  /** Everything that was archived until then, if no exact position is known. */
  readonly latest?: true;
}

/** A point of the write-ahead log that was named, and when. */
const point = z.object({ name: z.string(), lsn: z.string(), at: z.number() });
export type NamedPoint = z.output<typeof point>;

/** What was restored. */
const restored = z.object({
  repository: z.string(),
  /** Repositories before it that could not restore the moment, each with its reason. */
  passedOver: z.array(z.string()),
  backup: z.string(),
  target: z.object({ at: z.number().optional() }),
  lastTransactionAt: z.number().nullable(),
  schema: z.string().optional(),
  databaseBytes: z.number(),
  uploads: z.object({ files: z.number() }).optional(),
});
export type Restored = z.output<typeof restored>;

/** Seconds that Postgres may take for its shutdown checkpoint. */
const shutdownGrace = "90";

/** Tables that are copied out of a restored moment. */
export interface Fetched {
  /** Schema that they go to. */
  readonly into: string;
  readonly tables: readonly string[];
  /** Condition in SQL that their rows have to meet. */
  readonly where: string | undefined;
}

const copies = z.record(z.string(), z.object({ rows: z.number(), columns: z.string() }));
/** What was copied, by table: rows, and the names of the columns as SQL has them. */
export type Copies = z.output<typeof copies>;

/** A restore beside a running stack, and its swap. Each step can be killed and run again. */
export class RestoreWork {
  readonly #docker: Docker;
  readonly #containers: readonly Container[];
  readonly #stack: string;
  readonly #tool: BackupTool;

  private constructor(docker: Docker, containers: readonly Container[], stack: string, tool: BackupTool) {
    this.#docker = docker;
    this.#containers = containers;
    this.#stack = stack;
    this.#tool = tool;
  }

  /** @throws CommandError for a stack without backups */
  static async of(docker: Docker, stack: string): Promise<RestoreWork> {
    const containers = await docker.containersOf(stack);
    return new RestoreWork(docker, containers, stack, await BackupTool.of(docker, containers, stack));
  }

  /** Names this moment, and waits until everything before it is archived. */
  async point(name: string): Promise<NamedPoint> {
    const { id } = runningPart(this.#containers, this.#stack, "backup");
    const { code, stdout, stderr } = await this.#docker.try([
      "exec",
      id,
      "berth-backup",
      "point",
      name,
      "archived",
    ]);
    if (code !== 0) throw new CommandError(stderr.trim(), exitCode.failed);
    return point.parse(JSON.parse(stdout));
  }

  /** The points that were named, the newest first. */
  async points(): Promise<NamedPoint[]> {
    const { id } = runningPart(this.#containers, this.#stack, "backup");
    const said = await this.#docker.run(["exec", id, "berth-backup", "points"]);
    return z.array(point).parse(JSON.parse(said));
  }

  /**
   * Restores a moment into folders beside the data.
   * @throws CommandError with the reason; nothing has changed then
   */
  async prepare(moment: Moment, onProgress: (at: BackupProgress) => void): Promise<Restored> {
    await this.#endKilled();
    const tool = this.#tool;
    if (tool.volumeAt(places.media) !== undefined)
      await tool.asRoot(
        // What was shown belongs to the application.
        `rm -rf ${places.media}/.restored; install -d -o 999 -g 999 -m 0700 ${places.media}/.restored`,
        ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
      );
    // The repositories may be elsewhere; Postgres is not asked.
    const outer = await networkWithWay(this.#docker, tool.networks, "out");
    const writable = [tool.dataVolume, places.media, places.scratch];
    const said: string[] = [];
    let found: Restored | undefined;
    const { code } = await this.#docker.follow(
      tool.order(outer, writable, [places.backups, tool.secrets], ["restore", JSON.stringify(moment)]),
      (line) => {
        const message = jsonOf(line);
        const step = progress.safeParse(message);
        const end = z.object({ restored }).safeParse(message);
        if (step.success) onProgress(step.data);
        else if (end.success) found = end.data.restored;
        else said.push(line);
      },
    );
    if (code !== 0 || found === undefined) {
      throw new CommandError(
        `Nothing was restored, and nothing has changed: ${said.at(-1) ?? "the container ended"}`,
        exitCode.failed,
      );
    }
    return found;
  }

  /**
   * The moment that is restored beside the data, in seconds of the epoch.
   * @throws CommandError if none is
   */
  async restoredAt(): Promise<number> {
    const { id } = runningPart(this.#containers, this.#stack, "postgres");
    const mark = `${dirname(this.#tool.pgdata)}/restored/berth_restored.json`;
    const { code, stdout } = await this.#docker.try(["exec", id, "cat", mark]);
    if (code !== 0)
      throw new CommandError("No moment is restored; npx berth restore --to restores one.", exitCode.failed);
    const { target, lastTransactionAt } = restored
      .pick({ target: true, lastTransactionAt: true })
      .parse(JSON.parse(stdout));
    return target.at ?? lastTransactionAt ?? Date.now() / 1000;
  }

  /**
   * Swaps the data of a moment for the present one; kept is what was there before. Postgres is
   * stopped for it.
   * @param from folder to swap in: `restored`, or `before` to go back
   */
  async swap(from: "restored" | "before"): Promise<void> {
    await this.#endKilled();
    // The folder is sticky, and the roles of a killed swap are Postgres'.
    const begin = this.#swapScript(`begin ${from}`);
    await this.#tool.asRoot(begin, ["DAC_OVERRIDE", "FOWNER"]);
    const postgres = this.#containers.find(({ part }) => part === "postgres");
    if (postgres === undefined)
      throw new CommandError(`Stack ${this.#stack} has no Postgres.`, exitCode.failed);
    if (postgres.status === "running")
      await this.#docker.run(["exec", postgres.id, "sh", "-c", keepRoles(dirname(this.#tool.pgdata))]);
    const backup = this.#containers.find(({ part }) => part === "backup");
    if (backup !== undefined) await this.#docker.run(["stop", backup.id]);
    await this.#docker.run(["stop", "-t", shutdownGrace, postgres.id]);
    const swapped = this.#swapScript(`swap ${from}`);
    await this.#tool.asRoot(swapped, ["CHOWN", "DAC_OVERRIDE", "FOWNER"]);
    await this.#docker.run(["start", postgres.id]);
    if (backup !== undefined) await this.#docker.run(["start", backup.id]);
    // The application's password of today opens the database of then. A command that is killed
    // before this can be run again.
    await this.#docker.run(["exec", postgres.id, "sh", "-c", takeRoles(dirname(this.#tool.pgdata))]);
  }

  /**
   * Copies tables of the restored moment into a schema of the running database.
   * @throws CommandError with the reason; nothing has changed then
   */
  async fetch(wanted: Fetched): Promise<Copies> {
    const tool = this.#tool;
    const { id } = runningPart(this.#containers, this.#stack, "postgres");
    const order = tool.order("none", [tool.dataVolume], [], ["fetch", JSON.stringify(wanted)]);
    const { code, stderr, stdout } = await this.#docker.try(order);
    if (code !== 0)
      throw new CommandError(`Nothing was fetched: ${stderr.trim().split("\n").at(-1)}`, exitCode.failed);
    const script = `${dirname(tool.pgdata)}/fetched.sql`;
    const psql = `psql -XqU postgres -d ${databaseName} -v ON_ERROR_STOP=1 -1 -f`;
    const taken = await this.#docker.try([
      ...["exec", id, "sh", "-euc", `trap 'rm -f ${script}' EXIT; ${psql} ${script} >/dev/null`],
    ]);
    if (taken.code !== 0)
      throw new CommandError(
        `Nothing was fetched: ${taken.stderr.trim().split("\n").at(-1)}`,
        exitCode.failed,
      );
    return z.object({ fetched: copies }).parse(JSON.parse(stdout)).fetched;
  }

  /** Deletes what was restored or kept beside the data. */
  async drop(): Promise<void> {
    await this.#endKilled();
    await this.#tool.asRoot(this.#swapScript("drop"), ["DAC_OVERRIDE", "FOWNER"]);
  }

  #swapScript(call: Parameters<typeof swapScript>[0]): string {
    return swapScript(call, this.#tool.pgdata, places.media, this.#tool.uploadsOwner);
  }

  /** Ends what a killed command has left at work, which would write into the same folders. */
  async #endKilled(): Promise<void> {
    const left = this.#containers.filter(({ part }) => part === "restore");
    for (const { id } of left) await this.#docker.try(["rm", "--force", "--volumes", id]);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
