import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture } from "../../system/run.ts";
import type { DockerInfo } from "../docker/docker-info.ts";
import { renderProblems, type Finding } from "./finding.ts";

/**
 * Whether the disk below a folder is encrypted, with the file system on it. `unknown`: it cannot be
 * told.
 */
export interface DiskEncryption {
  readonly state: "encrypted" | "plain" | "unknown";
  readonly fileSystem: string;
}

/**
 * A shell script that prints both for the folder `$2` of the system below `$1`. dm-crypt names
 * itself in the device's uuid; what lies on several devices is encrypted if all of them are. A file
 * system without a block device of its own, such as zfs, btrfs or overlay, cannot be told.
 */
export const encryptionScript = `set -eu
best= device= type=
while read -r _ _ number _ point rest; do
  case "$2/" in "\${point%/}"/*)
    if [ "\${#point}" -ge "\${#best}" ]; then best=$point device=$number type=\${rest#* - } type=\${type%% *}; fi;;
  esac
done <"$1/proc/self/mountinfo"
encrypted() {
  case "$(cat "$1/dm/uuid" 2>/dev/null)" in CRYPT-*) return 0;; esac
  for below in "$1"/slaves/*; do
    [ -e "$below" ] || return 1
    (encrypted "$below") || return 1
  done
}
node=$1/sys/dev/block/$device
case "$device" in ""|0:*) echo "unknown \${type:-nothing}"; exit;; esac
[ -e "$node" ] || { echo "unknown $type"; exit; }
if encrypted "$node"; then echo "encrypted $type"; else echo "plain $type"; fi
`;

/** Reads what {@link encryptionScript} prints; undefined for anything else. */
export function parseEncryption(said: string): DiskEncryption | undefined {
  const [, state, fileSystem = ""] = /^(encrypted|plain|unknown) (\S+)\n?$/.exec(said) ?? [];
  return state === undefined ? undefined : { state: state as DiskEncryption["state"], fileSystem };
}

/** Docker mounts it into every container from its own folder. */
const ofDocker = "/etc/hostname";

/**
 * Whether Docker's folder lies on an encrypted disk.
 * @param folder Docker's root folder
 * @param local whether the engine runs on this machine
 * @param running containers of the engine, one of which is asked if it is another machine's
 */
export async function diskEncryption(
  docker: Docker,
  folder: string,
  local: boolean,
  running: readonly Container[],
): Promise<DiskEncryption> {
  const unknown = { state: "unknown", fileSystem: "" } as const;
  if (local) {
    const args = ["-c", encryptionScript, "sh", "", folder];
    const { stdout } = await capture({ command: "sh", args }, { env: docker.env });
    return parseEncryption(stdout) ?? unknown;
  }
  // Not every container has a shell; those of a stack do.
  const asked = running.find(({ project }) => project !== undefined) ?? running[0];
  if (asked === undefined) return unknown;
  const { stdout } = await docker.try(["exec", asked.id, "sh", "-c", encryptionScript, "sh", "", ofDocker]);
  return parseEncryption(stdout) ?? unknown;
}

const remedy =
  "docs/security.md (Data at rest) says how to encrypt it. To go without: pulumi config rm requireEncryptedDisk";

/**
 * Says whether what lies on a disk can be read by who gets the disk.
 * @param wanted setting `requireEncryptedDisk`
 */
export function encryptionFinding(
  { fileSystem, state }: DiskEncryption,
  folder: string,
  wanted: boolean,
): Finding {
  const name = "Disk encryption";
  const on = fileSystem === "" ? folder : `${folder} (${fileSystem})`;
  if (state === "encrypted") return { name, state: "ok", text: `${on} lies on dm-crypt` };
  const text =
    state === "plain"
      ? `${on} is not encrypted: who gets the disk can read the database and the uploads`
      : `whether ${on} is encrypted cannot be told${fileSystem === "" ? " before a container runs" : ""}`;
  if (!wanted) return { name, state: "ok", text };
  return { name, state: "problem", text: `${text}, and requireEncryptedDisk is set`, remedy };
}

/**
 * Refuses a stack that wants an encrypted disk, for commands that look at nothing else of the host.
 * @throws CommandError
 */
export async function requireEncryption(docker: Docker, info: DockerInfo, local: boolean): Promise<void> {
  const folder = info.DockerRootDir;
  const found = await diskEncryption(docker, folder, local, await docker.containers([]));
  const problems = renderProblems([encryptionFinding(found, folder, true)]);
  if (problems !== "")
    throw new CommandError(`The stack would be refused by this host:\n${problems}`, exitCode.environment);
}
