import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../terminal/duration.ts";
import { defaultMinDisk } from "../host-checks/disk-space.ts";

const lockWaitS = 600;

/** `--lock-wait`: how long to wait for others that work on the stack. */
export function lockWaitOption(): Option {
  return new Option(
    "--lock-wait <time>",
    "how long to wait for other runs on the stack: 90s, 10m, 0 to fail at once",
  )
    .default(lockWaitS, "10m")
    .argParser((text: string) => {
      const seconds = parseDuration(text);
      if (seconds === undefined) throw new InvalidArgumentError("A time such as 90s or 10m is expected.");
      return seconds;
    });
}

/** `--min-disk`: space that Docker's folder must have. */
export function minDiskOption(): Option {
  return new Option("--min-disk <GiB>", "free space that Docker's folder must have")
    .default(defaultMinDisk)
    .argParser((text: string) => {
      const size = Number(text);
      if (!(size >= 0)) throw new InvalidArgumentError("A number of GiB is expected.");
      return size;
    });
}

/** `--generated-passphrase`: lets a prod stack use the passphrase of the checkout. */
export function generatedPassphraseOption(): Option {
  return new Option(
    "--generated-passphrase",
    "let a prod stack use the checkout's generated passphrase (or BERTH_ALLOW_GENERATED_PASSPHRASE=1)",
  );
}

/** `--port`: where something is reached on the engine's loopback. */
export function loopbackPortOption(port: number): Option {
  return new Option("--port <port>", "port of the engine's loopback, for show")
    .default(port)
    .argParser((text: string) => {
      const number = Number(text);
      if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
      throw new InvalidArgumentError("A port such as 8099 is expected.");
    });
}

/** Options of commands that change settings and deploy them at once. */
export function changeOptions(): Option[] {
  return [
    new Option("-y, --yes", "do not ask, and do not preview"),
    lockWaitOption(),
    minDiskOption(),
    generatedPassphraseOption(),
  ];
}

/** `--lite`: works on lite mode's database, whether lite mode runs at the moment or not. */
export function liteOption(): Option {
  return new Option("--lite", "use lite mode's database instead of a stack's").conflicts("stack");
}
