import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../../tests/support/client.ts";
import { startTestApp } from "../../../tests/support/test-app.ts";
import { siteStyle } from "./site-style.ts";

/** Relative luminance by the definition of WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const share = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

test("a site's colour is readable as text and under text, on light pages and dark ones, whatever it is", () => {
  for (const colour of ["#ffff00", "#000000", "#ffffff", "#e4002b", "#00a651", "#0b5d7a", "#123456"]) {
    const [light = "", dark = "", onLight = "", onDark = ""] = siteStyle(colour).match(/#[0-9a-f]{6}/g) ?? [];
    for (const [one, other] of [
      [light, "#f5f7f8"],
      [light, onLight],
      [dark, "#172127"],
      [dark, onDark],
    ] as const)
      assert.ok(contrast(one, other) >= 4.5, `${colour}: ${one} on ${other}`);
  }
  assert.match(siteStyle("#0b5d7a"), /light-dark\(#0b5d7a/, "a colour that is readable stays as it is");
});

test("a site has its own name, colour and picture; visitors see the stack's name nowhere", async () => {
  const app = await startTestApp({
    environment: {
      STACK: "prod-7",
      SITE_NAME: "Harbour office",
      SITE_COLOUR: "#E4002B",
      SITE_LOGO: "/media/logo.png",
    },
  });
  try {
    const visitor = createClient(app);
    const login = (await visitor.call("GET", "/login")).text;
    assert.match(login, /<title>Sign in · Harbour office<\/title>/);
    assert.match(login, /<img src="\/media\/logo\.png" alt="" \/>Harbour office/);
    assert.doesNotMatch(login, /prod-7/);
    const style = /href="(\/site\.css\?v=\w+)"/.exec(login)?.[1] ?? "";
    const sheet = await visitor.call("GET", style);
    assert.equal(sheet.status, 200);
    assert.match(sheet.headers.get("content-type") ?? "", /^text\/css/);
    assert.match(sheet.headers.get("cache-control") ?? "", /immutable/);
    for (const other of ["/site.css", "/site.css?v=0123456789", `${style}&w=1`]) {
      const { headers, text } = await visitor.call("GET", other);
      assert.equal(headers.get("cache-control"), "no-store", other);
      assert.equal(text, sheet.text);
    }
    assert.match(sheet.text, /--accent: light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)/);
  } finally {
    await app.close();
  }
});

test("without settings of its own a site is called as its stack, and has no style sheet beside the common one", async () => {
  const app = await startTestApp();
  try {
    const login = (await createClient(app).call("GET", "/login")).text;
    assert.match(login, /<title>Sign in · test<\/title>/);
    assert.doesNotMatch(login, /site\.css/);
    assert.equal((await createClient(app).call("GET", "/site.css")).status, 404);
  } finally {
    await app.close();
  }
});
