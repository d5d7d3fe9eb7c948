import { dataVolumeName, versionOfVolume, type PostgresVersion } from "../../releases/data-version.ts";
import { dataFiles, freeze, runningPostgres, versionChanges } from "../../releases/read-data-files.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { copyPart } from "./copy-server.ts";
import { copyLabel } from "./version-upgrade.ts";

/** The stack whose upgrade is looked at. */
interface Owner {
  readonly project: string;
  readonly stack: string;
}

/** What was done about an upgrade that did not get to its end. */
export type Settled = "nothing was left" | "goes on" | "taken back";

/**
 * Settles what a change of the version has left that did not get to its end: it goes on if the
 * settings ask for the new version and its copy is complete and good, and is taken back otherwise.
 * Taken back, the original takes writes again, which has had all rows all the time.
 * @param wanted version of the settings; undefined takes back in any case
 */
export async function settleUpgrade(
  docker: Docker,
  owner: Owner,
  wanted: PostgresVersion | undefined,
): Promise<Settled> {
  const servers = await docker.run([
    ...["ps", "--all", "--quiet", "--filter", `label=berth.part=${copyPart}`],
    ...["--filter", `label=berth.project=${owner.project}`, "--filter", `label=berth.stack=${owner.stack}`],
  ]);
  const left = servers.split("\n").filter((id) => id !== "");
  for (const id of left) await docker.try(["rm", "--force", "--volumes", id]);
  const container = await runningPostgres(docker, owner);
  if (container === undefined) return "nothing was left";

  const { running, frozen } = await dataFiles(docker, owner);
  const changes = await versionChanges(docker, owner);
  const [last] = changes;
  const open = last?.from === running ? last : undefined;
  if (open !== undefined && open.to === wanted && (open.way === "back" || frozen)) return "goes on";

  if (frozen) await freeze(docker, container, false);
  const copies = await copiesOf(docker, owner);
  // The copy of an upgrade that was not deployed, and those that no record calls complete.
  const worthless = copies.filter((name) => {
    const version = versionOfVolume(owner, name);
    const complete = changes.some(({ to, way }) => way === "copy" && to === version);
    return !complete || (open?.way === "copy" && name === dataVolumeName(owner, open.to));
  });
  if (open !== undefined) await docker.try(dockerCommand.removeVolumes([open.volume]));
  // Docker keeps what a container uses.
  for (const name of worthless) await docker.try(dockerCommand.removeVolumes([name]));
  const found = frozen || open !== undefined || left.length + worthless.length > 0;
  return found ? "taken back" : "nothing was left";
}

async function copiesOf(docker: Docker, { project, stack }: Owner): Promise<string[]> {
  const labels = [copyLabel, `berth.project=${project}`, `berth.stack=${stack}`];
  const names = await docker.run(
    dockerCommand.ids(
      "volume",
      labels.map((label) => `label=${label}`),
    ),
  );
  return names.split("\n").filter((name) => name !== "");
}
