import assert from "node:assert/strict";
import { test } from "node:test";
import { readCertificates, renderCertificates } from "../../cli/status/certificate-report.ts";
import { edgeVariants } from "../support/edge-shapes.ts";

// Any certificate will do; this one is valid for a hundred years.
const { originPullsCa: chain = "" } = edgeVariants["cloudflare-origin-pulls"]?.shape ?? {};
const now = new Date("2026-11-22T12:00:00Z");
const status = JSON.stringify({
  names: ["example.org"],
  nextRun: Date.parse("2026-11-23T00:00:00Z") / 1000,
  failures: 2,
  lastError: "example.org has no address in DNS",
  lastErrorAt: Date.parse("2026-11-22T11:30:00Z") / 1000,
});

test("before the first certificate: the placeholder, the reason, and the next attempt", () => {
  const report = readCertificates("prod", { folder: "", chain: "", status }, now);
  assert.equal(report.healthy, false);
  assert.equal(
    renderCertificates(report),
    [
      "certificate  none yet: Nginx serves a placeholder that browsers do not trust",
      "names        example.org",
      "next check   2026-11-23 00:00 UTC",
      "last error   2026-11-22 11:30 UTC: example.org has no address in DNS",
      "failures     2 in a row",
    ].join("\n"),
  );
});

test("a certificate with its expiry; Certbot's renews a third of its life before that", () => {
  const report = readCertificates("prod", { folder: "0123456789abcdef", chain, status }, now);
  assert.deepEqual([report.healthy, report.source], [true, "certbot"]);
  assert.match(renderCertificates(report), /^expires +2126-10-28 12:53 UTC \(36499 days left\)$/m);
  assert.match(report.renewal ?? "", /^2093-/);
});

test("the authority's window goes before Certbot's rule", () => {
  const said = JSON.parse(status) as object;
  const asked = JSON.stringify({
    ...said,
    renewalWindow: ["2093-01-01T00:00:00Z", "2093-01-03T06:30:00.5+02:00"],
  });
  const report = readCertificates("prod", { folder: "0123456789abcdef", chain, status: asked }, now);
  assert.match(
    renderCertificates(report),
    /^renewal +between 2093-01-01 00:00 UTC and 2093-01-03 04:30 UTC, as the authority asks$/m,
  );
});

test("an expired certificate is not healthy", () => {
  const late = new Date("2127-01-01T00:00:00Z");
  const report = readCertificates("prod", { folder: "0123456789abcdef", chain, status }, late);
  assert.equal(report.healthy, false);
  assert.match(renderCertificates(report), /\(expired 65 d 0 h ago\)/);
});

test("Certbot's messages about another certificate are not shown for an origin certificate", () => {
  const report = readCertificates("prod", { folder: "origin-00FF", chain, status }, now);
  assert.deepEqual(
    [report.source, report.lastError, report.nextCheck, report.renewal],
    ["cloudflare", null, null, null],
  );
});
