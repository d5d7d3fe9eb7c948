import { z } from "zod";
import { formatDuration } from "../terminal/duration.ts";
import { renderTable } from "../terminal/table.ts";

/** Seconds of the epoch, as the watcher counts; read as ISO 8601. */
const time = z.number().transform((at) => new Date(at * 1000).toISOString());

const delivery = z.object({ at: time, ok: z.boolean(), answer: z.string() });

const report = z.object({
  at: time,
  rules: z.array(
    z.object({
      name: z.string(),
      severity: z.enum(["critical", "warning"]),
      /** `pending` holds, and is told if it goes on; `unknown` cannot be told. */
      state: z.enum(["ok", "pending", "firing", "unknown"]),
      /** Since when it is so; null before the first look. */
      since: time.nullable(),
      /** What holds, a sentence each. */
      details: z.array(z.string()),
    }),
  ),
  /** What each channel's receiver answered last; null before the first message. */
  channels: z.record(z.string(), delivery.nullable()),
  /** Messages that no receiver has taken yet. */
  waiting: z.number(),
  /** The last ping of the dead man's switch; null without one. */
  heartbeat: delivery.nullable(),
  /** Seconds from one ping to the next; null without a dead man's switch. */
  heartbeatInterval: z.number().nullable(),
});

/** What a stack's watcher sees, and whether it reaches anybody, as `alerts --json` prints it. */
export type AlertReport = z.output<typeof report>;

/** Reads what `berth-watch status` printed. */
export function parseAlerts(json: string): AlertReport {
  return report.parse(JSON.parse(json));
}

const answers = z.array(z.object({ channel: z.string(), ok: z.boolean(), answer: z.string() }));

/** What each receiver answered to a test. */
export type TestAnswers = z.output<typeof answers>;

/** Reads what `berth-watch test` printed. */
export function parseAnswers(json: string): TestAnswers {
  return answers.parse(JSON.parse(json));
}

/** Nothing fires, and everything that was to be told has been. */
export function isQuiet({ channels, heartbeat, rules }: AlertReport): boolean {
  const told = [...Object.values(channels), heartbeat].every((one) => one === null || one.ok);
  return told && rules.every(({ state }) => state !== "firing");
}

const ago = (then: string, now: string) =>
  formatDuration(Math.max(0, (Date.parse(now) - Date.parse(then)) / 1000));

const order = ["firing", "pending", "unknown", "ok"];

/** The report for people: what fires first. */
export function renderAlerts({ at, channels, heartbeat, heartbeatInterval, rules }: AlertReport): string {
  const ordered = rules.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  const table = renderTable(
    ["RULE", "STATE", "SINCE", "WHAT"],
    ordered.map(({ details, name, since, state }) => [
      name,
      state,
      since === null ? "-" : ago(since, at),
      details.length === 0 ? "-" : details.join("; "),
    ]),
  );
  const told = Object.entries(channels).map(([name, last]) =>
    last === null
      ? `${name}: nothing was sent yet`
      : `${name}: ${last.ok ? "took" : "did NOT take"} the last message ${ago(last.at, at)} ago: ${last.answer}`,
  );
  const beat =
    heartbeatInterval === null
      ? []
      : [
          heartbeat === null
            ? "heartbeat: not sent yet"
            : `heartbeat: ${heartbeat.ok ? "answered" : "NOT answered"} ${ago(heartbeat.at, at)} ago, each ${formatDuration(heartbeatInterval)}: ${heartbeat.answer}`,
        ];
  return [table, "", ...told, ...beat].join("\n");
}
