import { z } from "zod";
import { waitingRecord, type HeldPart, type WaitingRecord } from "../../releases/restart-record.ts";
import type { LastState } from "./last-state.ts";

const printed = z.object({ stdout: z.string() });
const recorded = z.object({ record: waitingRecord });

/** What the last update has recorded as waiting for a restart of a part; undefined if nothing. */
export function recordedWaiting(state: LastState, part: HeldPart): WaitingRecord | undefined {
  const found = Object.entries(state).find(([urn]) => urn.endsWith(`::${part}-waiting`))?.[1];
  const { data } = printed.safeParse(found?.outputs);
  return data === undefined ? undefined : recorded.parse(JSON.parse(data.stdout)).record;
}
