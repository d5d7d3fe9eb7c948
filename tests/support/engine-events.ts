import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What the engine did to a container. */
export type ContainerAction = "create" | "start" | "die" | "destroy";

/**
 * Follows what the engine does to containers, from now on.
 * @param filter which ones, as `docker events` takes it
 * @returns stops following
 */
export function followContainers(
  filter: readonly string[],
  actions: readonly ContainerAction[],
  onAction: (action: ContainerAction, id: string) => void,
): () => Promise<void> {
  const events = spawn("docker", [
    ...["events", "--since", (Date.now() / 1000).toFixed(3), "--filter", "type=container", ...filter],
    ...actions.flatMap((action) => ["--filter", `event=${action}`]),
    ...["--format", "{{.Action}} {{.Actor.ID}}"],
  ]);
  const closed = once(events, "close");
  createInterface(events.stdout).on("line", (line) => {
    const [action, id = ""] = line.split(" ");
    onAction(action as ContainerAction, id);
  });
  return async () => {
    events.kill();
    await closed;
  };
}
