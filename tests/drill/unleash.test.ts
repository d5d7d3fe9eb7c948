import assert from "node:assert/strict";
import { ask, cookiesOf } from "../support/edge-client.ts";
import { drillPackagedApp } from "../support/packaged-app.ts";

const json = { "Content-Type": "application/json" };
const flags = "/api/admin/projects/default/features";
const account = { username: "admin", password: "unleash4all" };

await drillPackagedApp("Unleash, from npm", {
  pack: {
    name: "flags",
    scripts: { start: "node node_modules/unleash-server/dist/server.js" },
    dependencies: { "unleash-server": "8.2.0" },
  },
  written: `
  "health": "/health",
  "migrate": { "up": "node node_modules/db-migrate/bin/db-migrate up --migrations-dir node_modules/unleash-server/dist/migrations" },
  "env": {
    "DATABASE_URL": "postgres://\${database.user}:\${secret.databasePassword|url}@\${database.host}:\${database.port}/\${database.name}",
    "DATABASE_SSL": "false",
    "DATABASE_DISABLE_MIGRATION": "true",
    "UNLEASH_URL": "\${publicUrl}"
  }`,
  async signIn(edge) {
    const body = JSON.stringify(account);
    const answer = await ask(edge, "/auth/simple/login", { method: "POST", headers: json, body });
    assert.equal(answer.status, 200, answer.body);
    return { Cookie: cookiesOf(answer) };
  },
  make: ({ agent, edge, headers, name }) =>
    ask(edge, flags, {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify({ name, type: "release" }),
      ...(agent && { agent }),
    }),
  made: 201,
  async things(edge, headers) {
    const { body } = await ask(edge, flags, { headers });
    return (JSON.parse(body) as { features: { name: string }[] }).features.map(({ name }) => name);
  },
  rotated: "all",
  health: "/health",
  me: "/api/admin/user",
  async look({ address, page }, name) {
    await page.goto(address("/login"));
    await page.getByRole("textbox").first().fill(account.username);
    await page.locator("input[type=password]").fill(account.password);
    await page.keyboard.press("Enter");
    await page.waitForURL(({ pathname }) => pathname !== "/login");
    await page.goto(address(`/projects/default/features/${name}`));
    await page.getByText(name).first().waitFor();
  },
});
