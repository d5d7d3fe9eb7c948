import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { totpCode, totpStep } from "../src/platform/accounts/totp.ts";
import { addUser, createClient, password, tokenIn } from "./support/client.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";

// Promises of docs/security.md that no other test keeps.
let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(async () => {
  await app.close();
});

test("after signing in, only a path of the site's own is next", async () => {
  const user = await addUser(app, "user");
  for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    const answer = await createClient(app).submit("/login", "/login", { email: user.email, password, next });
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/account"], next);
  }
  const answer = await createClient(app).submit("/login", "/login", {
    email: user.email,
    password,
    next: "/admin?a=b",
  });
  assert.equal(answer.headers.get("location"), "/admin?a=b");
});

test("password fields hide what is typed, name their purpose to managers, and refuse no paste", async () => {
  const user = await addUser(app, "user");
  for (const [page, purpose] of [
    ["/login", "current-password"],
    ["/register", "new-password"],
    ["/account/password", "new-password"],
  ] as const) {
    const { text } = await (page.startsWith("/account") ? user : createClient(app)).call("GET", page);
    const fields = text.match(/<input[^>]*autocomplete="(?:current|new)-password"[^>]*>/g) ?? [];
    assert.ok(
      fields.some((field) => field.includes(purpose)),
      page,
    );
    for (const field of fields) assert.match(field, /type="password"/, page);
    assert.doesNotMatch(text, /onpaste|autocomplete="off"/);
  }
});

test("a password may be long, without digits, and in any script", async () => {
  const user = await addUser(app, "user");
  let current = password;
  for (const next of ["x ".repeat(32), "только маленькие буквы", "🦊🐻🐼🐨🐯🦁🐮🐷", "q".repeat(128)]) {
    const changed = await user.call("PUT", "/api/v1/account/password", {
      body: { current, password: next },
    });
    assert.equal(changed.status, 204, changed.text);
    assert.equal((await createClient(app).login(user.email, next)).status, 204);
    const [first = ""] = next;
    assert.equal((await createClient(app).login(user.email, next.slice(first.length))).status, 401);
    current = next;
  }
});

test("a reset password does not get past the second factor", async () => {
  const user = await addUser(app, "user");
  const begun = await user.call("POST", "/api/v1/account/second-factor", { body: { password } });
  const { secret } = begun.json<{ secret: string }>();
  const code = totpCode(secret, totpStep(Date.now()));
  await user.call("POST", "/api/v1/account/second-factor/confirm", { body: { code } });
  await createClient(app).call("POST", "/api/v1/account/password-resets", { body: { email: user.email } });
  await app.runJobs();
  const token = /token=([\w-]+)/.exec(app.mails.at(-1)?.text ?? "")?.[1];
  const reset = createClient(app);
  const done = await reset.call("POST", "/api/v1/account/password-resets/confirm", {
    body: { token, password: "yet another phrase" },
  });
  assert.equal(done.status, 204, done.text);
  assert.equal((await reset.call("GET", "/api/v1/session")).status, 401, "it signs nobody in");
  const signedIn = await createClient(app).login(user.email, "yet another phrase");
  assert.equal(signedIn.json()["code"], "second-factor-required");
});

test("each page of a session offers to sign out, and an administrator ends other people's sessions", async () => {
  const user = await addUser(app, "user");
  const admin = await addUser(app, "admin");
  for (const path of ["/admin", "/admin/users", "/admin/audit", "/admin/jobs", "/account"]) {
    const page = await admin.call("GET", path);
    assert.match(page.text, /action="\/logout"/, path);
    assert.equal(page.headers.get("cache-control"), "no-store", path);
  }
  const row = await app.database("sessions").where({ user_id: user.id }).first<{ id: number }>("id");
  const page = await admin.call("GET", `/admin/users/${user.id}`);
  const ended = await admin.call("POST", `/admin/users/${user.id}/sessions/${row.id}/end`, {
    form: { _token: tokenIn(page.text) },
    withoutToken: true,
  });
  assert.equal(ended.status, 303, ended.text);
  assert.equal((await user.call("GET", "/api/v1/session")).status, 401);
});

test("no answer opens itself to another site", async () => {
  const user = await addUser(app, "user");
  for (const path of ["/login", "/account", "/api/v1/session", "/nowhere"]) {
    const { headers } = await user.call("GET", path, { headers: { Origin: "https://evil.example" } });
    assert.equal(headers.get("access-control-allow-origin"), null, path);
    assert.equal(headers.get("access-control-allow-credentials"), null, path);
  }
});
