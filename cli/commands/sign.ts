import { readFileSync } from "node:fs";
import { keepPaper } from "../../releases/image-contents.ts";
import { provenance } from "../../releases/provenance.ts";
import { signed } from "../../releases/signature.ts";
import { signingKeys } from "../../stacks/signing-key.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { recordedRelease } from "../deploy/release-records.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import type { Session } from "../session.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface SignOptions {
  readonly stack: string;
  readonly key: string;
}

/** `berth sign`: says with a key that a release is the one that was meant. */
export const addSign: AddCommand = (program, run) => {
  stackCommand(
    program,
    "sign [release]",
    "sign where a release's image came from; promote can insist on it",
    [
      ["npx berth sign --key release-key.pem --stack staging", "sign the release that runs"],
      ["openssl genpkey -algorithm ed25519 -out release-key.pem", "make a key"],
      ["openssl pkey -in release-key.pem -pubout -out release-key.pub", "its public part, for releaseKey"],
    ],
  )
    .requiredOption("--key <file>", `private key, PEM without a passphrase: ${signingKeys}`)
    .action(async (release: string | undefined, options: SignOptions) =>
      run({ showSteps: false }, (session) => signRelease(session, release, options)),
    );
};

async function signRelease(
  session: Session,
  wanted: string | undefined,
  { key, stack }: SignOptions,
): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const { record, through } = await recordedRelease(docker, stack, wanted);
  const envelope = withKey(key, (pem) => signed(provenance(record, stack), pem));
  await keepPaper(docker, record, "signature", through ?? record.imageId, envelope);
  session.say(`Release ${record.release} of stack ${stack} is signed: ${record.image}.`);
  return exitCode.done;
}

/** @throws CommandError that names the option, and nothing of the key */
function withKey<T>(file: string, use: (pem: string) => T): T {
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(`--key: ${file} cannot be read: ${String(error)}`, exitCode.usage);
  }
  try {
    return use(pem);
  } catch {
    throw new CommandError(
      `--key: ${file} is no private key that can sign: PEM without a passphrase, ${signingKeys}. Fix: openssl genpkey -algorithm ed25519 -out ${file}`,
      exitCode.usage,
    );
  }
}
