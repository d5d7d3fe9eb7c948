/** Kinds of pins, in the order in which they are shown. */
export const kinds = ["npm", "image", "debian", "python"] as const;
export type Kind = (typeof kinds)[number];

/** One version that this checkout pins. */
export interface Pin {
  readonly kind: Kind;
  /** Package or image. */
  readonly name: string;
  /** The version; of an image its tag. */
  readonly pinned: string;
}

/** A package of an image that Debian's archive has a newer version of. */
export interface PackageUpdate {
  readonly package: string;
  readonly from: string;
  readonly to: string;
  readonly security: boolean;
}

/** What its registry says of a pin. */
export type Judgement =
  | { readonly state: "current" }
  | {
      readonly state: "behind";
      readonly newest: string;
      readonly note?: string;
      /** Of an image, the packages. */
      readonly updates?: readonly PackageUpdate[];
    }
  /** There is a newer one, and a reason not to take it. */
  | { readonly state: "held"; readonly newest: string; readonly note: string }
  /** No registry answered; the reason is its own, or the network's. */
  | { readonly state: "not seen"; readonly note: string };

export type JudgedPin = Pin & Judgement;

/** A judgement of what could not be asked. */
export function notSeen(error: unknown): Judgement {
  return { state: "not seen", note: reasonOf(error).trim().split("\n")[0] ?? "" };
}

/** An error in words. fetch() says "fetch failed", and its cause why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
