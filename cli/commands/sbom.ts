import { billOf, imageContents, keptPaper } from "../../releases/image-contents.ts";
import { provenance } from "../../releases/provenance.ts";
import type { Docker } from "../../system/docker.ts";
import { exitCode } from "../../system/exit-code.ts";
import { recordedRelease, type KnownRelease } from "../deploy/release-records.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import type { Session } from "../session.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface SbomOptions {
  readonly stack: string;
  readonly provenance?: boolean;
}

/** `berth sbom`: what is in a release's image, and where it came from. */
export const addSbom: AddCommand = (program, run) => {
  stackCommand(program, "sbom [release]", "print what is in a release's image, as CycloneDX", [
    ["npx berth sbom --stack prod > prod.cdx.json", "packages of npm and Debian in the running image"],
    ["npx berth sbom --stack prod --provenance", "from which commit it was built, when, and by whom"],
  ])
    .option("--provenance", "print an in-toto statement of where the image came from instead")
    .action(async (release: string | undefined, options: SbomOptions) =>
      run({ showSteps: false }, (session) => sbom(session, release, options)),
    );
};

async function sbom(session: Session, release: string | undefined, options: SbomOptions): Promise<number> {
  const { stack } = options;
  const docker = stackDocker(session.env, stack);
  const { record, through } = await recordedRelease(docker, stack, release);
  const paper = options.provenance === true ? "provenance" : "sbom";
  const kept = through && (await keptPaper(docker, record, paper, through));
  session.print(kept?.trimEnd() ?? JSON.stringify(await madeAnew(docker, record, stack, paper), null, 2));
  return exitCode.done;
}

/** For releases that were recorded without. */
async function madeAnew(
  docker: Docker,
  record: KnownRelease,
  stack: string,
  paper: "provenance" | "sbom",
): Promise<object> {
  if (paper === "provenance") return provenance(record, stack);
  return billOf(record, await imageContents(docker, record.imageId));
}
