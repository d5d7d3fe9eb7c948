import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "shlex";
import { WatcherContainer } from "../../cli/running/watcher-container.ts";
import { isQuiet, parseAlerts, parseAnswers, type AlertReport } from "../../cli/status/alert-report.ts";
import { databaseName } from "../../infra/facts/stack-names.ts";
import { watchRoleSql } from "../../infra/rendering/watch-role-sql.ts";
import { Docker } from "../../system/docker.ts";
import { baseImage } from "./base-image.ts";
import { derivedImage } from "./derived-image.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { ScratchContainers } from "./scratch-containers.ts";

const project = "berth-watch-stand";
const password = "watched";
const secretsFolder = "/run/secrets/watcher";

/** What the receiver got. */
export interface Received {
  readonly kind: "http" | "mail" | "ready";
  readonly path?: string;
  readonly body?: Readonly<Record<string, string>> | null;
  readonly subject?: string;
  readonly text?: string;
  readonly to?: readonly string[];
}

/** The watcher beside two replicas, Postgres, and a receiver of its messages. */
export class WatchStand {
  readonly scratch = new ScratchContainers();
  readonly #docker = new Docker(process.env, undefined, project);
  #network = "";
  #state = "";
  #receiver = "";
  image = "";
  postgres = "";
  watcher = "";
  readonly replicas: string[] = [];

  /** Name of the stack, in labels. */
  get stack(): string {
    return this.scratch.id;
  }

  async prepare(): Promise<void> {
    const [debian, postgres] = [await baseImage("debian"), await baseImage("postgres")];
    this.image = await derivedImage("watcher", debian);
    this.#network = await this.scratch.network();
    this.#state = await this.scratch.volume(this.image, "chown 998:998 .");
    this.postgres = await this.scratch.start(postgres, [
      ...["--network", this.#network, "--network-alias", "postgres"],
      ...["--env", "POSTGRES_PASSWORD=superuser", "--env", `POSTGRES_DB=${databaseName}`],
    ]);
    this.#receiver = await this.#python("alert_receiver.py", ["--network-alias", "receiver"]);
    for (const name of ["app-1", "app-2"])
      this.replicas.push(
        await this.#python("watch_replica.py", ["--network-alias", "app", "--hostname", name]),
      );
    // While it is set up, Postgres listens on its socket only.
    await eventually(() => docker(["exec", this.postgres, "pg_isready", "-q", "-h", "127.0.0.1"]), 120_000);
    await this.sql(
      "create schema jobs; create table jobs.job (name text, state text, start_after timestamptz, data jsonb); create table jobs.queue (name text, dead_letter text)",
    );
    await docker(
      ["exec", "--interactive", this.postgres, "psql", "-Xq", "-U", "postgres"],
      watchRoleSql(password, databaseName),
    );
  }

  /**
   * Starts the watcher, or replaces it.
   * @param webhook path at the receiver
   * @param changed settings of the program
   */
  async watch(webhook: string, changed: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const settings = {
      project,
      stack: this.stack,
      replicas: { appHost: "app", port: 8000, health: "/health", count: 2, grace: 60 },
      worker: null,
      database: { databaseHost: "postgres", name: databaseName, pool: 10 },
      cache: null,
      edge: null,
      backups: false,
      webhook: true,
      mail: {
        ...{ server: "receiver", port: 2525, tlsFirst: false, encrypted: false },
        user: null,
        sender: "Shop <shop@example.org>",
        to: ["ops@example.org", "night@example.org"],
      },
      heartbeat: true,
      heartbeatInterval: 20,
      repeat: 86_400,
      pace: 0.05,
      ...changed,
    };
    const files = {
      "database-password": password,
      webhook: `http://receiver:8080${webhook}`,
      heartbeat: "http://receiver:8080/ping",
    };
    const write = Object.entries(files).map(([name, text]) => `printf %s ${quote(text)} >${name}`);
    const secrets = await this.scratch.volume(this.image, [...write, "chown 998:998 *"].join("\n"));
    if (this.watcher !== "") await docker(["rm", "--force", this.watcher]);
    const labels = { "berth.project": project, "berth.stack": this.stack, "berth.part": "watcher" };
    this.watcher = await this.scratch.start(this.image, [
      ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
      ...["--network", this.#network, "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m"],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "64m"],
      ...["--env", `WATCH_SETTINGS=${JSON.stringify(settings)}`, "--env", `SECRETS=${secretsFolder}`],
      ...["--volume", `${this.#state}:/var/lib/berth/watch`, "--volume", `${secrets}:${secretsFolder}:ro`],
    ]);
  }

  /** What a query on the application's database prints. */
  async sql(text: string): Promise<string> {
    return docker(["exec", this.postgres, "psql", "-XAtqU", "postgres", "-d", databaseName, "-c", text]);
  }

  /** Everything that the receiver got. */
  async received(): Promise<Received[]> {
    const lines = (await this.scratch.logs(this.#receiver))
      .split("\n")
      .filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line) as Received);
  }

  /** Webhooks of one rule, as `firing` and `resolved`, in their order. */
  async hooks(alert: string): Promise<string[]> {
    return (await this.received()).flatMap(({ body }) =>
      body?.["alert"] === alert ? [body["status"] ?? ""] : [],
    );
  }

  /** What `berth alerts` shows. */
  async report(): Promise<AlertReport> {
    return parseAlerts(await (await this.#watcher()).status());
  }

  /** Waits until nothing fires and every receiver takes what it is sent. */
  async quiet(): Promise<void> {
    await eventually(async () => {
      const report = await this.report();
      if (!isQuiet(report) || report.rules.some(({ state }) => state === "pending"))
        throw new Error(JSON.stringify(report));
    }, 120_000);
  }

  /** What `berth alerts test` gets. */
  async test() {
    return parseAnswers(await (await this.#watcher()).test());
  }

  #watcher(): Promise<WatcherContainer> {
    return WatcherContainer.of(this.#docker, this.stack);
  }

  /** Starts a program of this folder. */
  async #python(file: string, options: readonly string[]): Promise<string> {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    const run = ["--network", this.#network, "--init", "--entrypoint", "python3", ...options];
    return this.scratch.start(this.image, run, ["-c", text]);
  }
}
