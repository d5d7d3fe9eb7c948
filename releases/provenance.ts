import type { ReleaseRecord } from "./record.ts";

/**
 * Where a release's image came from, as an in-toto statement with SLSA's provenance: what the
 * record of the release says. `berth sign` signs it.
 * https://slsa.dev/spec/v1.0/provenance
 */
export function provenance(record: ReleaseRecord, stack: string): object {
  const { at, by, commit, image, imageId, migrations, release } = record;
  const [, digest] = image.split("@sha256:");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      { name: image, digest: { sha256: imageId.replace("sha256:", "") } },
      // As its registry has it.
      ...(digest === undefined ? [] : [{ name: image, digest: { sha256: digest } }]),
    ],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:berth:image-build",
        externalParameters: { stack, release, migrations },
        resolvedDependencies:
          commit === null
            ? []
            : [
                {
                  digest: { gitCommit: commit.replace("+", "") },
                  annotations: { clean: !commit.endsWith("+") },
                },
              ],
      },
      runDetails: { builder: { id: by }, metadata: { invocationId: release, finishedOn: at } },
    },
  };
}
