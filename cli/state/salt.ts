import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { PassphraseSource } from "./passphrase.ts";

/** What is known about a stack's passphrase before anything is done to the stack. */
export interface SaltCircumstances {
  readonly stack: string;
  readonly source: PassphraseSource;
  /** File of the source, if it has one. */
  readonly file: string | undefined;
  /** Whether the passphrase opens the settings file's salt; undefined where the file has none. */
  readonly opensSettings: boolean | undefined;
  /** The same for the state's salt; undefined if there is no such stack, or no salt in it. */
  readonly opensState: boolean | undefined;
  /** The stack exists. */
  readonly deployed: boolean;
  /** The state is the embedded one of this checkout. */
  readonly embedded: boolean;
  /** Encrypted settings in the file. */
  readonly secure: readonly string[];
  readonly anySecure: boolean;
}

/**
 * Decides whether a stack can be worked on with the passphrase at hand. `replace`: the settings
 * file brought along the salt of another checkout's passphrase, which protects nothing here, so
 * that a new one may take its place.
 * @throws CommandError where the passphrase is not the one that the secrets are encrypted with
 */
export function judgeSalt(known: SaltCircumstances): "keep" | "replace" {
  if (known.opensState === false) throw wrongPassphrase(known);
  if (known.opensSettings !== false) return "keep";
  if (known.deployed || !known.embedded) throw wrongPassphrase(known);
  if (!known.anySecure) return "replace";
  const settings = known.secure.length === 0 ? "" : ` (${known.secure.join(", ")})`;
  throw new CommandError(
    `Pulumi.${known.stack}.yaml holds encrypted settings${settings} that the passphrase from ${origin(known)} does not open: ` +
      "they were set with another passphrase, probably in another checkout. Set PULUMI_CONFIG_PASSPHRASE_FILE to that one, or " +
      "remove those settings from the file and set them anew with pulumi config set --secret. Nothing was changed.",
    exitCode.usage,
  );
}

function wrongPassphrase(known: SaltCircumstances): CommandError {
  return new CommandError(
    `Wrong passphrase: the one from ${origin(known)} does not open the secrets of stack ${known.stack}.\n` +
      "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE with the name of a file, to the one that the stack was made " +
      "with; unset both for the one in .berth/passphrase. Nothing was changed.",
    exitCode.usage,
  );
}

function origin({ source, file }: SaltCircumstances): string {
  if (source === "generated") return file ?? ".berth/passphrase";
  return file === undefined ? source : `${source}=${file}`;
}
