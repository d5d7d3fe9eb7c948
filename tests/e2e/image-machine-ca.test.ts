import assert from "node:assert/strict";
import { after, test } from "node:test";
import { rootCertificates } from "node:tls";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

// images/README.md states what is checked here.
const scratch = new ScratchContainers();
after(() => scratch.remove());
const finals = ["debian", "node", "postgres", "adminer", "nginx", "certbot", "redis"] as const;
const references = new Map(
  await Promise.all(finals.map(async (name) => [name, await baseImage(name)] as const)),
);
const [machineCa, node, debian, certbot] = await Promise.all([
  baseImage("machine-ca"),
  baseImage("node"),
  baseImage("debian"),
  baseImage("certbot"),
]);

/** A way to look into the bundle's image, which has no program in it. */
const opened = await scratch.build(
  "ARG CA_IMAGE\nARG IMAGE\nFROM ${CA_IMAGE} AS ca\nFROM ${IMAGE}\nCOPY --from=ca / /all/\n",
  { CA_IMAGE: machineCa, IMAGE: debian },
);

/** Certificates of a text, as base64 without line ends. */
function certificates(text: string): string[] {
  const found = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g);
  return [...found].map(([, body = ""]) => body.replaceAll(/\s/g, ""));
}

test("its only content is /machine-ca.pem, certificates and nothing else", async () => {
  assert.equal(await scratch.script(opened, "find /all -type f"), "/all/machine-ca.pem");
  const content = await scratch.script(opened, "cat /all/machine-ca.pem");
  const rest = content.replaceAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g, "");
  assert.equal(rest.trim(), "");
});

test("npm works in a build stage, and the final image has none of the bundle", async () => {
  // As the application's Dockerfile does it.
  const dockerfile = `
ARG CA_IMAGE
ARG NODE_IMAGE
ARG RUNTIME_IMAGE
FROM \${CA_IMAGE} AS machine-ca
FROM \${NODE_IMAGE} AS build
COPY --from=machine-ca /machine-ca.pem /
WORKDIR /app
RUN if [ -s /machine-ca.pem ]; then export NODE_EXTRA_CA_CERTS=/machine-ca.pem; fi; npm install is-number@7.0.0
FROM \${RUNTIME_IMAGE}
COPY --from=build /app/node_modules /app/node_modules
`;
  const image = await scratch.build(dockerfile, {
    CA_IMAGE: machineCa,
    NODE_IMAGE: node,
    RUNTIME_IMAGE: debian,
  });
  assert.equal(await scratch.script(image, "ls /app/node_modules"), "is-number");
  const files =
    "find / -xdev -path /proc -prune -o -path /sys -prune -o -path /app -prune -o -type f -print | sort";
  assert.equal(await scratch.script(image, files), await scratch.script(debian, files));
  const history = await docker(["history", "--no-trunc", "--format", "{{.CreatedBy}}", image]);
  assert.doesNotMatch(history, /machine-ca/);
});

test("no certificate of the machine's own is in a base image", async (t) => {
  // Public authorities are in images by right: as Debian, Certbot's Python and Node.js bring them.
  const everyone = await scratch.script(
    certbot,
    "cat /usr/share/ca-certificates/mozilla/* $(python3 -m certifi)",
  );
  const common = new Set(certificates(everyone + rootCertificates.join("\n")));
  const bundle = await scratch.script(opened, "cat /all/machine-ca.pem");
  const own = certificates(bundle).filter((body) => !common.has(body));
  if (own.length === 0) {
    t.skip("this machine trusts the public authorities only");
    return;
  }
  // The last whole line finds a certificate, whatever kind of file it is in: it is of the
  // signature, so a reissued certificate, which shares the lines before, is not taken for it.
  const lines = own.map((body) => body.slice(0, Math.floor(body.length / 64) * 64).slice(-64));
  for (const [name, reference] of references) {
    const found = await finish(
      "docker",
      ["run", "--rm", "-i", "--user", "0", "--entrypoint", "grep", reference, "-rlF", "-f", "-"].concat([
        "/etc",
        "/home",
        "/opt",
        "/root",
        "/srv",
        "/tmp",
        "/usr",
        "/var",
      ]),
      { stdin: `${lines.join("\n")}\n` },
    );
    assert.equal(found.stdout, "", name);
    assert.equal(found.status, 1, found.stderr);
  }
});
