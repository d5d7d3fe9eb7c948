import { z } from "zod";

const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean(),
  id: z.string().optional(),
  parent: z.string().optional(),
  provider: z.string().optional(),
  delete: z.boolean().optional(),
  dependencies: z.array(z.string()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
});
type Resource = z.output<typeof resource>;

const exported = z.looseObject({
  deployment: z.looseObject({
    secrets_providers: z.unknown(),
    resources: z.array(resource).nullish(),
  }),
});

/** A state with values that an earlier state of the same stack had made. */
export interface WithMadeValues {
  /** For `pulumi stack import`. */
  readonly text: string;
  /** Values that were taken over. */
  readonly adopted: number;
  /** Both states are encrypted alike; nothing can be taken over otherwise. */
  readonly readable: boolean;
}

/** Nothing on a host stands behind it: passwords and keys, and the counters of their rotations. */
function isMadeValue({ type, urn }: Resource): boolean {
  return type.startsWith("random:") || (type === "command:local:Command" && urn.endsWith("-rotation"));
}

/**
 * Adds what the lost state of a stack had made by itself, keys of sessions for example, to a new
 * state. What the new one has stays as it is, and nothing that stood on the lost host comes along.
 * @param present what `pulumi stack export` prints of the new state, whose providers are there
 * @param lost the same of the lost one
 */
export function withMadeValues(present: string, lost: string): WithMadeValues {
  const into = exported.parse(JSON.parse(present));
  const { deployment: from } = exported.parse(JSON.parse(lost));
  const resources = [...(into.deployment.resources ?? [])];
  const alike = JSON.stringify(from.secrets_providers) === JSON.stringify(into.deployment.secrets_providers);
  if (!alike) return { text: present, adopted: 0, readable: false };
  const known = new Set(resources.map(({ urn }) => urn));
  const byUrn = new Map((from.resources ?? []).map((one) => [one.urn, one]));
  const providers = providersOf(resources);
  /** Adds a resource behind its parents; says whether it is there. */
  const add = (one: Resource): boolean => {
    if (known.has(one.urn)) return true;
    if (one.parent !== undefined && !known.has(one.parent)) {
      const parent = byUrn.get(one.parent);
      if (parent === undefined || parent.custom || !add(parent)) return false;
    }
    const provider = one.custom ? providers.get(packageOf(one.type)) : undefined;
    if (one.custom && provider === undefined) return false;
    resources.push(joined(one, provider, known));
    known.add(one.urn);
    return true;
  };
  const made = (from.resources ?? []).filter(
    (one) => one.delete !== true && isMadeValue(one) && !known.has(one.urn),
  );
  const adopted = made.filter(add).length;
  return {
    text: JSON.stringify({ ...into, deployment: { ...into.deployment, resources } }),
    adopted,
    readable: true,
  };
}

/** References of a state's providers, by package. */
function providersOf(resources: readonly Resource[]): Map<string, string> {
  const prefix = "pulumi:providers:";
  return new Map(
    resources.flatMap(({ type, urn, id }) =>
      type.startsWith(prefix) && id !== undefined ? [[type.slice(prefix.length), `${urn}::${id}`]] : [],
    ),
  );
}

const packageOf = (type: string) => type.slice(0, type.indexOf(":"));

/** A resource that names nothing but what the new state has. */
function joined(one: Resource, provider: string | undefined, known: ReadonlySet<string>): Resource {
  const own = (urns: readonly string[] | null | undefined) => (urns ?? []).filter((urn) => known.has(urn));
  return {
    ...one,
    ...(provider === undefined ? {} : { provider }),
    dependencies: own(one.dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries(one.propertyDependencies ?? {}).map(([name, urns]) => [name, own(urns)]),
    ),
  };
}

/** A state's export without its resources, for `pulumi stack import`. */
export function withoutResources(text: string): string {
  const content = exported.parse(JSON.parse(text));
  return JSON.stringify({
    ...content,
    deployment: { ...content.deployment, resources: [], pending_operations: undefined },
  });
}
