import { setTimeout as sleep } from "node:timers/promises";
import { maintenancePages } from "../../infra/rendering/error-pages.ts";
import type { Container } from "../../system/container.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { isUnhealthy } from "../docker/container-condition.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { Maintenance } from "../running/maintenance.ts";
import { migrationContainer } from "../running/migration-container.ts";
import { failure } from "./between-engines.ts";
import type { MoveArgs } from "./move-args.ts";
import { databases, NewDatabase } from "./new-database.ts";
import { OldDatabase } from "./old-database.ts";
import { countRows, differing, withoutSequences } from "./row-hashes.ts";
import { UploadsCopy, type FilesPlace } from "./uploads-copy.ts";
import { uploadsPlaces } from "./uploads-places.ts";

/** What was copied and compared. */
export interface Moved {
  readonly tables: number;
  readonly rows: number;
  /** Undefined if the application declares no uploads. */
  readonly files: number | undefined;
  /** From the first thing that was stopped until the application answers with the data. */
  readonly seconds: number;
}

/** Seconds that an old container's connections may take to be gone once it has stopped. */
const connectionsGone = 10;

/** An application's data on its way from docker compose into a stack that runs beside it. */
export class Move {
  readonly #args: MoveArgs;
  readonly #original: OldDatabase;
  readonly #database: NewDatabase;
  readonly #uploads: UploadsCopy | undefined;
  readonly #maintenance: Maintenance | undefined;
  readonly #stopped: string[] = [];
  #swapped = false;
  /** Nobody writes to the old set-up any more. */
  #stands = false;

  private constructor(
    args: MoveArgs,
    database: NewDatabase,
    places: { readonly from: FilesPlace; readonly to: FilesPlace } | undefined,
    nginx: Container | undefined,
  ) {
    this.#args = args;
    this.#original = new OldDatabase(args.from, args.old.postgres);
    this.#database = database;
    this.#uploads = places && new UploadsCopy(places.from, places.to);
    this.#maintenance = nginx && new Maintenance(args.docker, nginx.id);
  }

  /** @throws CommandError for what cannot be moved, before anything is touched */
  static async of(args: MoveArgs): Promise<Move> {
    const containers = await args.docker.containersOf(args.stack);
    const postgres = runningPart(containers, args.stack, "postgres");
    runningPart(containers, args.stack, "app");
    const database = new NewDatabase(args.docker, postgres.id);
    const nginx = containers.find(({ part, status }) => part === "nginx" && status === "running");
    return new Move(args, database, await uploadsPlaces(args, postgres), nginx);
  }

  /**
   * Takes back what an interrupted move has left.
   * @returns whether there was anything
   * @throws CommandError if data was moved in before, or the versions do not fit
   */
  async begin(): Promise<boolean> {
    const { stack } = this.#args;
    const left = await this.#database.has(databases.copy);
    this.#swapped = await this.#database.isUnderWay();
    const interrupted = left || this.#swapped;
    if (interrupted) await this.takeBack();
    if (await this.#database.has(databases.before)) {
      throw new CommandError(
        `Stack ${stack} has moved data already, and keeps what it had before as database ${databases.before}. ` +
          `If nobody needs that, and the data is to be replaced: npx berth psql --stack ${stack} -- -d postgres -c 'drop database ${databases.before}'`,
        exitCode.usage,
      );
    }
    const [{ version }, own] = [await this.#original.facts(), await this.#database.version()];
    if (version > own) {
      throw new CommandError(
        `The data is PostgreSQL ${version}'s, and stack ${stack} has ${own}: npx berth upgrade postgres --to ${version} --stack ${stack}`,
        exitCode.usage,
      );
    }
    return interrupted;
  }

  /** Does all of it but stopping the old set-up, and takes it back. */
  async rehearse(): Promise<Moved> {
    try {
      return await this.#attempt();
    } finally {
      await this.takeBack();
    }
  }

  /** Stops the old set-up, all but its Postgres, and moves everything that is there then. */
  async forGood(): Promise<Moved> {
    const begun = Date.now();
    const { from, old } = this.#args;
    const running = old.others.filter((one) => one.running);
    this.#stopped.push(...running.map(({ name }) => name));
    if (running.length > 0) await from.run(["stop", ...running.map(({ id }) => id)]);
    await this.#alone();
    this.#stands = true;
    const moved = await this.#attempt();
    await this.#alone();
    return { ...moved, seconds: (Date.now() - begun) / 1000 };
  }

  /** The application's data is the moved one from now on. */
  async finish(): Promise<void> {
    await this.#database.finish();
    await this.#args.from.try(["stop", this.#args.old.postgres.id]);
  }

  /** Has stack and old set-up run as before. */
  async takeBack(): Promise<void> {
    const { docker, from } = this.#args;
    const app = await this.#appContainers();
    if (this.#swapped) {
      await docker.run(["stop", ...app.map(({ id }) => id)]);
      if (await this.#database.isUnderWay()) await this.#database.swapOut();
      await this.#uploads?.swapOut();
      this.#swapped = false;
    }
    await this.#database.dropCopy();
    await docker.run(["start", ...app.map(({ id }) => id)]);
    await this.#maintenance?.off();
    if (this.#stopped.length > 0) await from.run(["start", ...this.#stopped.splice(0)]);
  }

  async #attempt(): Promise<Moved> {
    const begun = Date.now();
    const counted = await this.#copyRows();
    const files = await this.#copyFiles();
    await this.#maintenance?.on(maintenancePages("Back in a minute.", "en"), undefined);
    const { docker } = this.#args;
    const app = await this.#appContainers();
    await docker.run(["stop", ...app.map(({ id }) => id)]);
    this.#swapped = true;
    await this.#database.swapIn();
    await this.#uploads?.swapIn();
    await this.#migrate(app);
    await docker.run(["start", ...app.map(({ id }) => id)]);
    await this.#healthy();
    // They may have come back with other addresses.
    await this.#maintenance?.reload();
    await this.#maintenance?.off();
    return { ...counted, files, seconds: (Date.now() - begun) / 1000 };
  }

  async #copyRows(): Promise<{ readonly tables: number; readonly rows: number }> {
    const facts = await this.#original.facts();
    return this.#original.at(async (snapshot) => {
      await this.#database.copy(this.#original, facts, snapshot.id);
      const [original, copy] = [await snapshot.hashes(), await this.#database.hashes(databases.copy)];
      const compared = (hashes: string) => (this.#stands ? hashes : withoutSequences(hashes));
      const different = differing(compared(original), compared(copy));
      if (different.length > 0)
        throw new CommandError(`The copy has other rows: ${different.join(", ")}.`, exitCode.failed);
      return countRows(original);
    });
  }

  /** While the old set-up runs, files may come and go meanwhile; once it is stopped, none may. */
  async #copyFiles(): Promise<number | undefined> {
    if (this.#uploads === undefined) return undefined;
    const { original, copy } = await this.#uploads.copy(this.#stands);
    const different = [...original].filter(([name, hash]) => copy.get(name) !== hash);
    const more = [...copy.keys()].filter((name) => !original.has(name));
    const names = [...different.map(([name]) => name), ...more];
    if (names.length > 0 && this.#stands) {
      const some = names.slice(0, 5).join(", ");
      throw new CommandError(`${names.length} uploads differ from their copies: ${some}.`, exitCode.failed);
    }
    return copy.size;
  }

  /** The release may know migrations that the data has not seen. */
  async #migrate([app]: readonly Container[]): Promise<void> {
    const { declaration, docker, project, stack } = this.#args;
    if (declaration.migrate === undefined || app === undefined) return;
    const id = await migrationContainer(docker, { project, stack }, app, declaration.migrate.up);
    const { code, stdout, stderr } = await docker.try(["start", "--attach", id]);
    if (code !== 0) throw failure("The application's migrations fail on this data", stdout + stderr);
  }

  async #healthy(): Promise<void> {
    const { declaration, docker } = this.#args;
    const deadline = Date.now() + (declaration.start + 60) * 1000;
    for (;;) {
      const app = await this.#appContainers();
      const sound = ({ health = "healthy", status }: Container) =>
        status === "running" && health === "healthy";
      if (app.every(sound)) return;
      const sick = app.find((one) => isUnhealthy(one)) ?? app[0];
      if (Date.now() > deadline) {
        const { stdout, stderr } = await docker.try(["logs", "--tail", "20", sick?.id ?? ""]);
        throw failure("The application does not answer with this data", stdout + stderr);
      }
      await sleep(500);
    }
  }

  /** @throws CommandError naming whoever may still write to the old database */
  async #alone(): Promise<void> {
    const deadline = Date.now() + connectionsGone * 1000;
    for (;;) {
      const others = await this.#original.others();
      if (others.length === 0) return;
      if (Date.now() > deadline)
        throw new CommandError(
          `Somebody else is connected to the old database, and may write to it: ${others.join(", ")}. End that, and try again.`,
          exitCode.failed,
        );
      await sleep(500);
    }
  }

  async #appContainers(): Promise<Container[]> {
    const containers = await this.#args.docker.containersOf(this.#args.stack);
    return containers.filter(({ part }) => part === "app" || part === "worker");
  }
}
