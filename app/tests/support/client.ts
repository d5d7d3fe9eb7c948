import { hashPassword } from "../../src/platform/accounts/password.ts";
import { createAccountStore } from "../../src/platform/accounts/account-store.ts";
import type { HeldRights } from "../../src/platform/sessions/rights.ts";
import type { Role } from "../../src/platform/sessions/session.ts";
import type { TestApp } from "./test-app.ts";

/** An answer with its body read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  // A test names the shape that it expects, and checks the answer.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<Body = Readonly<Record<string, unknown>>>(): Body;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as a form if `form` is set. */
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly raw?: RequestInit["body"];
  /** Leaves the anti-CSRF token out. */
  readonly withoutToken?: boolean;
}

/** A browser's worth of state: cookies and the anti-CSRF token. */
export interface Client {
  readonly cookies: Map<string, string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answered>;
  /** Loads a page and sends the first form of it that posts to `path`, with `fields` put in. */
  submit(page: string, path: string, fields: Readonly<Record<string, string>>): Promise<Answered>;
  login(email: string, password: string, code?: string): Promise<Answered>;
}

/** The password of every user that `addUser` makes. */
export const password = "correct horse battery";

/** The hidden token of the first form of a page. */
export function tokenIn(page: string): string {
  return /name="_token" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

/** The values that a page's forms would send as they stand. */
export function formOf(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input\s[^>]*>/g)].flatMap(([tag]) => {
    const name = /name="([^"]+)"/.exec(tag)?.[1];
    const sent = !tag.includes('type="checkbox"') || /\schecked/.test(tag);
    const value = /value="([^"]*)"/.exec(tag)?.[1]?.replaceAll("&amp;", "&") ?? "";
    return name !== undefined && sent ? [[name, value] as const] : [];
  });
  const areas = [...page.matchAll(/<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</g)].map(
    ([, name = "", text = ""]) => [name, text] as const,
  );
  const selects = [...page.matchAll(/<select[^>]*name="([^"]+)"[^>]*>(.*?)<\/select>/gs)].map(
    ([, name = "", options = ""]) => [name, /value="([^"]*)"\s+selected/.exec(options)?.[1] ?? ""] as const,
  );
  return Object.fromEntries([...inputs, ...areas, ...selects]);
}

export function createClient(app: Pick<TestApp, "url">): Client {
  const cookies = new Map<string, string>();
  let csrf: string | undefined;

  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answered> => {
    const { body, form, raw, withoutToken = false } = options;
    const headers = new Headers(options.headers);
    if (cookies.size > 0)
      headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (csrf !== undefined && method !== "GET" && !withoutToken) headers.set("X-CSRF-Token", csrf);
    const content = form ? new URLSearchParams(form) : body === undefined ? raw : JSON.stringify(body);
    const init: RequestInit & { duplex?: "half" } = { method, headers, redirect: "manual", duplex: "half" };
    if (content !== undefined) init.body = content;
    const response = await fetch(app.url + path, init);
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      if (line.includes("Max-Age=0")) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as never,
    };
  };

  return {
    cookies,
    call,
    async submit(page, path, fields) {
      const first = await call("GET", page);
      const loaded = first.status === 303 ? await call("GET", first.headers.get("location") ?? "") : first;
      return call("POST", path, { form: { _token: tokenIn(loaded.text), ...fields }, withoutToken: true });
    },
    async login(email, secret, code) {
      const answer = await call("POST", "/api/v1/session", {
        body: { email, password: secret, ...(code === undefined ? {} : { code }) },
      });
      if (answer.status === 204)
        csrf = (await call("GET", "/api/v1/session")).json<{ csrfToken: string }>().csrfToken;
      return answer;
    },
  };
}

/** Uploads a file as its person would. */
export function upload(
  client: Client,
  content: Buffer,
  name: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.set(key, value);
  form.set("file", new File([new Uint8Array(content)], name));
  return client.call("POST", "/api/v1/media", { raw: form });
}

let hashed: Promise<string> | undefined;
let count = 0;

/**
 * Adds a user and returns a client that is signed in as them.
 *
 * @param permissions by resource: actions, or the word of an earlier release.
 */
export async function addUser(
  app: Pick<TestApp, "url" | "database">,
  role: Role,
  permissions: HeldRights = {},
): Promise<Client & { readonly email: string; readonly id: number }> {
  hashed ??= hashPassword(password);
  count += 1;
  const email = `${role}${count}@example.test`;
  const user = await createAccountStore(app.database).insert({
    email,
    name: `${role} ${count}`,
    passwordHash: await hashed,
    role,
  });
  if (!user) throw new Error(`There is a ${email} already.`);
  for (const [resource, held] of Object.entries(permissions)) {
    const given = typeof held === "string" ? { level: held } : { level: "view", own: held, actions: held };
    await app.database("permissions").insert({ user_id: user.id, resource, ...given });
  }
  const client = createClient(app);
  const answer = await client.login(email, password);
  if (answer.status !== 204) throw new Error(`The test user cannot sign in: ${answer.text}`);
  return { ...client, email, id: user.id };
}
