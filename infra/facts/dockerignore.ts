/** What a `.dockerignore` leaves out, in Docker's own terms. */
export interface DockerIgnore {
  /** Whether a file, or a folder that it is in, is left out. */
  ignores(path: string): boolean;
  /** Whether Docker looks into a folder that is left out, for what an exception names. */
  looksInto(folder: string): boolean;
}

interface Pattern {
  readonly text: string;
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

/** Characters that mean something in a regular expression and nothing to Docker. */
const literal = new Set(".+()|{}$");

/**
 * The syntax of Go's filepath.Match: classes are closed, and a backslash has something behind it.
 */
const wellFormed = /^(?:\\[^]|\[\^?(?:\\[^]|[^\\\]])+\]|[^\\[])*$/u;

/**
 * Reads a `.dockerignore` as github.com/moby/patternmatcher does, which Docker, BuildKit and the
 * provider use.
 * @throws where Docker would refuse the file
 */
export function readDockerIgnore(text: string): DockerIgnore {
  const patterns = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map((line) => readLine(line.trim()));
  return {
    ignores: (path) => {
      const folders = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
      return patterns.reduce(
        (ignored, { exception, matches }) =>
          exception === ignored && folders.some(matches) ? !exception : ignored,
        false,
      );
    },
    looksInto: (folder) =>
      patterns.some(({ exception, text: pattern }) => exception && `${pattern}/`.startsWith(`${folder}/`)),
  };
}

function readLine(line: string): Pattern {
  const exception = line.startsWith("!");
  const text = clean(exception ? line.slice(1).trim() : line);
  if (text === "" || !wellFormed.test(text)) {
    throw new Error(`.dockerignore: Docker refuses the pattern ${line}. Close its brackets, or remove it.`);
  }
  return { text, exception, matches: matcher(text) };
}

/** Go's filepath.Clean, and without a slash in front. */
function clean(pattern: string): string {
  if (pattern === "") return "";
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !pattern.startsWith("/")) parts.push(part);
  }
  return parts.join("/") || (pattern.startsWith("/") ? "/" : ".");
}

function matcher(pattern: string): (path: string) => boolean {
  if (!/[*?\\[\]]/.test(pattern)) return (path) => path === pattern;
  // Docker compares plain beginnings and ends as text, and makes an expression of everything else.
  if (/^\*\*[^*?\\[\]]*$/.test(pattern)) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith("/") && path === end.slice(1));
  }
  if (/^[^*?\\[\]]*\*\*$/.test(pattern)) {
    const start = pattern.slice(0, -2);
    return (path) => path.startsWith(start);
  }
  const expression = new RegExp(`^${expressionOf(pattern)}$`);
  return (path) => expression.test(path);
}

function expressionOf(pattern: string): string {
  return pattern.replace(/\*\*\/?|\\?[^]/g, (token, at: number) => {
    if (token.startsWith("**")) return at + token.length === pattern.length ? ".*" : "(.*/)?";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return literal.has(token) ? `\\${token}` : token;
  });
}
