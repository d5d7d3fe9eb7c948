import { resolve } from "node:path";
import { Option } from "commander";
import type { Docker } from "../../system/docker.ts";
import { DeclarationError } from "../../declaration/problems.ts";
import { SettingsError } from "../../stacks/parse.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import { plannedViolations, policyNote } from "../preview/judged-plan.ts";
import { noPlan, readPlan, type Plan } from "../preview/preview-steps.ts";
import { noFacts, releaseFacts, type ReleaseFacts } from "../preview/release-facts.ts";
import { previewReport, renderMarkdown, type PreviewReport } from "../preview/report.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { open } from "../deploy/on-stack.ts";
import { requireEncryption } from "../host-checks/disk-encryption.ts";
import { isLocal } from "../host-checks/host.ts";
import { dockerHostOf, prepareDocker } from "../docker/prepare-docker.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import { readStackSettings, type StackOptions } from "../settings/stack-settings.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

interface PreviewOptions extends StackOptions {
  readonly report?: "md" | "json";
  readonly diff?: boolean;
  readonly refresh?: boolean;
  readonly expectNoChanges?: boolean;
}

/** `berth preview`: what `up` would change. */
export const addPreview: AddCommand = (program, run) => {
  stackCommand(program, "preview [pulumi-args...]", "show what up would change, and change nothing", [
    ["npx berth preview", "show what up would change in the dev stack"],
    ["npx berth preview --stack prod --diff", "every changed property of the prod stack"],
    ["npx berth preview --stack prod --report md", "what it means for requests, as Markdown"],
    [
      "npx berth preview --refresh --expect-no-changes",
      "fail if the engine or the program differ from the state",
    ],
  ])
    .option("--diff", "show every changed property")
    .option("--refresh", "compare the state with the engine first; shows stopped containers too")
    .option("--expect-no-changes", "exit with 1 if there is any change")
    .addOption(
      new Option("--report <format>", "print what changes and what it means for requests")
        .choices(["md", "json"])
        // Its exit code says whether the program takes what it is given.
        .conflicts("expectNoChanges"),
    )
    .addOption(generatedPassphraseOption())
    .action(async (pulumiArgs: string[], options: PreviewOptions) =>
      run({ showSteps: true }, (session) => preview(session, options, pulumiArgs)),
    );
};

async function preview(
  session: Session,
  options: PreviewOptions,
  pulumiArgs: readonly string[],
): Promise<number> {
  try {
    return await compare(session, options, pulumiArgs);
  } catch (error) {
    const refused = error instanceof SettingsError || error instanceof DeclarationError;
    if (options.report === undefined || !refused) throw error;
    // Whoever reads the report reads the reason there, as they do what only Pulumi can refuse.
    const notes = [{ severity: "error" as const, text: error.message }];
    return printReport(session, options, previewReport(options.stack, { ...noPlan, notes }, false));
  }
}

async function compare(
  session: Session,
  options: PreviewOptions,
  pulumiArgs: readonly string[],
): Promise<number> {
  const settings = readStackSettings(options.stack);
  const chosen = chooseStateAndSecrets(session, options, settings);
  const { docker, info } = await prepareDocker(session, dockerHostOf(settings));
  if (settings.file.values["requireEncryptedDisk"] === "true")
    await requireEncryption(docker, info, isLocal(info));
  const access = await preparePulumi(session, chosen);
  await open(session, { ...options, makes: true }, settings, access);
  session.interruption.check();
  if (options.report !== undefined) {
    const { appImage, canary } = settings.file.values;
    const pinned = appImage !== undefined && canary === undefined;
    return report(session, { docker, pinned, pulumi: access.pulumi }, options, pulumiArgs);
  }
  const args = [...previewArgs(options), ...pulumiArgs];
  const { ok } = await access.pulumi.operate(args, session.interruption, session.interactive);
  return ok ? exitCode.done : exitCode.failed;
}

interface ReportTools {
  readonly docker: Docker;
  readonly pulumi: Pulumi;
  /** The settings name the image. */
  readonly pinned: boolean;
}

/** Prints the report and nothing else; a program that refuses what it is given is part of it. */
async function report(
  session: Session,
  { docker, pinned, pulumi }: ReportTools,
  options: PreviewOptions,
  pulumiArgs: readonly string[],
): Promise<number> {
  // The report judges by itself, and says what the pack would.
  const args = [...previewArgs({ ...options, expectNoChanges: false }, []), "--json", ...pulumiArgs];
  const done = await session.steps.run("Preview", async () => ({
    value: await pulumi.try(args),
    note: "compared",
    worked: true,
  }));
  session.interruption.check();
  if (!done.stdout.trimStart().startsWith("{")) {
    throw new CommandError(`pulumi preview failed: ${done.stderr.trim()}`, exitCode.failed);
  }
  const plan = readPlan(done.stdout);
  const found = plannedViolations(done.stdout);
  const notes = [...plan.notes, ...found.map(policyNote)];
  const allowed = found.every(({ level }) => level !== "mandatory");
  // What the program refuses has no next release.
  const facts = done.code === 0 ? await lookAhead(session, docker, plan, options.stack, pinned) : noFacts;
  const judged = previewReport(options.stack, { ...plan, notes }, done.code === 0 && allowed, facts);
  return printReport(session, options, judged);
}

function printReport(session: Session, options: PreviewOptions, judged: PreviewReport): number {
  session.print(options.report === "json" ? JSON.stringify(judged, null, 2) : renderMarkdown(judged));
  return judged.accepted ? exitCode.done : exitCode.failed;
}

async function lookAhead(
  session: Session,
  docker: Docker,
  plan: Plan,
  stack: string,
  pinned: boolean,
): Promise<ReleaseFacts> {
  const declared = stackDeclaration(stack);
  const declaration = { ...declared, folder: resolve(checkout.root, declared.folder) };
  return session.steps.run("Next release", async () => ({
    value: await releaseFacts(docker, plan, { stack, declaration, pinned }),
    note: "its migrations and its image were looked at",
    worked: true,
  }));
}

/**
 * Arguments of `pulumi preview`.
 * @param pack those of the rules in policy/
 */
export function previewArgs(
  options: PreviewOptions,
  pack = ["--policy-pack", "policy/berth-policy"],
): string[] {
  return [
    "preview",
    "--stack",
    options.stack,
    ...(options.diff === true ? ["--diff"] : []),
    ...(options.refresh === true ? ["--refresh"] : []),
    // What changes nothing was judged when it was deployed.
    ...(options.expectNoChanges === true ? ["--expect-no-changes"] : pack),
    "--suppress-outputs",
    "--suppress-permalink=true",
  ];
}
