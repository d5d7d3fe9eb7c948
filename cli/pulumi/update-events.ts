import { z } from "zod";
import { resourceName } from "./deployment.ts";

/** The engine's events that berth reads (pulumi/pulumi, sdk/go/common/apitype/events.go). */
const metadata = z.object({ op: z.string(), urn: z.string(), type: z.string() });
const event = z.object({
  resourcePreEvent: z.object({ metadata }).optional(),
  resOutputsEvent: z.object({ metadata }).optional(),
  resOpFailedEvent: z.object({ metadata }).optional(),
  diagnosticEvent: z.object({ message: z.string() }).optional(),
});

/** What an update did, and how long each part of the stack took. */
export interface UpdateReport {
  /**
   * Seconds in which something was done for each component that changed, in the order they began.
   */
  readonly parts: readonly { readonly name: string; readonly seconds: number }[];
  /** Resources whose operation failed, by name. */
  readonly failed: readonly string[];
  /** The user pressed Ctrl-C. */
  readonly cancelled: boolean;
}

/** The engine's own words at the end of a cancelled operation. */
const cancelled = /\b(?:update|preview|destroy|refresh) cancell?ed\b/;

/** One component's operations: those under way, since when, and the seconds before that. */
interface Work {
  seconds: number;
  since: number;
  readonly running: Set<string>;
}

/** Collects an update's events as they come. */
export class UpdateEvents {
  readonly #parts = new Map<string, Work>();
  readonly #failed = new Set<string>();
  #cancelled = false;

  /**
   * Takes one line of Pulumi's event log.
   * @param at seconds on any clock
   */
  take(line: string, at: number): void {
    const parsed = event.safeParse(parseLine(line));
    if (!parsed.success) return;
    if (cancelled.test(parsed.data.diagnosticEvent?.message ?? "")) this.#cancelled = true;
    const { resourcePreEvent: begun, resOutputsEvent: done, resOpFailedEvent: failed } = parsed.data;
    const about = begun ?? done ?? failed;
    if (about === undefined) return;
    const { op, urn, type } = about.metadata;
    if (failed !== undefined) this.#failed.add(resourceName(urn));
    // Refreshing and finding nothing to do is not a step of the deployment.
    if (["same", "refresh", "read"].includes(op)) return;
    const name = partOf(urn);
    // The component itself begins when the program names it, long before anything is done for it.
    if (name === undefined || type.startsWith("berth:")) return;
    const part = this.#parts.get(name) ?? { seconds: 0, since: 0, running: new Set<string>() };
    this.#parts.set(name, part);
    const key = `${op} ${urn}`;
    if (begun !== undefined) {
      if (part.running.size === 0) part.since = at;
      part.running.add(key);
    } else if (part.running.delete(key) && part.running.size === 0) {
      part.seconds += at - part.since;
    }
  }

  report(): UpdateReport {
    return {
      parts: [...this.#parts].map(([name, { seconds }]) => ({ name, seconds })),
      failed: [...this.#failed],
      cancelled: this.#cancelled,
    };
  }
}

/**
 * The component that a resource belongs to, from its URN's chain of types:
 * `urn:pulumi:dev::berth::berth:index:Database$docker:index/container:Container::database` →
 * `Database`
 */
export function partOf(urn: string): string | undefined {
  const types = urn.split("::")[2] ?? "";
  const component = types.split("$").find((type) => type.startsWith("berth:"));
  return component?.slice(component.lastIndexOf(":") + 1);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
