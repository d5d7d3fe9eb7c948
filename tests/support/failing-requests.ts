import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:https";
import { account, type BusyStack } from "./busy-stack.ts";
import { docker } from "./docker.ts";
import { ask, type EdgeAnswer, type EdgeRequest } from "./edge-client.ts";
import { signIn } from "./edge-session.ts";

/**
 * What Postgres refuses for reasons that the application does not know of: a check, a value that
 * its message quotes, and a fault of its own.
 */
const unforeseen = `
  alter table customers add constraint unforeseen check (city <> 'nowhere');
  create function fail() returns trigger language plpgsql as $$
    begin raise internal_error using message = 'not today', detail = new.notes; end $$;
  create trigger fail before insert on customers for each row when (new.city = 'faulty') execute function fail();
  create function read() returns trigger language plpgsql as $$
    begin perform new.notes::integer; return new; end $$;
  create trigger read before insert on customers for each row when (new.city = 'unreadable') execute function read();
`;

/** Sends half of a request and hangs up. */
async function hangUp({ edge }: BusyStack, path: string, headers: object, half: string): Promise<void> {
  const sent = request({
    ...{ host: "127.0.0.1", port: edge.httpsPort, servername: edge.domain[0], rejectUnauthorized: false },
    ...{ method: "POST", path, headers: { Host: edge.domain[0], ...headers, "Content-Length": 10_000 } },
  });
  const gone = once(sent, "error");
  await new Promise((written) => sent.write(half, written));
  sent.destroy(new Error("changed its mind"));
  await gone;
}

/**
 * Takes every way to fail through the proxy of a stack without mail, each with a marker of its own
 * where a password, a token or somebody's data would be; the last ones while no replica runs, and
 * none does afterwards.
 * @returns the markers
 */
export async function failEveryWay(stack: BusyStack): Promise<string[]> {
  const { edge, deployment } = stack;
  const markers: string[] = [];
  const marked = () => {
    const marker = `marker-${randomBytes(16).toString("hex")}`;
    markers.push(marker);
    return marker;
  };
  const staff = await signIn(edge, account);
  await stack.sql(unforeseen);

  const expect = async (what: string, statuses: readonly number[], path: string, options: EdgeRequest) => {
    const answer: EdgeAnswer = await ask(edge, path, options);
    assert.ok(statuses.includes(answer.status), `${what} was answered ${answer.status} ${answer.body}`);
  };
  const json = (body: unknown, headers: Record<string, string> = {}): EdgeRequest => ({
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const customer = (more: object) => {
    const marker = marked();
    const email = `${marker}@example.test`;
    return json({ name: marker, email, notes: marker, ...more }, staff);
  };

  const { email } = account;
  const sessions = "/api/v1/session";
  const accounts = "/api/v1/account";
  const customers = "/api/v1/customers";
  await expect("a wrong password", [401], sessions, json({ email, password: marked() }));
  await expect("a broken body", [400], sessions, { ...json({}), body: `{"password":${marked()}` });
  const person = { email: "late@example.test", name: marked(), password: marked() };
  await expect("a registration without mail", [403, 503], `${accounts}/registrations`, json(person));
  await expect("a reset without mail", [503], `${accounts}/password-resets`, json({ email }));
  const used = { token: marked(), password: marked() };
  await expect("a token of nobody", [410], `${accounts}/password-resets/confirm`, json(used));
  for (const page of ["reset", "verify"])
    await expect(`a link to ${page}`, [303], `/${page}?token=${marked()}`, {});
  const cookie = `__Host-session=${marked()}.${marked()}`;
  const forged = {
    Cookie: cookie,
    Authorization: `Bearer ${marked()}`,
    Referer: `https://a.test/?${marked()}`,
  };
  await expect("a session of nobody", [401], sessions, { headers: forged });
  await expect("a header that is too large", [400], "/login", {
    headers: { "X-Large": marked() + "x".repeat(10_000) },
  });

  const taken = { name: "First", email: "taken@example.test" };
  await expect("a customer", [201], customers, json(taken, staff));
  await expect("a value that is taken", [409], customers, customer({ email: taken.email }));
  await expect("a check", [400], customers, customer({ city: "nowhere" }));
  await expect("a value that Postgres quotes", [400], customers, customer({ city: "unreadable" }));
  await expect("a fault of the database", [500], customers, customer({ city: "faulty" }));
  const csv = `name,email,notes\n${marked()},csv@example.test,${marked()}\u0000\n`;
  const asCsv = { ...staff, "Content-Type": "text/csv" };
  await expect("a NUL in CSV", [200], `${customers}/import`, { method: "POST", headers: asCsv, body: csv });
  const file = marked();
  await expect("an upload that breaks off", [400], "/api/v1/media", {
    method: "POST",
    headers: { ...staff, "Content-Type": "multipart/form-data; boundary=b" },
    body: `--b\r\nContent-Disposition: form-data; name="file"; filename="${file}.png"\r\n\r\n\x89PNG\r\n${file}`,
  });
  await hangUp(
    stack,
    `${customers}/import?search=${marked()}`,
    asCsv,
    `name,email\n${marked()},half@gone.test\n`,
  );

  const tables = await stack.sql(
    "select to_jsonb(j) from jobs.job j; select to_jsonb(e) from audit_events e",
  );
  assert.deepEqual(
    markers.filter((marker) => tables.includes(marker)),
    [],
    "jobs and the audit log",
  );

  const replicas = (await deployment.containers("app")).map(({ Id }) => Id);
  await docker(["stop", "-t", "1", ...replicas]);
  await expect("a link while nothing answers", [502, 503, 504], `/reset?token=${marked()}`, {
    headers: { Referer: `https://${edge.domain[0] ?? ""}/verify?token=${marked()}`, Cookie: cookie },
  });
  return markers;
}
