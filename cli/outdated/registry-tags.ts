import { z } from "zod";

/** For one answer, in milliseconds. */
const limit = 10_000;

/** Enough for the longest list of an official image. */
const mostPages = 50;

interface Repository {
  /** Address of the registry's API. */
  readonly api: string;
  /** As the registry calls it. */
  readonly name: string;
}

/**
 * Reads `[registry/]repository`; Docker's own registry where none is named.
 * https://github.com/distribution/reference
 */
function repositoryOf(text: string): Repository {
  const [first = "", ...rest] = text.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  if (!named) {
    return { api: "https://registry-1.docker.io", name: rest.length === 0 ? `library/${text}` : text };
  }
  const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/.test(first);
  return { api: `${loopback ? "http" : "https"}://${first}`, name: rest.join("/") };
}

const tagList = z.object({ tags: z.array(z.string()).nullable() });
const grant = z.union([
  z.object({ token: z.string() }).transform(({ token }) => token),
  z.object({ access_token: z.string() }).transform(({ access_token }) => access_token),
]);

/**
 * Every tag of a repository that anyone may read, as this machine sees its registry.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 * @throws Error with why the registry gave none
 */
export async function registryTags(repository: string): Promise<string[]> {
  const { api, name } = repositoryOf(repository);
  const tags: string[] = [];
  let next: URL | undefined = new URL(`${api}/v2/${name}/tags/list?n=1000`);
  let token: string | undefined;
  for (let page = 0; next !== undefined && page < mostPages; page += 1) {
    let answer = await ask(next, token);
    if (answer.status === 401 && token === undefined) {
      token = await anonymousToken(answer);
      if (token !== undefined) answer = await ask(next, token);
    }
    if (!answer.ok) throw new Error(`${next.host} answered ${answer.status}`);
    tags.push(...(tagList.parse(await answer.json()).tags ?? []));
    const following: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(
      answer.headers.get("link") ?? "",
    )?.[1];
    next = following === undefined ? undefined : new URL(following, next);
  }
  return tags;
}

function ask(address: URL, token?: string): Promise<Response> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return fetch(address, { headers, signal: AbortSignal.timeout(limit) });
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function anonymousToken({ headers }: Response): Promise<string | undefined> {
  const challenge = headers.get("www-authenticate") ?? "";
  if (!/^bearer /i.test(challenge)) return undefined;
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  const { realm, ...wanted } = fields;
  if (realm === undefined) return undefined;
  const address = new URL(realm);
  for (const key of ["service", "scope"]) address.searchParams.set(key, wanted[key] ?? "");
  const answer = await ask(address);
  return answer.ok ? grant.parse(await answer.json()) : undefined;
}
