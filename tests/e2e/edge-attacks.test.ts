import assert from "node:assert/strict";
import { connect as tcpConnect, type Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { docker } from "../support/docker.ts";
import { ask, constantLoad } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

suite("attacks are refused, real traffic is unharmed", () => {
  let stand: EdgeStand;

  before(async () => {
    stand = await edgeStand({ maxBody: 1, clientTimeout: 4 });
    const replica = await stand.startReplica("r1");
    const switched = await stand.switchTo("r1", [replica]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  /** Sends bytes as they are, and returns everything that came back until the other side closed. */
  function raw(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = tlsConnect({
        host: "127.0.0.1",
        port: stand.shape.httpsPort,
        servername: "example.org",
        rejectUnauthorized: false,
      });
      let answer = "";
      socket.setEncoding("latin1");
      socket.on("data", (text: string) => (answer += text));
      socket.on("error", () => undefined);
      socket.on("close", () => {
        resolve(answer);
      });
      socket.write(bytes);
    });
  }
  const statuses = (answer: string) =>
    [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  const head = "Host: example.org\r\n";

  const traversals = [
    "/../../etc/passwd",
    "/assets/../../../etc/passwd",
    "/assets/..%2f..%2f..%2fetc/passwd",
    "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/....//....//etc/passwd",
    "/assets..//etc/passwd",
    "/media../private/report.txt",
    "/media/..;/private/report.txt",
    "/media/%252e%252e/private",
    "/_edge/page/../../etc/passwd",
    "/.well-known/../.git/config",
  ];
  for (const path of traversals) {
    test(`traversal ${path} reads no file`, async () => {
      const answer = await raw(`GET ${path} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
      assert.ok(!answer.includes("root:x:"), answer);
      // Whatever is not refused here is the application's own 404 to give; the stand's application
      // echoes.
      assert.ok([400, 403, 404, 200].includes(statuses(answer)[0] ?? 0), answer.slice(0, 100));
      if (statuses(answer)[0] === 200) assert.match(answer, /X-Release: r1/i);
    });
  }

  const hidden = [
    "/.git/config",
    "/.env",
    "/a/.svn/entries",
    "//.git/HEAD",
    "/%2egit/config",
    "/assets/.htpasswd",
    "/media/.secret",
    "/metrics",
    "//metrics",
    "/%6detrics",
    "/stub_status/../metrics",
  ];
  for (const path of hidden) {
    test(`${path} is not found, and the application is not asked`, async () => {
      const answer = await raw(`GET ${path} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
      assert.equal(statuses(answer)[0], 404, answer.slice(0, 200));
      assert.ok(!/X-Release/i.test(answer));
    });
  }

  const wellBehaved = `GET /marker HTTP/1.1\r\n${head}Connection: close\r\n\r\n`;
  const smuggling: readonly [string, string][] = [
    ["CL.TE", `POST / HTTP/1.1\r\n${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
    [
      "TE.CL",
      `POST / HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n`,
    ],
    [
      "TE.TE",
      `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n`,
    ],
    ["obfuscated TE", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", `POST / HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ["negative length", `POST / HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`],
    ["length with a sign", `POST / HTTP/1.1\r\n${head}Content-Length: +5\r\n\r\nhello`],
    [
      "chunk size overflow",
      `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n0\r\n\r\n`,
    ],
  ];
  for (const [name, bytes] of smuggling) {
    test(`smuggling by ${name} is refused and the connection closed`, async () => {
      const answer = await raw(bytes + wellBehaved);
      assert.ok([400, 501].includes(statuses(answer)[0] ?? 0), answer.slice(0, 200));
      assert.equal(statuses(answer).length, 1, "nothing after it is answered");
      assert.ok(!/X-Release/i.test(answer));
    });
  }

  test("a space before a header's colon and a folded header never reach the application", async () => {
    const answer = await raw(
      `GET / HTTP/1.1\r\n${head}Transfer-Encoding : chunked\r\nX-Evil_Header: 1\r\nConnection: close\r\n\r\n`,
    );
    assert.ok(!/transfer-encoding|evil_header/i.test(answer.split("\r\n\r\n").slice(1).join("")), answer);
  });

  for (const method of ["TRACE", "CONNECT", "TRACK", "PROPFIND", "FOO"]) {
    test(`${method} is refused`, async () => {
      const target = method === "CONNECT" ? "example.org:443" : "/";
      const answer = await raw(
        `${method} ${target} HTTP/1.1\r\n${head}Cookie: session=secret\r\nConnection: close\r\n\r\n`,
      );
      assert.ok([400, 405].includes(statuses(answer)[0] ?? 0), answer.slice(0, 100));
      assert.ok(!answer.includes("session=secret"));
    });
  }

  test("oversize headers, lines and bodies are refused with the right status", async () => {
    const long = "a".repeat(9000);
    assert.equal(statuses(await raw(`GET /${long} HTTP/1.1\r\n${head}\r\n`))[0], 414);
    assert.equal(statuses(await raw(`GET / HTTP/1.1\r\n${head}X-Long: ${long}\r\n\r\n`))[0], 400);
    assert.equal(
      statuses(await raw(`GET / HTTP/1.1\r\n${head}${`X-Many: ${"b".repeat(4000)}\r\n`.repeat(12)}\r\n`))[0],
      400,
    );
    assert.equal(
      statuses(
        await raw(`POST / HTTP/1.1\r\n${head}Content-Length: 2000000\r\nConnection: close\r\n\r\n`),
      )[0],
      413,
    );
    const chunked = `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${`10000\r\n${"c".repeat(65_536)}\r\n`.repeat(20)}0\r\n\r\n`;
    assert.equal(statuses(await raw(chunked))[0], 413);
  });

  test("host header attacks get no answer, and no redirect to a stranger", async () => {
    const attacks = [
      "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      "GET http://evil.example/ HTTP/1.1\r\nHost: example.org\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: example.org@evil.example\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: example.org.evil.example\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: example.org\r\nHost: evil.example\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
    ];
    for (const attack of attacks) {
      const answer = await raw(attack);
      assert.ok(!answer.includes("evil.example"), attack);
      assert.ok(answer === "" || statuses(answer)[0] === 400, `${attack}${answer.slice(0, 100)}`);
    }
    const line = await raw(`GET /%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    assert.ok(!/^Set-Cookie/im.test(line));
    const redirect = await ask(stand.shape, "//evil.example/%2f..", { plain: true });
    assert.match(redirect.headers.location ?? "", /^https:\/\/example\.org:\d+\/\//);
  });

  test("h2c upgrades are not passed on", async () => {
    const answer = await raw(
      `GET / HTTP/1.1\r\n${head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n`,
    );
    assert.equal(statuses(answer)[0], 200);
    assert.ok(!/"upgrade":/i.test(answer));
  });

  test("old protocols are refused, and the post-quantum group is what new clients get", async () => {
    const handshake = (...options: string[]) =>
      docker([
        "exec",
        stand.listener,
        "sh",
        "-c",
        `echo | openssl s_client -connect 127.0.0.1:8443 -servername example.org ${options.join(" ")} 2>&1 || true`,
      ]);
    assert.match(await handshake("-groups", "X25519MLKEM768"), /Negotiated TLS1\.3 group: X25519MLKEM768/);
    assert.match(await handshake("-tls1_2"), /Protocol *: TLSv1\.2/);
    for (const old of ["-tls1_1", "-tls1"])
      assert.match(
        await handshake(old, "-cipher", "DEFAULT@SECLEVEL=0"),
        /alert|no protocols|unsupported protocol/,
      );
    assert.match(
      await handshake(
        "-tls1_2",
        "-cipher",
        "AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384",
      ),
      /handshake failure/,
    );
    assert.match(await handshake("-alpn", "h2"), /ALPN protocol: h2/);
  });

  test("a thousand slow connections do not keep real traffic from being answered", async (t) => {
    const sockets: Socket[] = [];
    let closed = 0;
    const trickle = (port: number, first: string) => {
      const socket = tcpConnect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.on("close", () => (closed += 1));
      socket.on("connect", () => socket.write(first));
      sockets.push(socket);
    };
    for (let index = 0; index < 1000; index += 1) {
      // Half of them never finish their headers, a quarter their body, a quarter their handshake.
      if (index % 4 === 3) trickle(stand.shape.httpsPort, "\x16\x03\x01");
      else if (index % 4 === 2)
        trickle(stand.shape.httpPort, `POST / HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\n`);
      else trickle(stand.shape.httpPort, `GET / HTTP/1.1\r\n${head}X-Slow: `);
    }
    const drip = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write("a");
    }, 500);
    try {
      await sleep(500);
      const load = constantLoad(stand.shape, { clients: 4 });
      await sleep(5000);
      await load.answered(50);
      const { answers, failures } = await load.stop();
      t.diagnostic(`${answers} answers beside them, ${closed} slow connections closed by then`);
      assert.deepEqual(failures, []);
      for (let tries = 0; closed < 1000; tries += 1) {
        assert.ok(tries < 300, `${1000 - closed} slow connections are still open`);
        await sleep(100);
      }
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
  });

  test("only the published ports answer, counters and probe are not among them", async () => {
    const ports = await docker(["port", stand.listener]);
    assert.equal(await docker(["port", stand.proxy]), "");
    assert.deepEqual(
      ports
        .split("\n")
        .map((line) => line.split(" ")[0])
        .sort(),
      ["8080/tcp", "8443/tcp"],
    );
    // Docker's own resolver listens on 127.0.0.11 (0B00007F) as well.
    const listening = async (container: string) => {
      const table = await docker(["exec", container, "sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"]);
      return [...table.matchAll(/: ([0-9A-F]+):([0-9A-F]{4}) 0+:0000 0A/g)]
        .map(([, address, port]) => `${address ?? ""}:${parseInt(port ?? "", 16)}`)
        .filter((socket) => !socket.startsWith("0B00007F"))
        .sort();
    };
    assert.deepEqual(await listening(stand.listener), ["00000000:8080", "00000000:8443", "00000000:9145"]);
    assert.deepEqual(await listening(stand.proxy), ["0100007F:9180"]);
    const replica = `${stand.name}-app-1`;
    const status = `fetch('http://${stand.listener}:9145/stub_status').then(r => r.text()).then(console.log)`;
    assert.match(await docker(["exec", replica, "node", "--eval", status]), /Active connections/);
    const probe = `fetch('http://${stand.proxy}:9180/health').then(() => console.log('open'), () => console.log('closed'))`;
    assert.equal(await docker(["exec", replica, "node", "--eval", probe]), "closed");
  });
});
