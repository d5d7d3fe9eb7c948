import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { finish } from "./docker.ts";

/** A clock that programs of a test see instead of the machine's. */
export interface MovedClock {
  /** Library that is loaded into them, absolute. */
  readonly library: string;
  /** Folder with the file that says how far they are ahead. */
  readonly folder: string;
  /** Environment of a program, if it sees the library and the folder at these paths. */
  environment(library?: string, folder?: string): Record<string, string>;
  /** Moves it forward, and waits until running programs have noticed. */
  advance(seconds: number): Promise<void>;
  remove(): void;
}

/** libfaketime as Debian packages it, unpacked into berth's cache; nothing is installed. */
async function libfaketime(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, "libfaketime-debian");
  const found = () => globSync(join(folder, "usr/lib/*/faketime/libfaketime.so.1"))[0];
  if (existsSync(folder)) return found() ?? new Error(`${folder} has no libfaketime`);
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "libfaketime-"));
  try {
    const download = () => finish("apt-get", ["download", "libfaketime"], { cwd: draft });
    let got = await download();
    if (got.status !== 0) {
      await finish("apt-get", ["update"]);
      got = await download();
    }
    const [file] = readdirSync(draft);
    if (file === undefined) return new Error(`no libfaketime of Debian's: ${got.stderr.trim()}`);
    const unpacked = await finish("dpkg-deb", ["--extract", file, "."], { cwd: draft });
    if (unpacked.status !== 0) return new Error(unpacked.stderr.trim());
    renameSync(draft, folder);
    return found() ?? new Error(`${folder} has no libfaketime`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Makes a clock that shows the machine's time.
 * @returns why there is none, as an Error, for `skip`
 */
export async function movedClock(): Promise<MovedClock | Error> {
  const library = await libfaketime();
  if (library instanceof Error) return library;
  const folder = mkdtempSync(join(tmpdir(), "berth-clock-"));
  let ahead = 0;
  const write = () => {
    const draft = join(folder, "draft");
    writeFileSync(draft, `+${ahead}\n`, { mode: 0o644 });
    renameSync(draft, join(folder, "offset"));
  };
  write();
  await finish("chmod", ["0755", folder]);
  return {
    library,
    folder,
    environment: (loaded = library, seen = folder) => ({
      LD_PRELOAD: loaded,
      FAKETIME_TIMESTAMP_FILE: `${seen}/offset`,
      // Seconds after which a program reads the file again; it compares whole ones, so that up to
      // two go by.
      FAKETIME_CACHE_DURATION: "1",
      // What measures durations goes on as before.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    }),
    async advance(seconds) {
      ahead += seconds;
      write();
      await sleep(2_100);
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
