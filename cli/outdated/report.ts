import { exitCode } from "../../system/exit-code.ts";
import { renderTable } from "../terminal/table.ts";
import type { JudgedPin } from "./pin.ts";

const shown = ["behind", "held", "not seen"] as const;

/** For people: what is behind, what is held back and why, what could not be seen, and a count. */
export function renderOutdated(pins: readonly JudgedPin[]): string {
  const parts = shown.flatMap((state) => {
    const rows = pins
      .filter((pin) => pin.state === state)
      .map((pin) => [
        `  ${pin.kind}`,
        pin.name,
        pin.pinned,
        "newest" in pin ? pin.newest : "",
        "note" in pin ? (pin.note ?? "") : "",
      ]);
    return rows.length === 0 ? [] : [`${state}:\n${renderTable([], rows)}`];
  });
  const count = (state: JudgedPin["state"]) => pins.filter((pin) => pin.state === state).length;
  const totals = (["current", ...shown] as const).map((state) => `${count(state)} ${state}`).join(", ");
  return [...parts, totals].join("\n\n");
}

/** Whether something is behind; a network in which no registry answers is a fault of its own. */
export function outdatedExitCode(pins: readonly JudgedPin[]): number {
  if (pins.some(({ state }) => state === "behind")) return exitCode.failed;
  return pins.every(({ state }) => state === "not seen") ? exitCode.environment : exitCode.done;
}
