import { z } from "zod";

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  /** Replaced already, and waiting for its deletion. */
  delete: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

const operation = z.object({ type: z.string(), resource: z.object({ urn: z.string() }) });

const state = z.object({
  manifest: z.object({ time: z.coerce.date() }).optional(),
  secrets_providers: z
    .object({ type: z.string(), state: z.object({ salt: z.string().optional() }).nullish() })
    .nullish(),
  resources: z.array(resource).nullish(),
  pending_operations: z.array(operation).nullish(),
});

const exported = z.object({ deployment: state.nullable() });
/**
 * What Pulumi's backends on a disk keep (pulumi/pulumi, sdk/go/common/apitype,
 * VersionedCheckpoint).
 */
const kept = z.object({ version: z.literal(3), checkpoint: z.object({ latest: state.nullish() }) });

export type StateResource = z.infer<typeof resource>;

/** A stack's state, as far as berth looks into it. Secrets in it stay encrypted. */
export interface Deployment {
  /** When the state was written last. */
  readonly written: Date | undefined;
  /** Salt of the passphrase that the state's secrets are encrypted under. */
  readonly salt: string | undefined;
  readonly resources: readonly StateResource[];
  /** Operations without a recorded end, as `creating urn:…`. */
  readonly pending: readonly string[];
}

/** Reads what `pulumi stack export` prints. */
export function parseDeployment(text: string): Deployment {
  return deploymentOf(exported.parse(JSON.parse(text)).deployment);
}

/**
 * Reads a stack's file in a backend on a disk, which takes no time at all.
 * @throws if it is anything but what is expected: `pulumi stack export` understands every version
 */
export function parseStateFile(text: string): Deployment {
  return deploymentOf(kept.parse(JSON.parse(text)).checkpoint.latest);
}

function deploymentOf(found: z.infer<typeof state> | null | undefined): Deployment {
  return {
    written: found?.manifest?.time,
    salt: found?.secrets_providers?.state?.salt,
    resources: found?.resources ?? [],
    pending: (found?.pending_operations ?? []).map(({ type, resource: { urn } }) => `${type} ${urn}`),
  };
}

/** The same export without its pending operations, for `pulumi stack import`. */
export function withoutPendingOperations(text: string): string {
  const content = z
    .looseObject({ deployment: z.looseObject({ pending_operations: z.unknown() }) })
    .parse(JSON.parse(text));
  return JSON.stringify({ ...content, deployment: { ...content.deployment, pending_operations: undefined } });
}

const containerType = "docker:index/container:Container";

/** Ids of the Docker objects that the state knows, old releases' included. */
export function dockerIds(deployment: Deployment): Set<string> {
  return new Set(
    deployment.resources.flatMap(({ type, id }) =>
      type.startsWith("docker:") && id !== undefined ? [id] : [],
    ),
  );
}

/**
 * Names of the Docker volumes that a destroy deletes; those with data are kept by their own
 * declaration.
 */
export function deletedVolumes(deployment: Deployment): string[] {
  return deployment.resources.flatMap(({ type, id, retainOnDelete }) =>
    type === "docker:index/volume:Volume" && id !== undefined && retainOnDelete !== true ? [id] : [],
  );
}

/**
 * Containers that ought to run now; one-shot ones (`mustRun: false`) and replaced ones are not
 * among them.
 */
export function runningContainers(deployment: Deployment): { id: string; name: string }[] {
  return deployment.resources.flatMap((entry) => {
    if (entry.type !== containerType || entry.id === undefined) return [];
    if (entry.delete === true || entry.inputs?.["mustRun"] === false) return [];
    return [{ id: entry.id, name: resourceName(entry.urn) }];
  });
}

/** `urn:pulumi:dev::berth::parent$type::name` → `name` */
export function resourceName(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
