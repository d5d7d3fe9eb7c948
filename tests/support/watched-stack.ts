import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AlertReport } from "../../cli/status/alert-report.ts";
import type { Deployment } from "./deployment.ts";
import { docker, finish } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { prodDeployment } from "./prod-deployment.ts";
import { ScratchContainers } from "./scratch-containers.ts";

const inspected = z.tuple([
  z.object({
    Name: z.string(),
    Config: z.object({
      Image: z.string(),
      Env: z.array(z.string()),
      Labels: z.record(z.string(), z.string()),
    }),
    Mounts: z.array(z.object({ Name: z.string(), Destination: z.string(), RW: z.boolean() })),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  }),
]);

/** One message that a receiver took. */
export interface Told {
  readonly alert: string;
  readonly status: string;
  readonly summary: string;
}

/** A prod stack whose alerts reach a receiver of the test's own. */
export class WatchedStack {
  readonly scratch = new ScratchContainers();
  readonly deployment: Deployment;
  #receiver = "";

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  /** Deploys it. */
  static async deployed(): Promise<WatchedStack> {
    const { deployment, settings } = await prodDeployment({ replicas: "2", drainTimeout: "3" });
    const stack = new WatchedStack(deployment);
    deployment.configure({
      ...settings,
      alertsMail: "ops@example.org",
      smtpUrl: "smtp://receiver:2525",
      smtpTls: "off",
      mailFrom: "shop@example.org",
      alertsHeartbeatEvery: "30",
    });
    await deployment.set("alertsWebhook", "http://receiver:8080/hook", "--secret");
    await deployment.set("alertsHeartbeat", "http://receiver:8080/ping", "--secret");
    await deployment.up();
    const { Config, NetworkSettings } = await stack.inspect("watcher");
    const edge = Object.keys(NetworkSettings.Networks).find((name) => name.includes("edge"));
    const text = readFileSync(join(import.meta.dirname, "alert_receiver.py"), "utf8");
    const run = ["--init", "--entrypoint", "python3", "--network", edge ?? "", "--network-alias", "receiver"];
    stack.#receiver = await stack.scratch.start(Config.Image, run, ["-c", text]);
    return stack;
  }

  async remove(): Promise<void> {
    await this.scratch.remove();
    const left = await docker(["ps", "-aq", ...this.deployment.labels("watcher")]);
    if (left !== "") await docker(["rm", "--force", ...left.split("\n")]);
    await this.deployment.remove();
  }

  /** The first container of a part. */
  async container(part: string): Promise<string> {
    const [container] = await this.deployment.containers(part);
    return container?.Id ?? assert.fail(`no ${part}`);
  }

  async inspect(part: string) {
    const [container] = inspected.parse(JSON.parse(await docker(["inspect", await this.container(part)])));
    return container;
  }

  /**
   * Has the watcher look and tell faster: the same image, settings and volumes, with another pace.
   * @param pace what every interval and grace is multiplied by
   * @param state volume in the place of its own: another disk
   */
  async hurry(pace: number, state?: string): Promise<void> {
    const { Config, Mounts, Name, NetworkSettings } = await this.inspect("watcher");
    const env = Config.Env.filter((line) => /^(?:SECRETS|WATCH_SETTINGS)=/.test(line)).map((line) => {
      if (line.startsWith("SECRETS=")) return line;
      const settings = JSON.parse(line.slice(line.indexOf("=") + 1)) as object;
      return `WATCH_SETTINGS=${JSON.stringify({ ...settings, pace })}`;
    });
    const [first = "", ...others] = Object.keys(NetworkSettings.Networks);
    const own = Name.replace("/", "");
    await docker(["rm", "--force", own]);
    await docker([
      ...["run", "--detach", "--name", own, "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"],
      ...["--memory", "64m", "--network", first, ...env.flatMap((line) => ["--env", line])],
      ...Object.entries(Config.Labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
      ...Mounts.flatMap(({ Destination, Name: volume, RW }) => [
        "--volume",
        `${Destination === "/var/lib/berth/watch" ? (state ?? volume) : volume}:${Destination}${RW ? "" : ":ro"}`,
      ]),
      Config.Image,
    ]);
    for (const network of others) await docker(["network", "connect", network, own]);
  }

  /** What `berth alerts` shows. */
  async report(): Promise<AlertReport> {
    const { stdout, stderr } = await this.deployment.berth(
      "alerts",
      "--json",
      "--stack",
      this.deployment.stack,
    );
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout) as AlertReport;
  }

  /** Names of the rules in a state. */
  async in(state: AlertReport["rules"][number]["state"]): Promise<string[]> {
    return (await this.report()).rules.filter((rule) => rule.state === state).map(({ name }) => name);
  }

  /** Every webhook so far. */
  async told(): Promise<Told[]> {
    const lines = (await this.scratch.logs(this.#receiver))
      .split("\n")
      .filter((line) => line.includes('"/hook"'));
    return lines.flatMap((line) => (JSON.parse(line) as { body: Told | null }).body ?? []);
  }

  /** Subjects of every mail so far. */
  async letters(): Promise<string[]> {
    const lines = (await this.scratch.logs(this.#receiver)).split("\n");
    return lines
      .filter((line) => line.includes('"kind": "mail"'))
      .map((line) => (JSON.parse(line) as { subject: string }).subject);
  }

  /** Shifts the receiver's clock by seconds. */
  async shift(seconds: number): Promise<void> {
    await docker(["exec", this.#receiver, "sh", "-c", `echo ${seconds} >/tmp/shift`]);
  }

  /** Waits until nothing fires or is about to. */
  async quiet(): Promise<void> {
    await eventually(async () => {
      const { rules } = await this.report();
      const loud = rules.filter(({ state }) => state === "firing" || state === "pending");
      assert.deepEqual(loud, []);
    }, 150_000);
  }

  /**
   * Causes a fault, and clears it once its alert has reached the receiver by both ways.
   * @returns every alert that fired meanwhile, the fault's own first
   */
  async caused(
    alert: string,
    fault: () => Promise<unknown>,
    clear: () => Promise<unknown>,
  ): Promise<string[]> {
    await this.quiet();
    const before = (await this.told()).length;
    const since = async () => (await this.told()).slice(before).filter((one) => one.status !== "test");
    await fault();
    try {
      await eventually(async () => {
        const got = await since();
        assert.ok(
          got.some((one) => one.alert === alert && one.status === "firing"),
          JSON.stringify(got),
        );
        assert.ok((await this.letters()).some((subject) => subject.includes(`FIRING: ${alert}: `)));
      }, 150_000);
      await this.#runbook(alert);
    } finally {
      await clear();
    }
    await eventually(async () => {
      const last = (await since()).filter((one) => one.alert === alert).at(-1);
      assert.equal(last?.status, "resolved");
    }, 150_000);
    const names = new Set((await since()).map((one) => one.alert));
    names.delete(alert);
    return [alert, ...names];
  }

  /** Runs the commands of an alert's page, as they are written there; they work while it fires. */
  async #runbook(alert: string): Promise<void> {
    const page = readFileSync(join(this.deployment.folder, `docs/runbooks/${alert}.md`), "utf8");
    const [, block = ""] = /^```sh\n([^]*?)^```$/m.exec(page) ?? [];
    const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const command = line
        .replaceAll(/--stack prod\b/g, `--stack ${this.deployment.stack}`)
        .replaceAll("berth.stack=prod", `berth.stack=${this.deployment.stack}`)
        .replace(/^npx berth/, `${process.execPath} cli/berth.mjs`);
      const { status, stdout, stderr } = await finish("bash", ["-c", command], {
        cwd: this.deployment.folder,
        env: { BERTH_ALLOW_GENERATED_PASSPHRASE: "1" },
      });
      // Commands that judge say that something is wrong, which it is.
      const judges = /berth (?:alerts|status|doctor|backups|certs)/.test(line);
      assert.ok(
        status === 0 || (judges && status !== null && [1, 3].includes(status)),
        `${line}: ${status}\n${stdout}${stderr}`,
      );
      assert.notEqual((stdout + stderr).trim(), "", line);
    }
  }
}
