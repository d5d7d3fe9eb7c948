/**
 * Keeps one issue about something that is looked at by schedule: opened with the first finding,
 * edited while there is one, closed once there is none.
 *
 *   node pipeline/issue.ts --kind drift --subject prod --title WORDS --report FILE [--found]
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { forgeOf, mark, marked } from "./forge.ts";

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "" },
    subject: { type: "string", default: "" },
    title: { type: "string", default: "" },
    report: { type: "string", default: "" },
    found: { type: "boolean", default: false },
  },
});
const { found, kind, report, subject, title } = values;
for (const name of ["kind", "subject", "title", "report"] as const)
  if (values[name] === "") throw new Error(`--${name} is missing.`);

const forge = forgeOf(process.env);
const first = mark(kind, subject);
const issues = await forge.list("/issues?state=open");
const own = issues.find((issue) => issue.pull_request === undefined && issue.body?.startsWith(first));
const text = readFileSync(report, "utf8");
if (found) {
  const body = marked(first, `\`\`\`\`\n${text.trim()}\n\`\`\`\``);
  const written =
    own === undefined
      ? await forge.send("POST", "/issues", { title, body })
      : await forge.send("PATCH", `/issues/${own.number ?? 0}`, { body });
  console.log(`${own === undefined ? "Opened" : "Edited"} issue ${written.number ?? ""}.`);
} else if (own === undefined) {
  console.log("Nothing was found, and no issue says otherwise.");
} else {
  const body = marked(first, `It is mended.\n\n\`\`\`\`\n${text.trim()}\n\`\`\`\``);
  await forge.send("PATCH", `/issues/${own.number ?? 0}`, { body, state: "closed" });
  console.log(`Closed issue ${own.number ?? ""}.`);
}
