import assert from "node:assert/strict";
import { after, test } from "node:test";
import { providedImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { eventually, ScratchContainers } from "../support/scratch-containers.ts";

// images/README.md states what is checked here.
const scratch = new ScratchContainers();
after(() => scratch.remove());
const { reference: image, source } = await providedImage("nginx");

const configuration = `
include /etc/nginx/modules-enabled/*.conf;
pid /tmp/nginx.pid;
error_log /var/log/nginx/error.log notice;
events {}
http {
  include /etc/nginx/mime.types;
  access_log /var/log/nginx/access.log combined;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  server {
    listen 8080;
    root /srv/site;
    ${source === "debian" ? "brotli on; brotli_types text/plain;" : ""}
    location /slow { limit_rate 100k; limit_rate_after 1k; }
  }
}
`;

test("a configuration and files from volumes, as user 101 without any capability", async (t) => {
  const config = await scratch.volume(image, `cat >nginx.conf <<'CONFIG'\n${configuration}\nCONFIG`);
  const site = await scratch.volume(
    image,
    "yes berth | head -c 300000 >page.txt; cp page.txt slow; chmod 0644 page.txt slow",
  );
  const nginx = await scratch.start(
    image,
    [
      ...["--user", "101:101", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--tmpfs", "/tmp", "-p", "127.0.0.1:0:8080"],
      ...["-v", `${config}:/etc/berth:ro`, "-v", `${site}:/srv/site:ro`],
    ],
    ["nginx", "-c", "/etc/berth/nginx.conf", "-g", "daemon off;"],
  );
  const origin = `http://${await scratch.address(nginx, 8080)}`;
  const page = await eventually(async () =>
    fetch(`${origin}/page.txt`, { headers: { "accept-encoding": "br" } }),
  );

  await t.test("it serves the volume", async () => {
    assert.equal(page.status, 200);
    assert.equal((await page.text()).length, 300_000);
  });

  await t.test("brotli", { skip: source === "official" && "the official image has no module for it" }, () => {
    assert.equal(page.headers.get("content-encoding"), "br");
  });

  await t.test("access and error log are the container's output", async () => {
    const logs = await scratch.logs(nginx);
    assert.match(logs, /"GET \/page\.txt HTTP\/1\.1" 200/);
    assert.match(logs, /\[notice\] .*start worker process/);
  });

  await t.test("the stop signal lets a request in flight finish", async () => {
    assert.equal(await docker(["inspect", "-f", "{{.Config.StopSignal}}", nginx]), "SIGQUIT");
    const slow = await fetch(`${origin}/slow`);
    const stopped = docker(["stop", "-t", "60", nginx]);
    assert.equal((await slow.text()).length, 300_000);
    await stopped;
    assert.equal(await docker(["inspect", "-f", "{{.State.ExitCode}}", nginx]), "0");
  });
});

test("it has the security fixes of Nginx 1.30.7", async () => {
  if (source === "debian") {
    await scratch.script(
      image,
      `dpkg --compare-versions "$(dpkg-query -W -f '\${Version}' nginx)" ge 1.26.3-3+deb13u11`,
    );
    return;
  }
  const { stderr } = await scratch.run(image, [], ["nginx", "-v"]);
  const [minor = 0, patch = 0] = (/nginx\/1\.(\d+)\.(\d+)/.exec(stderr) ?? []).slice(1).map(Number);
  assert.ok(minor > 30 || (minor === 30 && patch >= 7), stderr);
});

test("it speaks HTTP/2 and HTTP/3, and its OpenSSL knows post-quantum key exchange", async () => {
  const { stderr } = await scratch.run(image, [], ["nginx", "-V"]);
  assert.match(stderr, /--with-http_v2_module/);
  assert.match(stderr, /--with-http_v3_module/);
  for (const module of ["auth_request", "realip", "stub_status", "sub"])
    assert.ok(stderr.includes(`--with-http_${module}_module`), module);
  assert.match(await scratch.script(image, "openssl list -kem-algorithms"), /X25519MLKEM768/);
});

test("has the programs that start and reload scripts call", async () => {
  const programs = ["awk", "curl", "flock", "getent", "mkfifo", "openssl", "sed"];
  const found = await scratch.script(image, programs.map((program) => `command -v ${program}`).join("\n"));
  assert.equal(found.split("\n").length, programs.length);
});

test("without a configuration of ours it serves a page on port 80, as user nginx", async () => {
  const nginx = await scratch.start(image, ["-p", "127.0.0.1:0:80"]);
  const origin = `http://${await scratch.address(nginx, 80)}`;
  assert.equal((await eventually(async () => fetch(origin))).status, 200);
  const uids = await docker([
    "exec",
    nginx,
    "sh",
    "-c",
    "id -u nginx; grep -h ^Uid /proc/[0-9]*/status | sort -u",
  ]);
  assert.match(uids, /^101$/m);
  assert.match(uids, /^Uid:\s+101\s/m);
});
