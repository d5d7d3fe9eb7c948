import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Container } from "../../system/container.ts";
import { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { follow, type Followed } from "../../system/run.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { readStackSettings } from "../settings/stack-settings.ts";
import { ensureGeneratedPassphrase } from "../state/passphrase.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import type { StepReporter } from "../terminal/steps.ts";
import type { Address } from "./visitors.ts";

/** Seconds that a replica of a rehearsal has to end. */
export const rehearsedDrain = 10;

/**
 * Name of the rehearsal's stack: each checkout has one, so that what a killed rehearsal left is
 * found by the next.
 */
export function rehearsalStack(root: string): string {
  return `rehearsal-${createHash("sha256").update(root).digest("hex").slice(0, 6)}`;
}

/**
 * A prod stack that nobody else sees, with state, passphrase and data of its own. It is deployed by
 * berth's own commands, so a rehearsal shows what a deployment does.
 */
export class ThrowawayStack {
  readonly name = rehearsalStack(checkout.root);
  /** The application's copy, where what a rehearsal changes is written. */
  readonly folder = join(checkout.own, "rehearsal", "application");
  readonly log = join(checkout.own, "rehearsal.log");
  readonly docker: Docker;
  readonly #session: Session;
  readonly #settings: string;

  /** @throws CommandError if the engine is another machine's, where nobody can visit it */
  constructor(session: Session) {
    const { DOCKER_HOST: host = "" } = session.env;
    if (host !== "" && !host.startsWith("unix:")) {
      throw new CommandError(
        `A rehearsal visits the application on 127.0.0.1, and DOCKER_HOST is ${host}. To rehearse on this machine's engine: unset DOCKER_HOST`,
        exitCode.usage,
      );
    }
    const home = join(checkout.own, "rehearsal");
    mkdirSync(join(home, "state"), { recursive: true });
    const passphrase = join(home, "secret");
    ensureGeneratedPassphrase(passphrase);
    this.#session = {
      ...session,
      env: {
        ...session.env,
        PULUMI_CONFIG_PASSPHRASE: undefined,
        PULUMI_BACKEND_URL: pathToFileURL(join(home, "state")).href,
        PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      },
    };
    this.docker = new Docker(session.env, undefined, projectName());
    this.#settings = checkout.settingsFile(this.name);
    writeFileSync(this.log, "");
  }

  /**
   * Writes its settings.
   * @param appFolder of the application's copy, from the checkout
   * @param more settings beside those that every rehearsal has
   * @param secrets names of the application's own secrets; each gets a random value
   * @returns how it is reached
   */
  async prepare(
    appFolder: string,
    more: Readonly<Record<string, string>>,
    secrets: readonly string[],
  ): Promise<Address> {
    const [httpPort, port] = [await freePort(), await freePort()];
    const name = "rehearsal.example.org";
    const settings = {
      shape: "prod",
      ...{ domain: name, tls: "selfsigned", proxyAddress: "127.0.0.1", httpPort, httpsPort: port },
      // One client is everybody.
      ...{ requestRate: 100_000, requestBurst: 100_000, clientConnections: 10_000 },
      ...{ replicas: 2, drainTimeout: rehearsedDrain, bakeTime: 2, backups: false, appFolder },
      ...more,
    };
    const lines = Object.entries(settings).map(
      ([key, value]) => `  ${projectName()}:${key}: ${JSON.stringify(String(value))}`,
    );
    writeFileSync(this.#settings, ["config:", ...lines, ""].join("\n"));
    if (secrets.length > 0) await this.#setSecrets(secrets);
    return { port, name };
  }

  async #setSecrets(names: readonly string[]): Promise<void> {
    const options = { stack: this.name };
    const chosen = chooseStateAndSecrets(this.#session, options, readStackSettings(this.name));
    const { pulumi } = await preparePulumi(this.#session, chosen);
    await pulumi.init(this.name);
    for (const name of names) {
      const key = `${projectName()}:secrets.${name}`;
      await pulumi.run(
        ["config", "set", "--secret", "--path", key, "--stack", this.name],
        randomBytes(24).toString("base64url"),
      );
    }
  }

  /** Runs one of berth's commands on it. */
  berth(args: readonly string[], reporter: StepReporter, signal?: AbortSignal): Promise<Followed> {
    const onLine = (line: string) => {
      if (/^[✓✗-] /.test(line)) reporter.line(line);
    };
    return follow(
      {
        command: process.execPath,
        args: [join(checkout.root, "cli/berth.mjs"), ...args, "--stack", this.name],
      },
      onLine,
      { env: this.#session.env, cwd: checkout.root, log: this.log, signal, tree: true },
    );
  }

  /** Its replicas that run. */
  async replicas(): Promise<readonly Container[]> {
    const all = await this.docker.containersOf(this.name);
    return all.filter(({ part, status }) => part === "app" && status === "running");
  }

  /** What its replicas have written. */
  async said(): Promise<string> {
    const logs = (await this.replicas()).map(({ id }) => this.docker.try(["logs", id]));
    return (await Promise.all(logs)).map(({ stdout, stderr }) => stdout + stderr).join("\n");
  }

  /** Whether there is something to take down: of a rehearsal that was killed, too. */
  get left(): boolean {
    return existsSync(this.#settings);
  }

  /**
   * Takes it down with its data and everything that it was made from.
   * @throws CommandError with the command that does it
   */
  async remove(reporter: StepReporter): Promise<void> {
    if (this.left) {
      const { code, tail } = await this.berth(["down", "--volumes", "--yes"], reporter);
      if (code !== 0) {
        throw new CommandError(
          `The rehearsal's stack ${this.name} could not be taken down:\n${tail}\nRun the same command again.`,
          exitCode.failed,
        );
      }
    }
    rmSync(this.#settings, { force: true });
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
