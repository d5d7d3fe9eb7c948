/** What a Dockerfile says of the image that it makes. */
export interface DockerfileFacts {
  /** First port of EXPOSE. */
  readonly port: number | undefined;
  /** Numeric user. */
  readonly user: number | undefined;
  /** Words or text of CMD, if there is no ENTRYPOINT. */
  readonly command: string | readonly string[] | undefined;
}

/** Instructions with their arguments; continued lines are joined, comments left out. */
function instructions(text: string): { readonly name: string; readonly rest: string }[] {
  return text
    .replace(/^\s*#.*\r?\n/gm, "")
    .replace(/\\[ \t]*\r?\n/g, " ")
    .split(/\r?\n/)
    .flatMap((line) => {
      const [, name = "", rest = ""] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
      return name === "" ? [] : [{ name: name.toUpperCase(), rest }];
    });
}

/**
 * Reads the stage that an image is made from.
 * @param target the stage's name; the last one if undefined
 */
export function dockerfileFacts(text: string, target?: string): DockerfileFacts {
  const all = instructions(text);
  const begins = all.flatMap(({ name, rest }, index) => (name === "FROM" ? [{ index, rest }] : []));
  const chosen =
    target === undefined
      ? begins.length - 1
      : begins.findIndex(({ rest }) => stageName(rest) === target.toLowerCase());
  const stage = all.slice(begins[chosen]?.index ?? 0, begins[chosen + 1]?.index);
  const last = (wanted: string) => stage.findLast(({ name }) => name === wanted)?.rest;
  const port = /^\d+/.exec(stage.find(({ name }) => name === "EXPOSE")?.rest ?? "")?.[0];
  const user = /^\d+/.exec(last("USER") ?? "")?.[0];
  return {
    port: port === undefined ? undefined : Number(port),
    user: user === undefined ? undefined : Number(user),
    command: last("ENTRYPOINT") === undefined ? commandOf(last("CMD")) : undefined,
  };
}

function stageName(from: string): string | undefined {
  return /\sas\s+(\S+)\s*$/i.exec(from)?.[1]?.toLowerCase();
}

function commandOf(rest: string | undefined): string | readonly string[] | undefined {
  if (rest?.startsWith("[") !== true) return rest;
  try {
    return JSON.parse(rest) as string[];
  } catch {
    return rest;
  }
}

/**
 * A Dockerfile whose image has more on top: lines at the end of the stage that the image is made
 * from, so that there is one build and one image, for every builder.
 * @param target the stage's name; the last one if undefined
 * @throws Error if there is no such stage
 */
export function withLayer(text: string, target: string | undefined, lines: readonly string[]): string {
  const layer = `\n${lines.join("\n")}\n`;
  if (target === undefined) return `${text.trimEnd()}\n${layer}`;
  const rows = text.split("\n");
  const begins = rows.flatMap((row, index) => (/^\s*FROM\s/i.test(row) ? [index] : []));
  const chosen = begins.findIndex((index) => stageName(rows[index] ?? "") === target.toLowerCase());
  if (chosen === -1) throw new Error(`The Dockerfile has no stage ${target}.`);
  return `${rows
    .slice(0, begins[chosen + 1])
    .join("\n")
    .trimEnd()}\n${layer}`;
}
