import { CommandError, exitCode } from "../../system/exit-code.ts";
import { releasesOf } from "../deploy/release-records.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { cycloneDx } from "../sbom/cyclonedx.ts";
import { imageContents } from "../sbom/image-contents.ts";
import { provenance } from "../sbom/provenance.ts";
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
  const all = await releasesOf(docker, stack);
  const record = release === undefined ? all[0] : all.find((one) => one.release === release);
  if (record === undefined) {
    const which = release === undefined ? "no recorded release" : `no release ${release}`;
    throw new CommandError(
      `Stack ${stack} has ${which}. See: npx berth releases --stack ${stack}`,
      exitCode.usage,
    );
  }
  const { at, image, imageId } = record;
  const printed =
    options.provenance === true
      ? provenance(record, stack)
      : cycloneDx(
          { name: image, version: record.release, imageId, at },
          await imageContents(docker, imageId),
        );
  session.print(JSON.stringify(printed, null, 2));
  return exitCode.done;
}
