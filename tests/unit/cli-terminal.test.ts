import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { CommandError } from "../../system/exit-code.ts";
import { formatDuration, parseDuration } from "../../cli/terminal/duration.ts";
import { exportLines } from "../../cli/terminal/shell-quote.ts";
import { Steps } from "../../cli/terminal/steps.ts";
import { renderTable } from "../../cli/terminal/table.ts";

test("durations read as people say them", () => {
  const shown = [0, 0.44, 9.96, 12.4, 59.6, 185, 3600, 7805, 90_061].map(formatDuration);
  assert.deepEqual(shown, [
    "0.0 s",
    "0.4 s",
    "10.0 s",
    "12 s",
    "1 m 00 s",
    "3 m 05 s",
    "1 h 00 m",
    "2 h 10 m",
    "1 d 1 h",
  ]);
});

test("durations have seconds or units; anything else is refused", () => {
  assert.deepEqual(["0", "90", "90s", "10m", "1h30m", "1h"].map(parseDuration), [0, 90, 90, 600, 5400, 3600]);
  for (const wrong of ["", "ten", "1d", "-5", "5 m", "1.5h", "m"])
    assert.equal(parseDuration(wrong), undefined, wrong);
});

test("a table's columns are as wide as their widest cell, and lines end without spaces", () => {
  assert.equal(
    renderTable(
      ["PART", "UP"],
      [
        ["app", "5 s"],
        ["postgres", ""],
      ],
    ),
    "PART      UP\napp       5 s\npostgres",
  );
  assert.equal(renderTable([], [["a", "b"]]), "a  b");
});

test("exported variables come out of a shell as they went in", () => {
  const value = `it's "a" $HOME \`id\` \\ and\na line`;
  const printed = execFileSync("sh", [
    "-c",
    `${exportLines({ BERTH_A: value, BERTH_B: "plain/one" })}printf %s "$BERTH_A|$BERTH_B"`,
  ]);
  assert.equal(printed.toString(), `${value}|plain/one`);
});

function recorded(showIdle: boolean) {
  const written: string[] = [];
  const steps = new Steps({ write: (text) => written.push(text), live: false, columns: 80, showIdle });
  return { steps, text: () => written.join("") };
}

test("a step in a pipe announces itself once it has something to say, and ends with its result and time", async () => {
  const { steps, text } = recorded(false);
  const value = await steps.run("Docker", (reporter) => {
    reporter.line("installing docker.io");
    return Promise.resolve({ value: 5, note: "engine 20.10, installed and started", worked: true });
  });
  assert.equal(value, 5);
  assert.match(
    text(),
    /^- Docker\n {2}installing docker\.io\n✓ Docker: engine 20\.10, installed and started \(\d\.\d s\)\n$/,
  );
  assert.deepEqual(
    steps.times.map(({ title, worked }) => ({ title, worked })),
    [{ title: "Docker", worked: true }],
  );
});

test("a step that finds everything in place is shown by up, and passed over by commands that only answer", async () => {
  const idle = () => Promise.resolve({ value: undefined, note: "in place", worked: false });
  const up = recorded(true);
  await up.steps.run("Docker", idle);
  assert.equal(up.text(), "✓ Docker: in place\n");
  const status = recorded(false);
  await status.steps.run("Docker", idle);
  assert.equal(status.text(), "");
});

test("a failing step says so, and its error is thrown on", async () => {
  const { steps, text } = recorded(false);
  const failing = steps.run("Docker", () => Promise.reject(new CommandError("no engine", 3)));
  await assert.rejects(failing, /no engine/);
  assert.match(text(), /^✗ Docker \(\d\.\d s\)\n$/);
  assert.deepEqual(steps.times, []);
});

test("on a terminal, a step has one line that is drawn over and never longer than the terminal", async () => {
  const written: string[] = [];
  const steps = new Steps({ write: (text) => written.push(text), live: true, columns: 20, showIdle: true });
  await steps.run("Engine", (reporter) => {
    reporter.line("compiling a package with a very long name");
    return Promise.resolve({ value: undefined, note: "built", worked: true });
  });
  const [drawn = "", cleared, result = ""] = written;
  assert.ok(drawn.startsWith("\r\u001b[2K"));
  assert.equal(drawn.slice("\r\u001b[2K".length).length, 19);
  assert.equal(cleared, "\r\u001b[2K");
  assert.match(result, /^✓ Engine: built \(\d\.\d s\)\n$/);
});
