/** Line at which a file of a bundle ends. */
const mark = "END-OF-FILE-7f3a";

/**
 * A shell script that writes files below the folder it is given as `$1`: all of them, or, when it
 * is interrupted, none under their final name. It is fed to `sh -s` over standard input, so nothing
 * has to be on the other side but a shell.
 *
 * @param files text by path; texts end with a line break
 * @throws RangeError for a path that leaves the folder, or a text that cannot be written this way
 */
export function fileBundle(files: Readonly<Record<string, string>>): string {
  const writes = Object.entries(files).map(([path, text]) => {
    if (!/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(path))
      throw new RangeError(`"${path}" is not a plain relative path`);
    if (text.split("\n").includes(mark) || (text !== "" && !text.endsWith("\n"))) {
      throw new RangeError(`${path} does not end with a line break, or holds the mark ${mark}`);
    }
    const folder = path.includes("/") ? `mkdir -p "$to/${path.slice(0, path.lastIndexOf("/"))}"\n` : "";
    return `${folder}cat >"$to/${path}" <<'${mark}'\n${text}${mark}\n`;
  });
  return `set -eu
umask 022
if [ -e "$1" ]; then exit 0; fi
to=$1.partial
rm -rf "$to"
mkdir -p "$to"
${writes.join("")}mv -T "$to" "$1"
`;
}

/** The files that such a script writes, by path. */
export function bundledFiles(script: string): Record<string, string> {
  const written = new RegExp(`^cat >"\\$to/(?<path>[^"]+)" <<'${mark}'\n(?<text>[^]*?)^${mark}$`, "gm");
  return Object.fromEntries(
    [...script.matchAll(written)].map(({ groups = {} }) => [groups["path"], groups["text"]]),
  ) as Record<string, string>;
}
