import type { StackKind } from "../../stacks/stack-config.ts";
import { createDecipheriv, pbkdf2, randomBytes, randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { CommandError, exitCode } from "../../system/exit-code.ts";

/** Which passphrase encrypts a stack's secrets. `none`: the backend or a key service does it. */
export type PassphraseSource =
  "PULUMI_CONFIG_PASSPHRASE" | "PULUMI_CONFIG_PASSPHRASE_FILE" | "generated" | "none";

/** What the choice of a passphrase depends on. */
export interface PassphraseCircumstances {
  readonly env: NodeJS.ProcessEnv;
  readonly stack: string;
  readonly kind: StackKind;
  /** `secretsprovider` of the stack's settings file. */
  readonly secretsProvider: string | undefined;
  /** The backend encrypts by itself, and no salt in the settings file says otherwise. */
  readonly backendEncrypts: boolean;
  /** The user said that the generated passphrase may serve a prod stack as well. */
  readonly generatedAllowed: boolean;
  /** Where the generated passphrase is, as the message shows it. */
  readonly generatedFile: string;
}

/**
 * The user's own passphrase always wins; the generated one serves if there is none.
 * @throws CommandError for a stack of shape `prod` that would get the generated passphrase without
 * being told so
 */
export function choosePassphrase(circumstances: PassphraseCircumstances): PassphraseSource {
  const { env, secretsProvider } = circumstances;
  if (secretsProvider !== undefined && secretsProvider !== "passphrase") return "none";
  // Pulumi takes an empty passphrase for one, an empty file name for none.
  if (env["PULUMI_CONFIG_PASSPHRASE"] !== undefined) return "PULUMI_CONFIG_PASSPHRASE";
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
  // `berth env` names the generated one to a shell, which makes it no better.
  const generated = isGenerated(file);
  if (file !== "" && !generated) return "PULUMI_CONFIG_PASSPHRASE_FILE";
  if (file === "" && circumstances.backendEncrypts) return "none";
  if (circumstances.kind === "prod" && !circumstances.generatedAllowed) {
    const found = generated ? "PULUMI_CONFIG_PASSPHRASE_FILE names a generated one" : "no passphrase is set";
    throw new CommandError(
      `Stack ${circumstances.stack} has the shape prod, and ${found} for its secrets. The generated one ` +
        `(${generated ? file : circumstances.generatedFile}) is lost together with its checkout, and then the secrets are lost too.\n` +
        "Set one of your own, kept outside the checkout:\n" +
        "  [ -e ~/.berth-passphrase ] || (umask 077; openssl rand -base64 32 > ~/.berth-passphrase)\n" +
        "  export PULUMI_CONFIG_PASSPHRASE_FILE=~/.berth-passphrase\n" +
        "PULUMI_CONFIG_PASSPHRASE works as well. To use the generated one all the same, pass --generated-passphrase " +
        "or set BERTH_ALLOW_GENERATED_PASSPHRASE=1. Nothing was changed.",
      exitCode.usage,
    );
  }
  return generated ? "PULUMI_CONFIG_PASSPHRASE_FILE" : "generated";
}

/**
 * Whether a file is the generated passphrase of this or another checkout, by whatever name it is
 * reached.
 */
function isGenerated(file: string): boolean {
  if (file === "") return false;
  try {
    return realpathSync(file).endsWith(join(sep, ".berth", "passphrase"));
  } catch {
    // It cannot be read: the code that needs it says so.
    return false;
  }
}

/**
 * The passphrase of the user's environment.
 * @throws CommandError where the file that PULUMI_CONFIG_PASSPHRASE_FILE names cannot be read
 */
export function readPassphrase(
  source: PassphraseSource,
  env: NodeJS.ProcessEnv,
  generatedFile: string,
): string {
  if (source === "PULUMI_CONFIG_PASSPHRASE") return env["PULUMI_CONFIG_PASSPHRASE"] ?? "";
  const file = source === "generated" ? generatedFile : (env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `The passphrase cannot be read: ${source === "generated" ? file : `PULUMI_CONFIG_PASSPHRASE_FILE=${file}`}: ${why}`,
      exitCode.usage,
    );
  }
}

/**
 * Makes the generated passphrase if there is none: 32 random bytes in a file that only its owner
 * reads.
 * @returns whether it was made now
 * @throws CommandError where others can read the file
 */
export function ensureGeneratedPassphrase(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  try {
    // A link is made whole or not at all, and never over another run's passphrase.
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new CommandError(`${file} can be read by others. Run: chmod 600 ${file}`, exitCode.usage);
    }
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Whether a passphrase is the one that a salt was made with. Pulumi encrypts the word `pulumi` into
 * the salt: AES-256-GCM under PBKDF2-SHA256 with 1,000,000 rounds (pulumi/pulumi,
 * pkg/secrets/passphrase). Takes a quarter of a second.
 * @param salt `encryptionsalt` of a settings file: `v1:<salt>:v1:<nonce>:<text>`, the last three in
 * base64
 */
export async function opensSalt(passphrase: string, salt: string): Promise<boolean> {
  const [version, rounds, inner, nonce, text] = salt.split(":");
  if (
    version !== "v1" ||
    inner !== "v1" ||
    rounds === undefined ||
    nonce === undefined ||
    text === undefined
  ) {
    return false;
  }
  const key = await promisify(pbkdf2)(passphrase, Buffer.from(rounds, "base64"), 1_000_000, 32, "sha256");
  const sealed = Buffer.from(text, "base64");
  const tagAt = sealed.length - 16;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"), {
      authTagLength: 16,
    });
    decipher.setAuthTag(sealed.subarray(tagAt));
    return (
      Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]).toString() === "pulumi"
    );
  } catch {
    return false;
  }
}
