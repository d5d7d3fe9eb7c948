import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { labels, type Identity } from "../policy/host.ts";

/**
 * A volume with people's data. Its name is fixed and it stays when the stack is destroyed, so that
 * no Pulumi operation can lose data and the next `up` finds it again; `berth down --volumes` is the
 * way to delete it.
 */
export function dataVolume(
  identity: Identity,
  part: string,
  parent: pulumi.Resource,
  name = `${identity.project}-${identity.stack}-${part}`,
): docker.Volume {
  return new docker.Volume(
    `${part}-data`,
    { name, labels: labels(identity, part) },
    // Nothing is deleted, so what uses it must not go first either.
    { parent, retainOnDelete: true, deleteBeforeReplace: false },
  );
}
