import { dirname } from "node:path/posix";
import { z } from "zod";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { networkWithWay } from "../docker/container-networks.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import { progress, type BackupProgress } from "./backup-container.ts";
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

const inspected = z.tuple([
  z.object({
    Config: z.object({ Image: z.string(), Env: z.array(z.string()) }),
    Mounts: z.array(z.object({ Name: z.string().optional(), Destination: z.string() })),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  }),
]);

/** Where the data files are, of the settings of the program that makes backups. */
const backupSettings = z.object({ pgdata: z.string() });

/** Mount points of the container that makes backups. */
const places = {
  media: "/var/lib/berth/media",
  backups: "/var/lib/berth/backups",
  scratch: "/var/lib/berth/scratch",
};

/** Seconds that Postgres may take for its shutdown checkpoint. */
const shutdownGrace = "90";

/** A restore beside a running stack, and its swap. Each step can be killed and run again. */
export class RestoreWork {
  readonly #docker: Docker;
  readonly #containers: readonly Container[];
  readonly #stack: string;
  readonly #backup: z.output<typeof inspected>[0];
  /** Folder of the data files, in Postgres' container and in the one that makes backups. */
  readonly #pgdata: string;

  private constructor(
    docker: Docker,
    containers: readonly Container[],
    stack: string,
    backup: z.output<typeof inspected>[0],
    pgdata: string,
  ) {
    this.#docker = docker;
    this.#containers = containers;
    this.#stack = stack;
    this.#backup = backup;
    this.#pgdata = pgdata;
  }

  /** @throws CommandError for a stack without backups */
  static async of(docker: Docker, stack: string): Promise<RestoreWork> {
    const containers = await docker.containersOf(stack);
    const backup = containers.find(({ part }) => part === "backup");
    if (backup === undefined) {
      throw new CommandError(
        `Stack ${stack} has no container that makes backups. Start it: npx berth up${stackFlag(stack)}`,
        exitCode.failed,
      );
    }
    const [container] = inspected.parse(JSON.parse(await docker.inspect("container", [backup.id])));
    const settings = container.Config.Env.find((line) => line.startsWith("BACKUP_SETTINGS="));
    const { pgdata } = backupSettings.parse(JSON.parse(settings?.replace(/^[^=]*=/, "") ?? "{}"));
    return new RestoreWork(docker, containers, stack, container, pgdata);
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
    const hasMedia = this.#volumeAt(places.media) !== undefined;
    if (hasMedia)
      await this.#asRoot(`install -d -o 999 -g 999 -m 0700 ${places.media}/.restored`, [
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
      ]);
    const secrets = this.#backup.Mounts.find(({ Destination }) => Destination.startsWith("/run/secrets/"));
    const networks = Object.keys(this.#backup.NetworkSettings.Networks);
    // The repositories may be elsewhere; Postgres is not asked.
    const outer = await networkWithWay(this.#docker, networks, "out");
    const said: string[] = [];
    let found: Restored | undefined;
    const { code } = await this.#docker.follow(
      [
        ...this.#run(outer, "999:999", []),
        ...this.#mounts([this.#dataVolume(), places.media, places.scratch], ""),
        ...this.#mounts([places.backups, secrets?.Destination ?? ""], ":ro"),
        ...this.#backup.Config.Env.filter((line) => /^(?:SECRETS|BACKUP_SETTINGS)=/.test(line)).map(
          (line) => `--env=${line}`,
        ),
        this.#backup.Config.Image,
        "restore",
        JSON.stringify(moment),
      ],
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
   * Swaps the data of a moment for the present one; kept is what was there before. Postgres is
   * stopped for it.
   * @param from folder to swap in: `restored`, or `before` to go back
   */
  async swap(from: "restored" | "before"): Promise<void> {
    await this.#endKilled();
    // The folder is sticky, and the roles of a killed swap are Postgres'.
    const begin = swapScript(`begin ${from}`, this.#pgdata, places.media);
    await this.#asRoot(begin, ["DAC_OVERRIDE", "FOWNER"]);
    const postgres = this.#containers.find(({ part }) => part === "postgres");
    if (postgres === undefined)
      throw new CommandError(`Stack ${this.#stack} has no Postgres.`, exitCode.failed);
    if (postgres.status === "running")
      await this.#docker.run(["exec", postgres.id, "sh", "-c", keepRoles(dirname(this.#pgdata))]);
    const backup = this.#containers.find(({ part }) => part === "backup");
    if (backup !== undefined) await this.#docker.run(["stop", backup.id]);
    await this.#docker.run(["stop", "-t", shutdownGrace, postgres.id]);
    const swapped = swapScript(`swap ${from}`, this.#pgdata, places.media);
    await this.#asRoot(swapped, ["CHOWN", "DAC_OVERRIDE", "FOWNER"]);
    await this.#docker.run(["start", postgres.id]);
    if (backup !== undefined) await this.#docker.run(["start", backup.id]);
    // The application's password of today opens the database of then. A command that is killed
    // before this can be run again.
    await this.#docker.run(["exec", postgres.id, "sh", "-c", takeRoles(dirname(this.#pgdata))]);
  }

  /** Deletes what was restored or kept beside the data. */
  async drop(): Promise<void> {
    await this.#endKilled();
    await this.#asRoot(swapScript("drop", this.#pgdata, places.media), ["DAC_OVERRIDE", "FOWNER"]);
  }

  /** Ends what a killed command has left at work, which would write into the same folders. */
  async #endKilled(): Promise<void> {
    const left = this.#containers.filter(({ part }) => part === "restore");
    for (const { id } of left) await this.#docker.try(["rm", "--force", "--volumes", id]);
  }

  /** Where Postgres' volume is mounted. */
  #dataVolume(): string {
    const mounts = this.#backup.Mounts.map(({ Destination }) => Destination);
    return mounts.find((place) => this.#pgdata.startsWith(`${place}/`)) ?? "";
  }

  #volumeAt(destination: string): string | undefined {
    return this.#backup.Mounts.find((mount) => mount.Destination === destination)?.Name;
  }

  #mounts(destinations: readonly string[], mode: string): string[] {
    return destinations.flatMap((destination) => {
      const volume = this.#volumeAt(destination);
      return volume === undefined ? [] : [`--volume=${volume}:${destination}${mode}`];
    });
  }

  #run(network: string, user: string, capabilities: readonly string[]): string[] {
    return [
      ...[
        "run",
        "--rm",
        `--network=${network}`,
        "--read-only",
        "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m",
      ],
      ...[
        "--cap-drop=ALL",
        ...capabilities.map((name) => `--cap-add=${name}`),
        "--security-opt=no-new-privileges",
      ],
      ...[
        "--pids-limit=256",
        `--user=${user}`,
        `--label=berth.stack=${this.#stack}`,
        "--label=berth.part=restore",
      ],
    ];
  }

  async #asRoot(script: string, capabilities: readonly string[]): Promise<void> {
    await this.#docker.run([
      ...this.#run("none", "0:0", capabilities),
      ...this.#mounts([this.#dataVolume(), places.media], ""),
      "--entrypoint=sh",
      this.#backup.Config.Image,
      "-c",
      script,
    ]);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
