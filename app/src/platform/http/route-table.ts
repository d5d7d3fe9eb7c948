/** A path's leaf: what it leads to, and the names of its parameters in order. */
interface Leaf<Target> {
  readonly path: string;
  readonly names: readonly string[];
  readonly target: Target;
}

interface Branch<Target> {
  readonly literal: Map<string, Branch<Target>>;
  parameter: Branch<Target> | undefined;
  leaf: Leaf<Target> | undefined;
}

/** Where an address leads. */
export interface Match<Target> {
  /** As declared. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly target: Target;
}

/** Whole segments, each a literal or one parameter: what this table understands. */
const plain = /^(?:\/(?:[\w.~-]+|:\w+))+$/;

function branch<Target>(): Branch<Target> {
  return { literal: new Map(), parameter: undefined, leaf: undefined };
}

function decoded(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Finds the path that an address belongs to, in steps as many as it has segments: Express tries
 * one path after the other. Where several fit it is the one with a literal at the first segment in
 * which they differ. It knows plain paths in their very spelling only; whatever it does not know
 * (patterns, other capitals, a slash at the end, broken escapes) is Express' to decide, and so is
 * all beneath the literal beginning of a pattern.
 */
export function createRouteTable<Target>(
  targets: ReadonlyMap<string, Target>,
): (address: string) => Match<Target> | undefined {
  const root = branch<Target>();
  const patterns: string[] = [];
  for (const [path, target] of targets) {
    if (!plain.test(path)) {
      patterns.push(/^[\w./~-]*/.exec(path)?.[0] ?? "");
      continue;
    }
    let place = root;
    const names: string[] = [];
    for (const segment of path.slice(1).split("/")) {
      if (segment.startsWith(":")) {
        names.push(segment.slice(1));
        place = place.parameter ??= branch();
      } else {
        const next = place.literal.get(segment) ?? branch<Target>();
        place.literal.set(segment, next);
        place = next;
      }
    }
    place.leaf = { path, names, target };
  }

  const walk = (
    place: Branch<Target>,
    segments: readonly string[],
    at: number,
    values: string[],
  ): Leaf<Target> | undefined => {
    const segment = segments[at];
    if (segment === undefined) return place.leaf;
    const literal = place.literal.get(segment);
    const found = literal && walk(literal, segments, at + 1, values);
    if (found || segment === "" || !place.parameter) return found;
    values.push(segment);
    const beyond = walk(place.parameter, segments, at + 1, values);
    if (!beyond) values.pop();
    return beyond;
  };

  return (address) => {
    if (patterns.some((beginning) => address.startsWith(beginning))) return undefined;
    const values: string[] = [];
    const leaf = walk(root, address.slice(1).split("/"), 0, values);
    if (!leaf) return undefined;
    const params: Record<string, string> = {};
    for (const [index, name] of leaf.names.entries()) {
      const value = decoded(values[index] ?? "");
      if (value === undefined) return undefined;
      params[name] = value;
    }
    return { path: leaf.path, params, target: leaf.target };
  };
}
