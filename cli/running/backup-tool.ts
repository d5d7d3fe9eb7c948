import { z } from "zod";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { stackFlag } from "../settings/stack-flag.ts";

const inspected = z.tuple([
  z.object({
    Config: z.object({ Image: z.string(), Env: z.array(z.string()) }),
    Mounts: z.array(z.object({ Name: z.string().optional(), Destination: z.string() })),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  }),
]);

/**
 * What is read of the settings of the program that makes backups. A container of an earlier version
 * says no owner: applications had uid 1000 then.
 */
const backupSettings = z.object({ pgdata: z.string(), uploadsOwner: z.number().default(1000) });

/** Mount points of the container that makes backups. */
export const places = {
  media: "/var/lib/berth/media",
  backups: "/var/lib/berth/backups",
  scratch: "/var/lib/berth/scratch",
};

/** Runs the program of a stack's backups in containers of its own, beside the one that runs. */
export class BackupTool {
  readonly #docker: Docker;
  readonly #stack: string;
  readonly #backup: z.output<typeof inspected>[0];
  /** Folder of the data files, in Postgres' container and in the one that makes backups. */
  readonly pgdata: string;
  /** Uid and gid of the uploads' files. */
  readonly uploadsOwner: number;

  private constructor(
    docker: Docker,
    stack: string,
    backup: z.output<typeof inspected>[0],
    { pgdata, uploadsOwner }: z.output<typeof backupSettings>,
  ) {
    this.#docker = docker;
    this.#stack = stack;
    this.#backup = backup;
    this.pgdata = pgdata;
    this.uploadsOwner = uploadsOwner;
  }

  /** @throws CommandError for a stack without backups */
  static async of(docker: Docker, containers: readonly Container[], stack: string): Promise<BackupTool> {
    const backup = containers.find(({ part }) => part === "backup");
    if (backup === undefined) {
      throw new CommandError(
        `Stack ${stack} has no container that makes backups. Start it: npx berth up${stackFlag(stack)}`,
        exitCode.failed,
      );
    }
    const [container] = inspected.parse(JSON.parse(await docker.inspect("container", [backup.id])));
    const settings = container.Config.Env.find((line) => line.startsWith("BACKUP_SETTINGS="));
    const told = backupSettings.parse(JSON.parse(settings?.replace(/^[^=]*=/, "") ?? "{}"));
    return new BackupTool(docker, stack, container, told);
  }

  /** Networks of the container that makes backups. */
  get networks(): string[] {
    return Object.keys(this.#backup.NetworkSettings.Networks);
  }

  /** Where that container has its secrets; empty if it has none. */
  get secrets(): string {
    const mount = this.#backup.Mounts.find(({ Destination }) => Destination.startsWith("/run/secrets/"));
    return mount?.Destination ?? "";
  }

  /** Where Postgres' volume is mounted. */
  get dataVolume(): string {
    const mounts = this.#backup.Mounts.map(({ Destination }) => Destination);
    return mounts.find((place) => this.pgdata.startsWith(`${place}/`)) ?? "";
  }

  /** Name of the volume at a mount point. */
  volumeAt(destination: string): string | undefined {
    return this.#backup.Mounts.find((mount) => mount.Destination === destination)?.Name;
  }

  /**
   * Arguments of docker that run an order of the program.
   * @param writable mount points that it may write
   * @param readOnly mount points that it may read
   * @param options more of `docker run`
   */
  order(
    network: string,
    writable: readonly string[],
    readOnly: readonly string[],
    words: readonly string[],
    options: readonly string[] = [],
  ): string[] {
    return [
      ...this.#run(network, "999:999", []),
      ...options,
      ...this.#mounts(writable, ""),
      ...this.#mounts(readOnly, ":ro"),
      ...this.#backup.Config.Env.filter((line) => /^(?:SECRETS|BACKUP_SETTINGS)=/.test(line)).map(
        (line) => `--env=${line}`,
      ),
      this.#backup.Config.Image,
      ...words,
    ];
  }

  /** Runs a shell script on the data and the uploads. */
  async asRoot(script: string, capabilities: readonly string[]): Promise<void> {
    await this.#docker.run([
      ...this.#run("none", "0:0", capabilities),
      ...this.#mounts([this.dataVolume, places.media], ""),
      "--entrypoint=sh",
      this.#backup.Config.Image,
      "-c",
      script,
    ]);
  }

  #mounts(destinations: readonly string[], mode: string): string[] {
    return destinations.flatMap((destination) => {
      const volume = this.volumeAt(destination);
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
}
