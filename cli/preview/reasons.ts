import { isKnown, type PlannedChange } from "./preview-steps.ts";

/** Properties that follow from others, and say nothing by themselves. */
const derived = new Set(["name", "build", "labels", "memorySwap"]);

/** Numbers that are shown, and what they count. Other values may be secret, or become so. */
const shown: Readonly<Record<string, string>> = { memory: "MiB", cpus: "", shmSize: "MiB" };

/** Environment variables by name, as a container has them. */
function variables(value: unknown): Map<string, string> {
  const all: readonly unknown[] = Array.isArray(value) ? value : [];
  return new Map(
    all.flatMap((one) =>
      typeof one === "string" && one.includes("=") ? [[one.slice(0, one.indexOf("=")), one]] : [],
    ),
  );
}

/** Variables that differ; that of the release differs with all else. */
function changedVariables({ before, after }: PlannedChange): string[] {
  const [old, wanted] = [variables(before["envs"]), variables(after["envs"])];
  const names = [...new Set([...old.keys(), ...wanted.keys()])];
  return names.filter((name) => name !== "RELEASE" && old.get(name) !== wanted.get(name));
}

function ofContainer(change: PlannedChange): string[] {
  const { after, before, differs } = change;
  const names = [...new Set(differs.map((path) => path.split(/[.[]/)[0] ?? path))];
  const told = names.flatMap((name) => {
    if (derived.has(name) || !(name in after || name in before)) return [];
    if (name === "envs") return changedVariables(change);
    const unit = shown[name];
    if (unit === undefined || !isKnown(after[name])) return [name];
    return [`${name} ${String(before[name])} → ${String(after[name])} ${unit}`.trim()];
  });
  // A release of its own, and nothing else that shows: what changed lies in its files.
  return told.length === 0 && differs.some((path) => path.startsWith("labels")) ? ["secrets"] : told;
}

/**
 * Why a resource changes: what differs, by name. No value is told but a few numbers.
 * @returns words such as `image`, `PUBLIC_URL`, `memory 512 → 400 MiB`; none for what follows from
 *   other changes
 */
export function reasons(change: PlannedChange): string[] {
  const { op, type } = change;
  if (type === "random:index/randomPassword:RandomPassword") {
    return op.includes("replace") ? ["passwords made anew"] : [];
  }
  if (!type.startsWith("docker:")) return [];
  if (op === "create") return ["new"];
  return op.startsWith("delete") ? ["removed"] : ofContainer(change);
}
