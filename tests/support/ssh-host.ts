import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canInstall } from "../../cli/apt.ts";
import { finish } from "./docker.ts";
import { freePorts } from "./free-ports.ts";

/** An ssh server on loopback that leads to this machine's Docker. */
export interface SshHost {
  /** `ssh://user@127.0.0.1:port` */
  readonly address: string;
  /** Environment in which `ssh` knows the server and has its key. */
  readonly env: Readonly<Record<string, string>>;
  /** How many sessions the server has let in. */
  sessions(): number;
  /** How many connections it has dropped because too many had begun. */
  dropped(): number;
  /** Refuses new connections for a while; those that are open stay. */
  pause(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

const server = "/usr/sbin/sshd";

/** Why there can be no ssh server here; installs Debian's where that is possible. */
export async function sshServerMissing(): Promise<string | false> {
  if (existsSync(server)) return false;
  if (!canInstall()) return "the ssh server is not installed: apt-get install openssh-server";
  // Without systemd the package starts nothing, and this policy keeps it so elsewhere.
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await finish("apt-get", ["update"], { env });
  const { status, stderr } = await finish(
    "apt-get",
    ["install", "-y", "--no-install-recommends", "openssh-server"],
    { env },
  );
  return status === 0 ? false : `the ssh server cannot be installed: ${stderr.slice(-300)}`;
}

/**
 * Starts a server with keys of its own; the user's own ssh settings are neither read nor changed.
 */
export async function sshHost(): Promise<SshHost> {
  const folder = mkdtempSync(join(tmpdir(), "berth-ssh-"));
  chmodSync(folder, 0o700);
  const [port = 0] = await freePorts(1);
  for (const name of ["host", "user"]) {
    const { status, stderr } = await finish("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-f",
      join(folder, name),
    ]);
    if (status !== 0) throw new Error(stderr);
  }
  const publicKey = (name: string) => readFileSync(join(folder, `${name}.pub`), "utf8");
  const log = join(folder, "log");
  writeFileSync(join(folder, "authorized_keys"), publicKey("user"), { mode: 0o600 });
  writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${publicKey("host")}`);
  writeFileSync(
    join(folder, "sshd_config"),
    [
      "ListenAddress 127.0.0.1",
      `Port ${port}`,
      `HostKey ${join(folder, "host")}`,
      `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
      "PasswordAuthentication no",
      "UsePAM no",
      "PidFile none",
      // The folder is below /tmp, which everybody may write to.
      "StrictModes no",
      // From the eighth on, connections are dropped while as many have not logged in. Stock servers
      // begin at ten, and hosts with more processors than this one begin more at a time.
      "MaxStartups 8:100:8",
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(folder, "ssh_config"),
    [
      "Host *",
      `  IdentityFile ${join(folder, "user")}`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${join(folder, "known_hosts")}`,
      "  StrictHostKeyChecking yes",
      "",
    ].join("\n"),
  );
  // ssh reads its settings from the account's home only: a client of this name is found first.
  mkdirSync(join(folder, "bin"));
  const client = (await finish("sh", ["-c", "command -v ssh"])).stdout.trim();
  writeFileSync(
    join(folder, "bin/ssh"),
    `#!/bin/sh\nexec ${client} -F ${join(folder, "ssh_config")} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  mkdirSync("/run/sshd", { recursive: true });
  const start = async () => {
    const begun = spawn(server, ["-D", "-f", join(folder, "sshd_config"), "-E", log], { stdio: "ignore" });
    await listening(port);
    return begun;
  };
  let daemon = await start();
  const end = async () => {
    if (daemon.exitCode !== null) return;
    daemon.kill();
    await once(daemon, "exit");
  };
  return {
    address: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    env: { PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` },
    sessions: () => readFileSync(log, "utf8").split("Accepted publickey").length - 1,
    dropped: () => readFileSync(log, "utf8").split(/drop connection|past MaxStartups/).length - 1,
    async pause(milliseconds) {
      await end();
      await sleep(milliseconds);
      daemon = await start();
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await sleep(100);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
