import type { Docker } from "../../system/docker.ts";
import { failure, padding, pourBetween, takePadding } from "./between-engines.ts";

/** SHA-256 of files, by their paths. */
export type Files = ReadonlyMap<string, string>;

/** Where files are: on an engine, below a folder of what is mounted. */
export interface FilesPlace {
  readonly docker: Docker;
  /** Image with `sh`, `find`, `tar` and `sha256sum`, busybox' or coreutils'. */
  readonly image: string;
  /** Options of `docker run` that mount it. */
  readonly mount: readonly string[];
  readonly folder: string;
}

/** Folders beside the application's files: the copy, and what was there before. */
const folders = { copy: ".moving", before: ".before-move" } as const;

/** Names that a list of lines cannot say. */
const unspeakable = /[\n\\]/;

/** Ends a list: one that was cut short must not pass for one of fewer files. */
const listEnd = "berth: every file";
const listScript = (tolerance: string) =>
  `mkdir -p "$1" && cd "$1" && { find . -type f -exec sha256sum {} +${tolerance}; } && printf '\\n%s\\n' '${listEnd}' && ${padding}`;
const readScript = (names: "." | "-T -", tolerance: string) =>
  `cd "$1" && { tar -cf - ${names}${tolerance}; } && ${padding}`;
/** Files that are gone before they are read are no failure where people still delete some. */
const meanwhile = " || :";
const writeScript = `mkdir -p "$1" && tar -xf - -C "$1" && ${takePadding}`;
const removeScript = 'cd "$1" && while IFS= read -r name; do rm -f -- "$name"; done';

/** What is below `$1`, but our own folders, goes to `$2`; the volume's owner is the owner. */
const shift = `shift_files() {
  mkdir -p "$2"
  for entry in "$1"/* "$1"/.[!.]*; do
    case \${entry##*/} in ${folders.copy}|${folders.before}) continue ;; esac
    if [ -e "$entry" ] || [ -L "$entry" ]; then mv "$entry" "$2/"; fi
  done
}
set -eu
owner=$(stat -c %u:%g "$1")
`;
const swapInScript = `${shift}
if [ -e "$1/${folders.before}" ]; then echo "${folders.before} is there already" >&2; exit 1; fi
shift_files "$1" "$1/${folders.before}"
mkdir -p "$1/${folders.copy}"
chown -R "$owner" "$1/${folders.copy}" "$1/${folders.before}"
shift_files "$1/${folders.copy}" "$1"
rmdir "$1/${folders.copy}"`;
const swapOutScript = `${shift}
if [ -e "$1/${folders.before}" ]; then
  shift_files "$1" "$1/${folders.copy}"
  shift_files "$1/${folders.before}" "$1"
  rmdir "$1/${folders.before}"
fi`;

/** Copies files from one place into the volume of a stack's uploads, and swaps them in. */
export class UploadsCopy {
  readonly #from: FilesPlace;
  readonly #to: FilesPlace;

  constructor(from: FilesPlace, to: FilesPlace) {
    this.#from = from;
    this.#to = to;
  }

  /**
   * Brings the copy up to date: what is there already is not copied again.
   * @param stands nobody changes the files any more
   * @returns the files as they are on either side
   */
  async copy(stands: boolean): Promise<{ readonly original: Files; readonly copy: Files }> {
    const original = await this.#list(this.#from, stands ? "" : meanwhile);
    const present = await this.#list(this.#copy);
    const gone = [...present.keys()].filter((name) => !original.has(name));
    const wanted = [...original.keys()].filter((name) => original.get(name) !== present.get(name));
    if (gone.length > 0) await this.#run(this.#copy, removeScript, `${gone.join("\n")}\n`);
    if (wanted.length > 0) await this.#pour(wanted, stands ? "" : meanwhile);
    return { original, copy: await this.#list(this.#copy) };
  }

  /** Has the copy take the place of the stack's files, which are kept. */
  async swapIn(): Promise<void> {
    await this.#run(this.#to, swapInScript);
  }

  /** Has the kept ones take their place again; the copy stays, for the next time. */
  async swapOut(): Promise<void> {
    await this.#run(this.#to, swapOutScript);
  }

  get #copy(): FilesPlace {
    return { ...this.#to, folder: `${this.#to.folder}/${folders.copy}` };
  }

  async #list(place: FilesPlace, tolerance = ""): Promise<Files> {
    const [list = "", rest] = (await this.#run(place, listScript(tolerance))).split(`\n${listEnd}\n`);
    if (rest === undefined) throw failure("The uploads could not be listed", list);
    return parseFiles(list);
  }

  async #pour(names: readonly string[], tolerance: string): Promise<void> {
    const all = names.some((name) => unspeakable.test(name));
    const input = all ? undefined : `${names.join("\n")}\n`;
    const script = readScript(all ? "." : "-T -", tolerance);
    const read = [this.#from.docker, this.#args(this.#from, script, !all)] as const;
    const write = [this.#to.docker, this.#args(this.#copy, writeScript, true)] as const;
    await pourBetween("The uploads", read, write, input);
  }

  #args({ image, mount, folder }: FilesPlace, script: string, fed: boolean): string[] {
    return [
      ...["run", "--rm", ...(fed ? ["--interactive"] : [])],
      ...["--network", "none", "--user", "0:0", "--read-only"],
      ...["--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--cap-add", "FOWNER"],
      ...["--security-opt", "no-new-privileges", ...mount, "--entrypoint", "sh"],
      ...[image, "-c", script, "sh", folder],
    ];
  }

  #run(place: FilesPlace, script: string, input?: string): Promise<string> {
    return place.docker.run(
      this.#args(place, script, input !== undefined),
      input === undefined ? {} : { input },
    );
  }
}

/** Reads what `sha256sum` prints; a name that it escapes stays escaped. */
export function parseFiles(text: string): Files {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, hash = "", name] = /^\\?([0-9a-f]{64}) [ *](.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, hash] as const];
    }),
  );
}
