import { once } from "node:events";
import { request } from "node:http";
import type { Database } from "../../src/platform/database/open-database.ts";
import { type Answered, type Client, createClient } from "./client.ts";

/** The people who call, and where. */
export interface Callers {
  readonly url: string;
  readonly database: Database;
  readonly anonymous: Client;
  /** May create, change and delete customers and media. */
  readonly staff: Client & { readonly email: string };
}

/** What fails, the status it is to be answered with, and the call, which takes a marker along. */
export type FailingCall = readonly [string, number, (marker: string) => Promise<Answered>];

const customers = "/api/v1/customers";

/**
 * What the database refuses unforeseen by the application: a constraint, and a fault of its own. A
 * customer is there already.
 */
export async function prepareFaults(database: Database): Promise<void> {
  await database("customers").insert({ name: "First", email: "taken@example.test" });
  await database.raw(`
    alter table customers add constraint unforeseen check (city <> 'nowhere');
    create function fail() returns trigger language plpgsql as $$
      begin raise internal_error using message = 'not today', detail = new.notes, hint = new.notes; end $$;
    create trigger fail before insert on customers for each row when (new.city = 'faulty') execute function fail();
    create function read() returns trigger language plpgsql as $$
      begin perform new.notes::integer; return new; end $$;
    create trigger read before insert on customers for each row when (new.city = 'unreadable') execute function read();
  `);
}

/** Sends JSON. */
export function post(client: Client, path: string, body: unknown, headers: Record<string, string> = {}) {
  return client.call("POST", path, { body, headers });
}

const customer = (notes: string, more: object = {}) => ({
  name: notes,
  email: "new@example.test",
  notes,
  ...more,
});

/**
 * Runs something while a row is locked, so that what wants to change it is cancelled by the
 * statement timeout.
 */
async function whileLocked<Result>({ database }: Callers, work: () => Promise<Result>): Promise<Result> {
  return database.transaction(async (transaction) => {
    await transaction.raw("lock table customers in access exclusive mode");
    return work();
  });
}

const form = (marker: string, end: string) => ({
  headers: { "Content-Type": "multipart/form-data; boundary=b" },
  raw: `--b\r\nContent-Disposition: form-data; name="file"; filename="${marker}.png"\r\n\r\n\x89PNG\r\n${marker}${end}`,
});

/** Sends half of an import and hangs up. */
export async function hangUp({ url, staff }: Callers, marker: string): Promise<void> {
  const session = await staff.call("GET", "/api/v1/session");
  const sent = request(`${url}${customers}/import`, {
    method: "POST",
    headers: {
      Cookie: [...staff.cookies].map((cookie) => cookie.join("=")).join("; "),
      "X-CSRF-Token": session.json<{ csrfToken: string }>().csrfToken,
      "Content-Type": "text/csv",
      "Content-Length": 10_000,
    },
  });
  const gone = once(sent, "error");
  await new Promise((written) => sent.write(`name,email\n${marker},half@gone.test\n`, written));
  sent.destroy(new Error("changed its mind"));
  await gone;
}

/** Failing paths that bring a secret: no answer may repeat it either. */
export function callsWithSecrets({ url, anonymous, staff }: Callers): readonly FailingCall[] {
  return [
    ["a wrong password", 401, (marker) => anonymous.login(staff.email, marker)],
    [
      "a wrong password in the form",
      401,
      (marker) => anonymous.submit("/login", "/login", { email: staff.email, password: marker }),
    ],
    [
      "a password in the wrong field",
      400,
      (marker) => post(anonymous, "/api/v1/session", { email: marker, password: "x" }),
    ],
    [
      "a body that is no JSON",
      400,
      (marker) =>
        anonymous.call("POST", "/api/v1/session", {
          headers: { "Content-Type": "application/json" },
          raw: `{"password":${marker}`,
        }),
    ],
    [
      "a registration whose mail does not go out",
      202,
      (marker) =>
        post(anonymous, "/api/v1/account/registrations", {
          email: "late@example.test",
          name: "W",
          password: marker,
        }),
    ],
    ["a reset link of nobody", 303, (marker) => anonymous.call("GET", `/reset?token=${marker}`)],
    ["a confirmation link of nobody", 303, (marker) => anonymous.call("GET", `/verify?token=${marker}`)],
    [
      "a token of nobody",
      410,
      (marker) =>
        post(anonymous, "/api/v1/account/password-resets/confirm", {
          token: marker,
          password: `${marker} word`,
        }),
    ],
    ["an invitation's link of nobody", 303, (marker) => anonymous.call("GET", `/invitation?token=${marker}`)],
    [
      "an invitation of nobody",
      410,
      (marker) =>
        post(anonymous, "/api/v1/account/invitations/accept", {
          token: marker,
          email: "nobody@example.test",
          name: "W",
          password: `${marker} word`,
        }),
    ],
    [
      "a confirmation of nobody",
      410,
      (marker) =>
        post(anonymous, "/api/v1/account/registrations/confirm", { token: marker, password: marker }),
    ],
    [
      "a token that is asked for where there is none",
      404,
      (marker) => anonymous.call("GET", `/api/v1/nothing?token=${marker}`),
    ],
    [
      "a session that is none",
      401,
      (marker) =>
        createClient({ url }).call("GET", "/api/v1/session", {
          headers: { Cookie: `__Host-session=${marker}.${marker}`, Authorization: `Bearer ${marker}` },
        }),
    ],
    [
      "a form token that is none",
      403,
      (marker) =>
        staff.call("POST", customers, {
          body: customer("x"),
          headers: { "X-CSRF-Token": marker },
          withoutToken: true,
        }),
    ],
    [
      "a password that is changed with a wrong one",
      401,
      (marker) =>
        staff.call("PUT", "/api/v1/account/password", {
          body: { current: marker, password: `${marker} new` },
        }),
    ],
    [
      "a code that is none",
      409,
      (marker) => post(staff, "/api/v1/account/second-factor/confirm", { code: marker.slice(0, 40) }),
    ],
  ];
}

/** Failing paths with private input. */
export function callsAboutPeople(callers: Callers): readonly FailingCall[] {
  const { staff } = callers;
  return [
    ["a search that is refused", 400, (marker) => staff.call("GET", `${customers}?limit=0&search=${marker}`)],
    [
      "a value that is taken",
      409,
      (marker) => post(staff, customers, customer(marker, { email: "taken@example.test" })),
    ],
    [
      "a value that a check refuses",
      400,
      (marker) => post(staff, customers, customer(marker, { city: "nowhere" })),
    ],
    [
      "a value that Postgres quotes",
      400,
      (marker) => post(staff, customers, customer(marker, { city: "unreadable" })),
    ],
    ["a fault", 500, (marker) => post(staff, customers, customer(marker, { city: "faulty" }))],
    [
      "a fault in a form",
      500,
      (marker) =>
        staff.submit("/admin/customers/new", "/admin/customers/new", {
          ...{ name: marker, email: "form@example.test", company: "", city: "faulty", notes: marker },
        }),
    ],
    ["a NUL", 400, (marker) => post(staff, customers, customer(`${marker}\u0000`))],
    [
      "a NUL in CSV",
      200,
      (marker) =>
        staff.call("POST", `${customers}/import`, {
          headers: { "Content-Type": "text/csv" },
          raw: `name,email,notes\nN,csv@example.test,${marker}\u0000\n`,
        }),
    ],
    [
      "a check in CSV",
      200,
      (marker) =>
        staff.call("POST", `${customers}/import`, {
          headers: { "Content-Type": "text/csv" },
          raw: `name,email,city,notes\nN,csv@example.test,nowhere,${marker}\n`,
        }),
    ],
    [
      "a statement that is cancelled",
      503,
      (marker) =>
        whileLocked(callers, () =>
          post(staff, customers, customer(marker, { email: `${marker}@example.test` })),
        ),
    ],
    ["an upload that breaks off", 400, (marker) => staff.call("POST", "/api/v1/media", form(marker, ""))],
    [
      "an upload of no known kind",
      400,
      (marker) =>
        staff.call("POST", "/api/v1/media", {
          ...form(marker, ""),
          raw: `--b\r\nContent-Disposition: form-data; name="file"; filename="${marker}.png"\r\n\r\n${marker}\r\n--b--\r\n`,
        }),
    ],
    [
      "a precondition that cannot be met",
      412,
      (marker) =>
        staff.call("PUT", `${customers}/1`, {
          body: customer(marker),
          headers: { "If-Match": `"${marker}"` },
        }),
    ],
    [
      "a key that is used again with another body",
      409,
      async (marker) => {
        const key = { "Idempotency-Key": marker };
        await post(staff, customers, customer("x", { email: "kept@example.test" }), key);
        return post(staff, customers, customer(marker), key);
      },
    ],
  ];
}
