import assert from "node:assert/strict";
import { test } from "node:test";
import { createZonedTime } from "./zoned-time.ts";

test("a moment is written as its zone's clocks show it, and reads back as the same moment", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["UTC", "2026-01-01T21:30:05.120Z", "2026-01-01T21:30:05.120"],
    ["Europe/Moscow", "2026-01-01T21:30:05.000Z", "2026-01-02T00:30:05"],
    ["Europe/Berlin", "2026-07-01T22:00:00.000Z", "2026-07-02T00:00:00"],
    ["America/New_York", "2026-11-01T05:30:00.000Z", "2026-11-01T01:30:00"],
    ["Asia/Kathmandu", "2026-06-01T00:00:00.000Z", "2026-06-01T05:45:00"],
    ["Pacific/Honolulu", "2026-06-01T00:00:00.000Z", "2026-05-31T14:00:00"],
  ];
  for (const [zone, moment, text] of cases) {
    const clock = createZonedTime(zone);
    assert.equal(clock.write(new Date(moment)), text, zone);
    assert.equal(clock.read(text)?.toISOString(), moment, zone);
  }
});

test("every hour of a year reads back, except the one that clocks show twice", () => {
  for (const zone of ["Europe/Berlin", "America/New_York"]) {
    const clock = createZonedTime(zone);
    const others: string[] = [];
    for (let moment = Date.UTC(2026, 0); moment < Date.UTC(2027, 0); moment += 3_600_000) {
      const text = clock.write(new Date(moment));
      if (clock.read(text)?.getTime() !== moment) others.push(text);
    }
    assert.equal(others.length, 1, `${zone}: ${others.join(", ")}`);
  }
});

test("a skipped local time counts on from before the change; an invalid time is refused", () => {
  assert.equal(
    createZonedTime("Europe/Berlin").read("2026-03-29T02:30")?.toISOString(),
    "2026-03-29T01:30:00.000Z",
  );
  assert.equal(
    createZonedTime("America/New_York").read("2026-03-08T02:30")?.toISOString(),
    "2026-03-08T07:30:00.000Z",
  );
  for (const text of [
    "",
    "soon",
    "2026-13-01T00:00",
    "2026-02-30T00:00",
    "2026-01-01",
    "2026-01-01T25:00",
    "2026-01-01T00:00Z",
  ])
    assert.equal(createZonedTime("UTC").read(text), undefined, text);
});
