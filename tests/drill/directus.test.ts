import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ask, cookiesOf } from "../support/edge-client.ts";
import { drillPackagedApp } from "../support/packaged-app.ts";

const json = { "Content-Type": "application/json" };
const account = { email: "admin@example.org", password: randomBytes(16).toString("hex") };

await drillPackagedApp("Directus, from npm", {
  pack: {
    name: "cms",
    scripts: { start: "node node_modules/directus/cli.js start" },
    dependencies: { directus: "12.3.1" },
    // The version that Directus names has no program for Node 24 with it.
    overrides: { "isolated-vm": "6.2.0" },
  },
  written: `
  "health": "/server/ping",
  "start": 240,
  "migrate": { "up": "node node_modules/directus/cli.js bootstrap" },
  "uploads": "/app/uploads",
  "writable": ["/app/extensions"],
  "env": {
    "DB_CLIENT": "pg",
    "DB_CONNECTION_STRING": "postgres://\${database.user}:\${secret.databasePassword|url}@\${database.host}:\${database.port}/\${database.name}",
    "REDIS": "redis://:\${secret.cachePassword|url}@\${cache.host}:\${cache.port}",
    "SECRET": "\${secret.own.directus}",
    "ADMIN_EMAIL": "admin@example.org",
    "ADMIN_PASSWORD": "\${secret.own.admin}",
    "PRESSURE_LIMITER_ENABLED": "false",
    "TELEMETRY": "false"
  }`,
  settings: { appMemory: "1024" },
  secrets: { directus: randomBytes(24).toString("hex"), admin: account.password },
  async signIn(edge) {
    const login = { method: "POST", headers: json, body: JSON.stringify({ ...account, mode: "session" }) };
    const answer = await ask(edge, "/auth/login", login);
    assert.equal(answer.status, 200, answer.body);
    const headers = { Cookie: cookiesOf(answer) };
    const fields = [{ field: "title", type: "string", meta: {} }];
    const collection = { collection: "notes", meta: {}, schema: {}, fields };
    const body = JSON.stringify(collection);
    const made = await ask(edge, "/collections", { method: "POST", headers: { ...json, ...headers }, body });
    assert.equal(made.status, 200, made.body);
    return headers;
  },
  make: ({ agent, edge, headers, name }) =>
    ask(edge, "/items/notes", {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify({ title: name }),
      ...(agent && { agent }),
    }),
  made: 200,
  async things(edge, headers) {
    const { body } = await ask(edge, "/items/notes?limit=-1&fields=title", { headers });
    return (JSON.parse(body) as { data: { title: string }[] }).data.map(({ title }) => title);
  },
  rotated: "database",
  health: "/server/ping",
  me: "/users/me",
  async look({ address, page }, name) {
    await page.goto(address("/admin/login"));
    await page.locator("input[type=email]").fill(account.email);
    await page.locator("input[type=password]").fill(account.password);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/admin\/(?!login)/);
    await page.goto(address("/admin/content/notes"));
    await page.getByText(name).first().waitFor();
  },
});
