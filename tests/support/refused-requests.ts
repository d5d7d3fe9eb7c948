import { randomBytes } from "node:crypto";

/** How often each kind of request got each status. */
export type Tally = Map<string, number>;

/** A request that the application is to refuse. */
export interface Refused {
  readonly kind: "sign-in" | "upload" | "registration";
  readonly path: string;
  /** The client's address, which the proxy in front says. */
  readonly from: string;
  readonly body: string;
  readonly member?: Member;
}

/** A person who is signed in. */
export interface Member {
  readonly cookie: string;
  /** Of their forms. */
  readonly token: string;
}

const word = () => randomBytes(6).toString("hex");

/** An address of a network that no other call names. */
function freshAddress(): string {
  const group = () => randomBytes(2).toString("hex");
  return Math.random() < 0.5
    ? `2001:db8:${group()}:${group()}::${group()}`
    : `198.${18 + Math.floor(Math.random() * 2)}.${randomBytes(1)[0] ?? 0}.${randomBytes(1)[0] ?? 0}`;
}

const signIn = (from: string, email: string): Refused => ({
  kind: "sign-in",
  path: "/api/v1/session",
  from,
  body: JSON.stringify({ email, password: word() }),
});

const boundary = "a-boundary";

/** A page as a file, of half a kilobyte. */
function upload(from: string, member?: Member): Refused {
  const file = `<p>${randomBytes(256).toString("hex")}</p>`;
  const parts = [
    'Content-Disposition: form-data; name="private"\r\n\r\nyes',
    `Content-Disposition: form-data; name="file"; filename="page.html"\r\nContent-Type: text/html\r\n\r\n${file}`,
  ];
  const body = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("")}--${boundary}--\r\n`;
  return { kind: "upload", path: "/api/v1/media", from, body, ...(member === undefined ? {} : { member }) };
}

const register = (from: string, email: string, password: string): Refused => ({
  kind: "registration",
  path: "/api/v1/account/registrations",
  from,
  body: JSON.stringify({ email, name: "Somebody", password }),
});

/**
 * The requests of one round: the windows of all limits turn over from one to the next.
 * @param count how many
 * @param target account that is guessed at from everywhere
 * @param member a person who may not upload
 */
export function refusedRound(count: number, target: string, member: Member): Refused[] {
  const [network, stuffer] = [`2001:db8:${word().slice(0, 4)}:1`, freshAddress()];
  const requests: Refused[] = [];
  // Names that nobody has, each tried from a network of its own: every one is looked at.
  for (let guess = 0; guess < 40; guess += 1) requests.push(signIn(freshAddress(), `${word()}@example.test`));
  // The account, from so many hosts of one network that its budget ends at once.
  while (requests.length < count * 0.3) requests.push(signIn(`${network}::${word().slice(0, 4)}`, target));
  // One list of names from one address.
  while (requests.length < count * 0.5) requests.push(signIn(stuffer, target));
  while (requests.length < count * 0.75)
    requests.push(requests.length % 2 === 0 ? upload(freshAddress()) : upload(freshAddress(), member));
  for (let time = 0; time < 10; time += 1)
    requests.push(register(freshAddress(), "somebody@example.test", "a quiet harbour"));
  while (requests.length < count) requests.push(register(freshAddress(), `${word()}@example.test`, "short"));
  return requests.slice(0, count);
}

/** Sends once more what met a kept connection that the server was just closing. */
async function post(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    return fetch(url, init);
  }
}

/**
 * Sends requests, a few at a time, and counts the answers.
 * @returns answers that say the application failed
 */
export async function send(url: string, requests: readonly Refused[], tally: Tally): Promise<string[]> {
  const failures: string[] = [];
  const left = [...requests];
  const one = async ({ kind, path, from, body, member }: Refused) => {
    const type = kind === "upload" ? `multipart/form-data; boundary=${boundary}` : "application/json";
    const headers = new Headers({ "X-Forwarded-For": from, "Content-Type": type });
    if (member !== undefined) {
      headers.set("Cookie", member.cookie);
      headers.set("X-CSRF-Token", member.token);
    }
    const answer = await post(url + path, { method: "POST", headers, body });
    const text = await answer.text();
    if (answer.status >= 500) failures.push(`${answer.status} ${text}`);
    const key = `${kind} ${answer.status}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  };
  const sender = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await one(next);
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  return failures;
}
