/**
 * Prints those of some words that an image holds anywhere, one a line. Layers are unpacked: an
 * engine with containerd's image store saves them compressed.
 */
const script = `
set -eo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
docker save "$1" | tar -x -C "$folder"
shift
find "$folder" -type f -exec gzip -cdf {} + | { grep --text --only-matching --fixed-strings "$@" || [ $? = 1 ]; } | sort -u
`;

/** Program and arguments that print which of the words an image holds. */
export function findInImage(
  image: string,
  words: readonly string[],
): [program: string, args: readonly string[]] {
  return ["bash", ["-c", script, "bash", image, ...words.flatMap((word) => ["-e", word])]];
}
