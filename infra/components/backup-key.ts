import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { LastState } from "../facts/last-state.ts";

/** The key that a stack makes for its backups. */
export function backupKey(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  return new random.RandomPassword(`${name}-key`, { length: 64, special: false }, { parent }).result;
}

/** Whether the last update left a key that the stack made for its backups of that name. */
export function hasBackupKey(name: string, state: LastState): boolean {
  return Object.keys(state).some((urn) => urn.endsWith(`::${name}-key`));
}

/**
 * Backups that are switched off. Their key stays: the repositories stay too, and another key would
 * not open them when backups are switched on again.
 */
export class IdleBackups extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Backups", name, {}, opts);
    backupKey(name, this);
    this.registerOutputs({});
  }
}
