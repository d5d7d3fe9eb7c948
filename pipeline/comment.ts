/**
 * Writes a preview's report as the one comment of its stack on a pull request: made once, edited
 * after that.
 *
 *   node pipeline/comment.ts --pull NUMBER --stack NAME --report FILE
 *   node pipeline/comment.ts --head OWNER:BRANCH --sha COMMIT --stack NAME --report FILE
 *
 * The second way looks the pull request up, for jobs that cannot trust what a report says about
 * itself; none that is open for that very commit is no failure.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { forgeOf, mark, marked, type Forge } from "./forge.ts";

const { values } = parseArgs({
  options: {
    pull: { type: "string" },
    head: { type: "string" },
    sha: { type: "string" },
    stack: { type: "string" },
    report: { type: "string" },
  },
});

const { head, pull, report, sha, stack } = values;
if (stack === undefined || !/^[\w.-]+$/.test(stack)) throw new Error("--stack: a stack's name is expected.");
if (report === undefined) throw new Error("--report: a file is expected.");
const forge = forgeOf(process.env);
const number = pull ?? (await openPull(forge));
if (number === undefined) {
  console.log("No pull request is open for this commit; nothing was written.");
} else {
  if (!/^\d+$/.test(number)) throw new Error("--pull: a number is expected.");
  const first = mark("preview", stack);
  const body = marked(first, readFileSync(report, "utf8"));
  const comments = await forge.list(`/issues/${number}/comments`);
  const own = comments.find((comment) => comment.body?.startsWith(first));
  if (own === undefined) await forge.send("POST", `/issues/${number}/comments`, { body });
  else await forge.send("PATCH", `/issues/comments/${own.id}`, { body });
  console.log(`${own === undefined ? "Made" : "Edited"} the comment of ${stack}: ${body.length} characters.`);
}

async function openPull(on: Forge): Promise<string | undefined> {
  if (head === undefined || sha === undefined) throw new Error("Give --pull, or --head and --sha.");
  const pulls = await on.list(`/pulls?state=open&head=${encodeURIComponent(head)}`);
  return pulls.find((one) => one.head?.sha === sha)?.number?.toString();
}
