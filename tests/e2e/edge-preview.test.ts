import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { providedImage } from "../support/base-image.ts";
import { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";

await describe("a preview refuses what the edge cannot serve", { timeout: 900_000 }, () => {
  let deployment: Deployment;
  let settings: Record<string, string>;

  /** Previews with the wrapper and with plain Pulumi: both have to fail, and say the same. */
  async function refused(...said: RegExp[]): Promise<void> {
    const wrapper = await deployment.berth("preview", "--stack", deployment.stack);
    const plain = await deployment.pulumi("preview");
    for (const { status, stdout, stderr } of [wrapper, plain]) {
      assert.notEqual(status, 0, stdout + stderr);
      for (const words of said) assert.match(stdout + stderr, words);
      assert.doesNotMatch(stdout + stderr, /\n\s+at .*\.ts:\d+/, "no stack trace");
    }
  }

  before(async () => {
    // From this source the image's name is known before the first `up`, and the engine has it.
    const { source } = await providedImage("nginx");
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    settings = {
      shape: "prod",
      domain: "example.org",
      tls: "selfsigned",
      imageSource: source,
      proxyAddress: "127.0.0.1",
      httpPort: String(httpPort),
      httpsPort: String(httpsPort),
    };
    deployment = await Deployment.of("prod", settings);
    const { status, stdout, stderr } = await deployment.berth("preview", "--stack", deployment.stack);
    assert.equal(status, 0, stdout + stderr);
  });
  after(async () => {
    for (const kind of ["container", "volume", "network"])
      assert.equal(await docker([kind, "ls", "--quiet", ...deployment.labels()]), "", `no ${kind} was made`);
    await deployment.remove();
  });

  test("a snippet that Nginx refuses, with Nginx's own words and the line", async () => {
    deployment.edit("nginx/snippets/basics.conf", (text) =>
      text.replace("sendfile on;", "sendfile sometimes;"),
    );
    await refused(
      /Nginx refuses the configuration of the edge; nothing was changed/,
      /nginx -t: emerg: invalid value "sometimes" in "sendfile" directive, it must be "on" or "off" in snippets\/basics\.conf:\d+/,
    );
    deployment.edit("nginx/snippets/basics.conf", (text) =>
      text.replace("sendfile sometimes;", "sendfile on;"),
    );
    const { status, stdout, stderr } = await deployment.pulumi("preview");
    assert.equal(status, 0, stdout + stderr);
  });

  const wrong: readonly [string, Record<string, string>, readonly RegExp[]][] = [
    [
      "names that are none, all at once",
      { domain: "https://example.org/,exa_mple.org", redirectDomains: "www.example.org,www.example.org" },
      [
        /domain: "https:\/\/example\.org\/" is no host name\. Fix: write it as example\.org/,
        /domain: "exa_mple\.org" is no host name/,
        /www\.example\.org is named twice/,
      ],
    ],
    [
      "a name that no public authority certifies",
      { tls: "certbot", domain: "shop.local", httpPort: "80" },
      [/domain: no public authority certifies shop\.local\. Fix: /],
    ],
    [
      "a wildcard without DNS-01",
      { tls: "certbot", domain: "example.org,*.example.org", httpPort: "80" },
      [
        /acmeChallenge: \*\.example\.org is a wildcard, which only DNS can prove\. Fix: pulumi config set acmeChallenge dns/,
      ],
    ],
    [
      "DNS-01 without Cloudflare's token",
      { tls: "certbot", domain: "example.org,*.example.org", acmeChallenge: "dns" },
      [/cloudflareToken: acmeChallenge dns needs it\. Fix: pulumi config set --secret cloudflareToken/],
    ],
    [
      "Cloudflare's mode without its certificate and key",
      { tls: "cloudflare" },
      [/originCertificate: tls cloudflare needs it/, /originKey: tls cloudflare needs it/],
    ],
    [
      "a port beside 80 and 443 that would be open to everybody",
      { proxyAddress: "0.0.0.0", httpPort: "80", httpsPort: "8443" },
      [/httpsPort: port 8443 would be open to everybody on 0\.0\.0\.0; only 80 and 443 may be\. Fix: /],
    ],
  ];
  for (const [what, changed, said] of wrong) {
    test(what, async () => {
      deployment.configure({ ...settings, ...changed });
      await refused(/cannot be used; nothing was changed/, ...said);
      deployment.configure(settings);
    });
  }
});
