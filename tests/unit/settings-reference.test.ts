import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format } from "prettier";
import { renderSetting, renderSettings, settingsNamed } from "../../cli/commands/settings.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";
import { everySetting, settingsReference } from "../../stacks/reference.ts";
import { settingsSchema } from "../../stacks/settings-schema.ts";

const file = join(import.meta.dirname, "../../docs/settings.md");
const mark = "<!-- reference -->";

test("docs/settings.md lists every setting as the program has it", async () => {
  const page = readFileSync(file, "utf8");
  const text = page.slice(0, page.indexOf(mark) + mark.length);
  const wanted = await format(`${text}\n\n${settingsReference()}`, { parser: "markdown", printWidth: 110 });
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, wanted);
  else assert.equal(page, wanted, "run it with UPDATE_GOLDEN=1 and review the difference");
});

test("docs/settings.schema.json has every setting as the program has it, for editors", async () => {
  const path = join(import.meta.dirname, "../../docs/settings.schema.json");
  const wanted = await format(JSON.stringify(settingsSchema("berth")), { parser: "json", printWidth: 110 });
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, wanted);
  else
    assert.equal(readFileSync(path, "utf8"), wanted, "run it with UPDATE_GOLDEN=1 and review the difference");
});

test("every setting has a description, and a default or an example that the program takes", () => {
  for (const info of everySetting()) {
    assert.ok(info.description.length > 10, info.name);
    if (info.secret || info.command.startsWith("set --path ")) continue;
    const [, word = ""] = /^set \w+ (.+)$/.exec(info.command) ?? [];
    const value = word.replace(/^"(.*)"$/, "$1");
    assert.ok(value !== "" && value !== "VALUE", `${info.name} has an example`);
    if (value.startsWith("<")) continue;
    for (const kind of info.kinds) {
      const problems = refusal(() => parseSettings(kind, { [info.name]: value }, new Set(), {}));
      const wrong = problems.filter((problem) => problem.startsWith(`${info.name}: expected`));
      assert.deepEqual(wrong, [], `${kind} ${info.name}`);
    }
  }
});

test("a number has its range, and its unit if the name does not say it", () => {
  const [body] = settingsNamed("maxBody");
  assert.deepEqual([body?.values, body?.unit, body?.default], ["1 to 10240", "MiB", "25"]);
  const numbers = everySetting().filter(({ values }) => /^\d+ to \d+$/.test(values));
  assert.ok(numbers.length > 30);
  for (const { name, values } of numbers) {
    const [, least = 0, most = 0] = (/^(\d+) to (\d+)$/.exec(values) ?? []).map(Number);
    for (const [value, taken] of [
      [least, true],
      [most, true],
      [most + 1, false],
    ] as const) {
      const [kind] = settingsNamed(name)[0]?.kinds ?? [];
      const problems = refusal(() => parseSettings(kind ?? "", { [name]: String(value) }, new Set(), {}));
      const refused = problems.some((problem) => problem.startsWith(`${name}: expected`));
      assert.equal(!refused, taken, `${name} ${value}`);
    }
  }
});

test("`berth settings` shows all of them, and all about one with the commands that change it", () => {
  const all = renderSettings(settingsNamed(undefined));
  for (const { name } of everySetting()) assert.ok(all.includes(`\n${name} `), name);
  const [certificate, token, memory] = ["originCertificate", "cloudflareToken", "appMemory"].map((name) =>
    settingsNamed(name).map(renderSetting).join("\n"),
  );
  assert.match(certificate ?? "", /pulumi config set originCertificate --stack STACK < origin\.pem/);
  assert.match(token ?? "", /Secret +yes.*\n.*pulumi config set --secret cloudflareToken --stack STACK/);
  assert.match(memory ?? "", /Default +512\nValues +128 to 65536\nUnit +MiB\nStacks +dev, basic, prod\n/);
  assert.equal(settingsNamed("processes").length, 2, "kinds of stack differ in its default");
  assert.throws(() => settingsNamed("maxbdy"), /There is no setting maxbdy\. Did you mean maxBody\?/);
});

function refusal(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}
