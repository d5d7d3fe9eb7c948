import { join } from "node:path";
import { Argument } from "commander";
import { baseImageNames, baseImages } from "../../images/catalogue.ts";
import digests from "../../images/digests.json" with { type: "json" };
import { askDigest, writeDigests } from "../../images/lib/pin-digests.ts";
import { exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { renderTable } from "../terminal/table.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** `berth images`: the base images, and their digests. */
export const addImages: AddCommand = (program, run) => {
  withExamples(
    program
      .command("images")
      .description("list the base images, or pin the official ones by digest")
      .addArgument(new Argument("[action]", "what to do").choices(["list", "pin"]).default("list")),
    [
      ["npx berth images", "every base image with its official reference"],
      ["npx berth images pin", "ask the registry for today's digests, and write images/digests.json"],
    ],
  ).action(async (action: "list" | "pin") =>
    run({ showSteps: false }, (session) => (action === "pin" ? pin(session) : list(session))),
  );
};

function list(session: Session): Promise<number> {
  const rows = baseImageNames.map((name) => [
    name,
    baseImages[name].official ?? "–",
    baseImages[name].purpose,
  ]);
  session.print(renderTable(["image", "official", "purpose"], rows));
  return Promise.resolve(exitCode.done);
}

/** A tag whose registry does not answer keeps the digest that it had. */
async function pin(session: Session): Promise<number> {
  const known: Readonly<Record<string, string>> = digests;
  const tags = baseImageNames.flatMap((name) => baseImages[name].official?.split("@")[0] ?? []);
  const answers = await Promise.all(tags.map(askDigest));
  const kept = Object.fromEntries(Object.entries(known).filter(([tag]) => tags.includes(tag)));
  const asked = answers.flatMap((answer) =>
    "digest" in answer ? [[answer.tag, answer.digest] as const] : [],
  );
  writeDigests(join(checkout.root, "images/digests.json"), { ...kept, ...Object.fromEntries(asked) });
  for (const answer of answers) {
    const before = known[answer.tag];
    if ("reason" in answer) session.print(`✗ ${answer.tag}: ${answer.reason}`);
    else session.print(`${answer.digest === before ? "=" : "+"} ${answer.tag}@${answer.digest}`);
  }
  if (asked.length === answers.length) {
    session.print("\nimages/digests.json has them all. Commit it; the next `up` takes these images.");
    return exitCode.done;
  }
  session.print(
    `\n${answers.length - asked.length} of ${answers.length} tags are not pinned anew: their registry did not answer. ` +
      "Run it again on a machine whose Docker engine reaches the registry.",
  );
  return exitCode.failed;
}
