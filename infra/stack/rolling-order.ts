import { local } from "@pulumi/command";
import { replicaName } from "../resources/rolling-replicas.ts";
import type { StackContext } from "./stack-context.ts";

/**
 * Numbers of the replicas in the order in which a release replaces them: those that do not serve
 * come first. After an update that ended at the second of two replicas, the next one would
 * otherwise stop the only one that serves.
 */
export async function rollingOrder({ host, identity, config }: StackContext): Promise<readonly number[]> {
  const { stdout } = await local.run({
    command: "sh infra/commands/serving-replicas.sh",
    environment: { ...host.environment, PROJECT: identity.project, STACK: identity.stack },
    logging: "none",
  });
  const serving = new Set(stdout.split("\n"));
  const serves = (number: number) => serving.has(replicaName(identity, number));
  const numbers = Array.from({ length: config.app.replicas }, (_, index) => index + 1);
  return [...numbers.filter((number) => !serves(number)), ...numbers.filter(serves)];
}
