import { randomUUID } from "node:crypto";
import { dirname } from "node:path/posix";
import { setTimeout as sleep } from "node:timers/promises";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { fillIn, namesIn } from "../../declaration/template.ts";
import { loopbackAddresses } from "../../infra/facts/addresses.ts";
import { databaseHost } from "../../infra/facts/stack-names.ts";
import { replicaCheck } from "../../infra/resources/app-checks.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { BackupTool, places } from "./backup-tool.ts";
import { containerLike, type Differences } from "./container-like.ts";
import { keepRoles, takeRoles } from "./kept-roles.ts";

/** Label `berth.part` of what shows a moment. */
const shownPart = "shown";

/** What is shown, and where. */
export interface Shown {
  /** Port of the engine's loopback. */
  readonly port: number;
  readonly declaration: Pick<Declaration, "check" | "env" | "port" | "start" | "uploads">;
  /** The release that ran then; today's if undefined. */
  readonly release: { readonly release: string; readonly image: string } | undefined;
}

/**
 * Variables of an application that is reached at a port of loopback, without a proxy in front;
 * undefined for one that it has only behind a proxy.
 */
export function shownEnvironment(
  env: Declaration["env"],
  port: number,
): Readonly<Record<string, string | undefined>> {
  const address = `http://127.0.0.1:${port}`;
  const values: Readonly<Record<string, string | undefined>> = {
    publicUrl: address,
    publicUrls: [address, ...loopbackAddresses].join(","),
    trustProxy: undefined,
    mediaAccel: undefined,
  };
  const own = Object.entries(env).filter(([, template]) => {
    const names = namesIn(template);
    return names.length > 0 && names.every((name) => name in values);
  });
  return Object.fromEntries(own.map(([name, template]) => [name, fillIn(template, values)]));
}

/**
 * A restored moment that can be looked at before it is swapped in: a copy of its database with the
 * application in front, on a network without a way out, so that nothing leaves it. The uploads are
 * read only.
 */
export class ShownMoment {
  readonly #docker: Docker;
  readonly #stack: string;

  constructor(docker: Docker, stack: string) {
    this.#docker = docker;
    this.#stack = stack;
  }

  /**
   * Starts it; what was shown before is gone.
   * @throws CommandError with the reason, and nothing is shown then
   */
  async show(shown: Shown): Promise<void> {
    await this.hide();
    try {
      await this.#start(shown);
    } catch (error) {
      await this.hide();
      throw error;
    }
  }

  /** Ends it. The restored moment stays as it was restored. */
  async hide(): Promise<void> {
    const docker = this.#docker;
    const containers = await docker.containersOf(this.#stack);
    const left = containers.filter(({ part }) => part === shownPart);
    for (const { id } of left) await docker.try(["rm", "--force", "--volumes", id]);
    const own = ["--quiet", ...Object.entries(this.#labels()).flatMap(labelFilter)];
    for (const kind of ["network", "volume"])
      for (const name of (await docker.run([kind, "ls", ...own])).split("\n").filter((line) => line !== ""))
        await docker.run([kind, "rm", name]);
    // Its containers may be gone by themselves, at a restart of the engine, and its copy not.
    if (!containers.some(({ part }) => part === "backup")) return;
    const tool = await BackupTool.of(docker, containers, this.#stack);
    await tool.asRoot(`rm -rf ${shownFolder(tool)}`, ["DAC_OVERRIDE", "FOWNER"]);
  }

  #labels(): Readonly<Record<string, string>> {
    const { project = "" } = this.#docker;
    return { "berth.project": project, "berth.stack": this.#stack, "berth.part": shownPart };
  }

  async #start({ declaration, port, release }: Shown): Promise<void> {
    const docker = this.#docker;
    const containers = await docker.containersOf(this.#stack);
    const tool = await BackupTool.of(docker, containers, this.#stack);
    const postgres = runningPart(containers, this.#stack, "postgres");
    const app = runningPart(containers, this.#stack, "app");
    const copy = shownFolder(tool);
    await tool.asRoot(copyScript(dirname(tool.pgdata), tool.uploadsOwner), [
      "CHOWN",
      "DAC_OVERRIDE",
      "FOWNER",
    ]);
    await docker.run(["exec", postgres.id, "sh", "-c", keepRoles(copy)]);

    const name = (part: string) =>
      `${docker.project}-${this.#stack}-shown-${part}-${randomUUID().slice(0, 8)}`;
    const network = name("network");
    const labels = Object.entries(this.#labels()).flatMap((pair) => ["--label", pair.join("=")]);
    await docker.run(["network", "create", "--internal", ...labels, network]);
    const inNetwork = { labels: this.#labels(), networks: [network] };
    const server = await this.#like(postgres.id, {
      ...inNetwork,
      name: name("postgres"),
      env: { PGDATA: copy },
      options: ["--network-alias", databaseHost, "--stop-signal", "SIGINT", "--shm-size", "256m"],
    });
    await docker.run(["exec", server, "sh", "-c", takeRoles(copy)]);
    const uploads = declaration.uploads;
    const media = tool.volumeAt(places.media);
    const served = await this.#like(app.id, {
      ...inNetwork,
      name: name("app"),
      env: { ...shownEnvironment(declaration.env, port), ...(release && { RELEASE: release.release }) },
      ...(release && { image: release.image }),
      ...(uploads !== undefined &&
        media !== undefined && {
          mounts: {
            [uploads]: `type=volume,source=${await this.#uploads(media, name("uploads"), labels)},target=${uploads},readonly`,
          },
        }),
    });
    await this.#healthy(served, declaration);
    const address = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
    const inside = (await docker.run(["container", "inspect", "--format", address, served])).trim();
    const words = ["forward", inside, String(declaration.port)];
    const publish = ["--detach", `--publish=127.0.0.1:${port}:8080`, ...labels];
    const door = (await docker.run(tool.order("bridge", [], [], words, publish))).trim();
    await docker.run(["network", "connect", network, door]);
  }

  /** Starts a container that differs from another one; returns its id. */
  async #like(id: string, differences: Differences): Promise<string> {
    const { create } = containerLike(await this.#docker.inspect("container", [id]), differences);
    const made = (await this.#docker.run(create)).trim();
    await this.#docker.run(["start", made]);
    return made;
  }

  /** A volume that is the folder of the restored uploads. */
  async #uploads(media: string, name: string, labels: readonly string[]): Promise<string> {
    const folder = (
      await this.#docker.run(["volume", "inspect", "--format", "{{.Mountpoint}}", media])
    ).trim();
    const options = ["type=none", "o=bind", `device=${folder}/.restored`].flatMap((one) => ["--opt", one]);
    return (await this.#docker.run(["volume", "create", ...options, ...labels, name])).trim();
  }

  async #healthy(id: string, { check, start }: Pick<Declaration, "check" | "start">): Promise<void> {
    const deadline = Date.now() + (start + 60) * 1000;
    let said = "";
    for (;;) {
      const { code } = await this.#docker.try(["exec", id, ...replicaCheck({ check })]);
      if (code === 0) return;
      const log = await this.#docker.try(["logs", "--tail", "5", id]);
      if (log.code === 0) said = `${log.stdout}${log.stderr}`.trim();
      if (log.code !== 0 || Date.now() > deadline)
        throw new CommandError(
          `The application does not work with the data of then; nothing is shown. It said: ${said}`,
          exitCode.failed,
        );
      await sleep(500);
    }
  }
}

const shownFolder = ({ pgdata }: BackupTool) => `${dirname(pgdata)}/shown`;

const labelFilter = (pair: [string, string]) => ["--filter", `label=${pair.join("=")}`];

/** Copies the restored database, so that what is done while it is shown stays out of it. */
const copyScript = (data: string, owner: number) => `set -eu
cd ${data}
[ -s restored/berth_restored.json ] || { echo "No moment is restored; npx berth restore --to restores one." >&2; exit 1; }
rm -rf shown
need=$(du -sk restored | cut -f1) free=$(df -Pk . | awk 'END { print $4 }')
[ "$free" -gt "$((need + need / 5))" ] || { echo "A copy needs $((need / 1024)) MiB, and $((free / 1024)) MiB are free." >&2; exit 1; }
cp -a --reflink=auto restored shown
rm shown/berth_restored.json
[ ! -d ${places.media}/.restored ] || chown -R ${owner}:${owner} ${places.media}/.restored`;
