import { z } from "zod";
import { dockerCommand } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { heldParts, type HeldPart } from "../../releases/restart-record.ts";

/** Environment of the commands that record restarts, beside what docker reads. */
export const restartEnvironment = z.object({
  PROJECT: z.string(),
  STACK: z.string(),
  PART: z.enum(heldParts),
});
export type RestartEnvironment = z.output<typeof restartEnvironment>;

const program = { postgres: "postgres", redis: "redis-server" } as const satisfies Record<HeldPart, string>;

/** The version in what a program says of itself; empty if it says none. */
const versionIn = (said: string) => /\d+(?:\.\d+)+/.exec(said)?.[0] ?? "";

/** Id of the part's running container; undefined if none runs. */
export async function runningContainer(
  docker: Docker,
  { PROJECT, STACK, PART }: RestartEnvironment,
): Promise<string | undefined> {
  const labels = [`label=berth.project=${PROJECT}`, `label=berth.stack=${STACK}`, `label=berth.part=${PART}`];
  const ids = await docker.run(dockerCommand.ids("container", labels));
  return ids.split("\n").find((id) => id !== "");
}

/** The program's version in a running container; empty if it cannot be had. */
export async function versionOf(
  docker: Docker,
  container: string | undefined,
  part: HeldPart,
): Promise<string> {
  if (container === undefined) return "";
  return versionIn((await docker.try(["exec", container, program[part], "--version"])).stdout);
}

/** The program's version in an image; empty if it cannot be had. */
export async function versionInImage(docker: Docker, image: string, part: HeldPart): Promise<string> {
  const run = ["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"];
  return versionIn((await docker.try([...run, "--entrypoint", program[part], image, "--version"])).stdout);
}
