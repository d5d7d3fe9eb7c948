import type { AlterTableCmd, AlterTableType } from "libpg-query";

/** Modes of a lock on a table, from the least on. Those that only readers take are left out. */
export const lockModes = [
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

/** https://www.postgresql.org/docs/17/explicit-locking.html#LOCKING-TABLES */
export type LockMode = (typeof lockModes)[number];

/** Who waits while a lock of that mode is held. */
export const whoWaits: Readonly<Record<LockMode, string>> = {
  "ROW EXCLUSIVE": "writers of the same rows",
  "SHARE UPDATE EXCLUSIVE": "nobody but other migrations",
  SHARE: "writers",
  "SHARE ROW EXCLUSIVE": "writers",
  EXCLUSIVE: "writers",
  "ACCESS EXCLUSIVE": "readers and writers",
};

/** The stronger of two modes. */
export function stronger(one: LockMode, other: LockMode): LockMode {
  return lockModes.indexOf(one) < lockModes.indexOf(other) ? other : one;
}

/** Less than ACCESS EXCLUSIVE in ALTER TABLE: `AlterTableGetLockLevel` of Postgres 17. */
const weaker: Partial<Record<AlterTableType, LockMode>> = {
  AT_EnableTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableAlwaysTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableReplicaTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigUser: "SHARE ROW EXCLUSIVE",
  AT_DisableTrig: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigUser: "SHARE ROW EXCLUSIVE",
  AT_SetStatistics: "SHARE UPDATE EXCLUSIVE",
  AT_ClusterOn: "SHARE UPDATE EXCLUSIVE",
  AT_DropCluster: "SHARE UPDATE EXCLUSIVE",
  AT_SetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_SetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ValidateConstraint: "SHARE UPDATE EXCLUSIVE",
  AT_AttachPartition: "SHARE UPDATE EXCLUSIVE",
  AT_DetachPartitionFinalize: "SHARE UPDATE EXCLUSIVE",
};

/** Mode of the lock on the altered table. */
export function modeOfAlter({ def, subtype }: AlterTableCmd): LockMode {
  if (subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def)
    return def.Constraint.contype === "CONSTR_FOREIGN" ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
  if (subtype === "AT_DetachPartition" && def !== undefined && "PartitionCmd" in def)
    return def.PartitionCmd.concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  return (subtype && weaker[subtype]) ?? "ACCESS EXCLUSIVE";
}

/** Modes of LOCK TABLE by their numbers in the parsed statement. */
const numbered: Readonly<Record<number, LockMode>> = {
  3: "ROW EXCLUSIVE",
  4: "SHARE UPDATE EXCLUSIVE",
  5: "SHARE",
  6: "SHARE ROW EXCLUSIVE",
  7: "EXCLUSIVE",
  8: "ACCESS EXCLUSIVE",
};

/** @returns undefined for the two modes that only readers take */
export function modeOfLock(number: number | undefined): LockMode | undefined {
  return numbered[number ?? 8];
}
