import type { BackupStand } from "./backup-stand.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";

const host = "sftp.test";
const port = 2222;

/** Another host with an SSH server, as a repository. */
export interface SftpRepository {
  /** Settings of a stack whose backups go there. */
  readonly settings: Readonly<Record<string, string>>;
  readonly key: string;
  /** The other host's disk, as a shell sees it. */
  shell(script: string): Promise<string>;
}

const start = `set -e
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f /host
ssh-keygen -q -t ed25519 -N '' -f /client
useradd --create-home keeper
install -d -o keeper -m 0700 /home/keeper/.ssh /srv/backups
install -o keeper -m 0600 /client.pub /home/keeper/.ssh/authorized_keys
touch /made
exec /usr/sbin/sshd -D -e -p ${port} -h /host -o PasswordAuthentication=no -o PidFile=none`;

/** Starts one on the network of a stand's repositories; it goes with the stand. */
export async function sftpRepository(stand: BackupStand): Promise<SftpRepository> {
  const image = await stand.scratch.build(
    [
      "ARG BASE_IMAGE",
      "FROM ${BASE_IMAGE}",
      "USER root",
      "RUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends openssh-server",
    ].join("\n"),
    { BASE_IMAGE: stand.image },
  );
  const server = await stand.scratch.start(
    image,
    ["--network", stand.outer, "--network-alias", host, "--user", "0:0", "--entrypoint", "sh"],
    ["-c", start],
  );
  await eventually(() => docker(["exec", server, "test", "-e", "/made"]), 60_000);
  const [kind = "", public_ = ""] = (await docker(["exec", server, "cat", "/host.pub"])).split(" ");
  return {
    settings: {
      backupTo: "sftp",
      backupSftp: `sftp://keeper@${host}:${port}/srv/backups`,
      backupSftpHostKey: `${kind} ${public_}`,
    },
    key: await docker(["exec", server, "cat", "/client"]),
    shell: (script) => docker(["exec", server, "sh", "-euc", `cd /srv/backups; ${script}`]),
  };
}
