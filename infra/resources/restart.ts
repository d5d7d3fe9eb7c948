import { createHash } from "node:crypto";
import type { Change, HeldPart } from "../../releases/restart-record.ts";

/** Labels by which a container says what it was made with. */
const madeWith = {
  /** Hash of its definition. */
  definition: "berth.definition",
  /** Value of the setting that allows a restart. */
  upgrade: "berth.upgrade",
  /** Value of the setting that replaces its password. */
  rotation: "berth.rotation",
} as const;

/** A part as the program wants it. */
export interface WantedPart {
  readonly part: HeldPart;
  /** References that its image may have, the one to be expected first. */
  readonly images: readonly string[];
  /** Memory limit, MiB. */
  readonly memory: number;
  /** Settings among its arguments. */
  readonly settings: Readonly<Record<string, string>>;
  /** Everything else that a container is made with, by a hash of it. */
  readonly definition: string;
  /** When somebody agreed to a restart; undefined if nobody has. */
  readonly upgrade: string | undefined;
  /** The setting that replaces the password which the part reads when it starts. */
  readonly rotation: string | undefined;
}

/** A part as the last update left it. */
export interface LeftPart {
  readonly image: string;
  readonly memory: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What its password was made with, if the state says so. */
  readonly rotation?: string | undefined;
}

/** Whether a part is left running as it is, and what waits for its restart then. */
export interface Restart {
  readonly wanted: WantedPart;
  readonly held: boolean;
  /** Differences; none if it is not held. */
  readonly changes: readonly Change[];
  /** The agreement that its container was made under, or is going to be. */
  readonly agreed: string | undefined;
}

/** A hash of what a container is made with. */
export function definitionHash(...made: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 12);
}

/**
 * Decides whether an update restarts a part: only if it does not run yet, if somebody has agreed
 * later than it was made, or if its password is replaced.
 * @param left undefined if the last update left none
 * @param holds whether the stack's parts are left running at all
 */
export function decideRestart(wanted: WantedPart, left: LeftPart | undefined, holds: boolean): Restart {
  const agreed = left?.labels[madeWith.upgrade];
  const rotated = (left?.labels[madeWith.rotation] ?? left?.rotation ?? "") !== (wanted.rotation ?? "");
  if (!holds || left === undefined || rotated || (wanted.upgrade ?? "") > (agreed ?? "")) {
    return { wanted, held: false, changes: [], agreed: wanted.upgrade };
  }
  return { wanted, held: true, changes: changesOf(wanted, left), agreed };
}

function changesOf(wanted: WantedPart, left: LeftPart): Change[] {
  const settings = Object.keys({ ...left.settings, ...wanted.settings });
  const compared: Change[] = [
    {
      what: "image",
      from: left.image,
      to: wanted.images.includes(left.image) ? left.image : (wanted.images[0] ?? left.image),
    },
    { what: "memory", from: `${left.memory ?? 0} MiB`, to: `${wanted.memory} MiB` },
    ...settings.map((what) => ({
      what,
      from: left.settings[what] ?? "unset",
      to: wanted.settings[what] ?? "unset",
    })),
    {
      what: "definition of the container",
      // Versions before the label differ in nothing that anybody waits for.
      from: left.labels[madeWith.definition] ?? wanted.definition,
      to: wanted.definition,
    },
  ];
  return compared.filter(({ from, to }) => from !== to);
}

/** Labels of a part's container. */
export function madeWithLabels({ upgrade, rotation, definition }: WantedPart) {
  const made = {
    [madeWith.definition]: definition,
    [madeWith.upgrade]: upgrade,
    [madeWith.rotation]: rotation,
  };
  return Object.entries(made).flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]));
}

/** Options of what a part cannot lose or change while it runs. */
export function whileHeld({ held }: Pick<Restart, "held">): { ignoreChanges?: string[] } {
  return held ? { ignoreChanges: ["*"] } : {};
}
