/** The part of a forge's API that comments and issues need, as GitHub and Gitea speak it. */
export interface Forge {
  /** All pages of a list. */
  readonly list: (path: string) => Promise<readonly Entry[]>;
  readonly send: (method: "POST" | "PATCH", path: string, body: object) => Promise<Entry>;
}

/** A comment or an issue. */
export interface Entry {
  readonly id: number;
  readonly number?: number;
  readonly body?: string | null;
  readonly state?: string;
  /** An issue that is a pull request has it. */
  readonly pull_request?: object;
  readonly head?: { readonly sha: string };
}

const perPage = 100;

/**
 * The forge of this environment: `GITHUB_API_URL`, `GITHUB_REPOSITORY`, and the token in
 * `GITHUB_TOKEN`, which stays out of every message.
 * @throws Error naming what is not set
 */
export function forgeOf(env: Readonly<Record<string, string | undefined>>): Forge {
  const missing = ["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"].filter(
    (name) => (env[name] ?? "") === "",
  );
  if (missing.length > 0) throw new Error(`Set ${missing.join(", ")}.`);
  const base = `${env["GITHUB_API_URL"] ?? ""}/repos/${env["GITHUB_REPOSITORY"] ?? ""}`;
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${env["GITHUB_TOKEN"] ?? ""}`,
        "user-agent": "berth",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${response.statusText}`);
    return response.json();
  };
  return {
    list: async (path) => {
      const all: Entry[] = [];
      for (let page = 1; ; page += 1) {
        const mark = path.includes("?") ? "&" : "?";
        const found = (await ask("GET", `${path}${mark}per_page=${perPage}&page=${page}`)) as Entry[];
        all.push(...found);
        if (found.length < perPage) return all;
      }
    },
    send: async (method, path, body) => (await ask(method, path, body)) as Entry,
  };
}

/** The first line of what berth writes, by which it is found again. Nobody sees it. */
export function mark(kind: string, subject: string): string {
  return `<!-- berth ${kind} of ${subject} -->`;
}

/** Characters of a comment or an issue at most; GitHub takes 65,536. */
export const longest = 65_000;

/**
 * A report under its mark, as long as the forge takes it: cut between two lines, blocks of code
 * closed. Marks inside the report, and names that would call somebody, are made harmless: a
 * report may come from a stranger's pull request.
 */
export function marked(first: string, report: string): string {
  const harmless = report
    .replaceAll("<!--", "&lt;!--")
    .replace(/(^|[^\w`])@(?=[\w-])/g, "$1@\u200B")
    .trim();
  const whole = `${first}\n${harmless}\n`;
  if (whole.length <= longest) return whole;
  const note = "\n\nThe report is too long for the forge; what is missing is in the job's log.\n";
  const room = longest - note.length - 200;
  const kept = whole.slice(0, whole.lastIndexOf("\n", room));
  return `${kept}${closing(kept)}${note}`;
}

/** What ends the blocks that a cut has left open. */
function closing(text: string): string {
  let open: string | undefined;
  for (const [, ticks = ""] of text.matchAll(/^(`{3,})/gm)) {
    if (open === undefined) open = ticks;
    else if (ticks.length >= open.length) open = undefined;
  }
  const details = text.split("<details>").length - text.split("</details>").length;
  return `${open === undefined ? "" : `\n${open}`}${"\n\n</details>".repeat(Math.max(0, details))}`;
}
