import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { eventually, ScratchContainers } from "../support/scratch-containers.ts";

// images/README.md states what is checked here; the database has a file of its own.
const scratch = new ScratchContainers();
after(() => scratch.remove());
const [debian, node, adminer, postgres, certbot, redis] = await Promise.all([
  baseImage("debian"),
  baseImage("node"),
  baseImage("adminer"),
  baseImage("postgres"),
  baseImage("certbot"),
  baseImage("redis"),
]);

const built = Object.entries({ debian, node, adminer, postgres, certbot, redis }).filter(([, reference]) =>
  reference.startsWith("berth/"),
);
test(
  "no image that is built here has a setuid or setgid file",
  { skip: built.length === 0 && "all of them are official" },
  async () => {
    const find = ["run", "--rm", "--user", "0", "--network", "none", "--entrypoint", "find"];
    for (const [name, reference] of built) {
      const found = await docker([...find, reference, "/", "-xdev", "-type", "f", "-perm", "/6000"]);
      assert.equal(found, "", name);
    }
  },
);

/** The strictest way to run a container; the images below need nothing more. */
const confined = [
  "--read-only",
  "--cap-drop",
  "ALL",
  "--security-opt",
  "no-new-privileges",
  "--tmpfs",
  "/tmp",
];

async function setting(image: string, path: string): Promise<string> {
  return docker(["image", "inspect", "--format", `{{json .Config.${path}}}`, image]);
}

describe("debian", () => {
  test("it is Debian trixie, run by root, with what final stages use", async () => {
    const said = await scratch.script(
      debian,
      ". /etc/os-release; echo $VERSION_CODENAME; id -u; command -v bash",
    );
    assert.equal(said, "trixie\n0\n/usr/bin/bash");
    await scratch.script(debian, "command -v useradd setpriv apt-get");
  });

  test("any user may read it", async () => {
    await scratch.script(debian, "ls / /usr/bin >/dev/null", ["--user", "12345:12345", ...confined]);
  });
});

describe("node", () => {
  test("options and scripts go to Node.js 24, other words are commands", async () => {
    const evaluated = await scratch.run(node, confined, ["-p", "process.version"]);
    assert.match(evaluated.stdout, /^v24\./);
    const command = await scratch.run(node, confined, ["sh", "-c", "command -v node; npm --version"]);
    assert.match(command.stdout, /^\/usr\/local\/bin\/node\n\d+\./);
    assert.equal(await setting(node, "Cmd"), '["node"]');
  });

  test("the user node is 1000:1000 with a home", async () => {
    const said = await scratch.script(node, "id -u node; id -g node; echo ~node; stat -c %u ~node");
    assert.equal(said, "1000\n1000\n/home/node\n1000");
  });
});

describe("adminer", () => {
  test("it serves on 8080 as an ordinary user, knows the server, and logs in to the database", async () => {
    const network = await scratch.network();
    const database = ["--network", network, "--network-alias", "database", "-e", "POSTGRES_PASSWORD=pw"];
    await scratch.start(postgres, database);
    const container = await scratch.start(adminer, [
      ...[
        ...confined,
        "--network",
        network,
        "-p",
        "127.0.0.1:0:8080",
        "-e",
        "ADMINER_DEFAULT_SERVER=database",
      ],
    ]);
    const home = `http://${await scratch.address(container, 8080)}/`;
    const form = await eventually(async () => (await fetch(home)).text());
    assert.match(form, /name="auth\[server\]" value="database"/);
    assert.notEqual(await docker(["exec", container, "id", "-u"]), "0");

    await eventually(async () => {
      const auth = {
        driver: "pgsql",
        server: "database",
        username: "postgres",
        password: "pw",
        db: "postgres",
      };
      const fields = Object.entries(auth).map(([name, value]): [string, string] => [`auth[${name}]`, value]);
      const login = await fetch(home, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams(fields),
      });
      const cookie = login.headers.getSetCookie().map((line) => line.split(";")[0]);
      const target = new URL(login.headers.get("location") ?? "", home);
      const page = await (await fetch(target, { headers: { cookie: cookie.join("; ") } })).text();
      assert.match(page, /Create table/);
      return true;
    });
  });

  test("it stops at once when asked to", async () => {
    const container = await scratch.start(adminer, confined);
    assert.equal(await setting(adminer, "StopSignal"), '"SIGINT"');
    // As process 1 it ignores signals until PHP has its handler in place.
    const listens = "exit(@fsockopen('127.0.0.1', 8080) ? 0 : 1);";
    await eventually(() => docker(["exec", container, "php", "-r", listens]).then(() => true));
    await docker(["stop", "-t", "60", container]);
    assert.notEqual(await docker(["inspect", "-f", "{{.State.ExitCode}}", container]), "137");
  });
});

describe("certbot", () => {
  const folders = ["--config-dir", "/tmp/config", "--work-dir", "/tmp/work", "--logs-dir", "/tmp/logs"];

  test("the entrypoint is certbot, new enough for ARI, with the Cloudflare plugin", async () => {
    const said = await scratch.run(certbot, confined, ["--version"]);
    const [major = 0, minor = 0] = (/^certbot (\d+)\.(\d+)/.exec(said.stdout) ?? []).slice(1).map(Number);
    assert.ok(major > 4 || (major === 4 && minor >= 1), said.stdout);
    const plugins = await scratch.run(certbot, confined, ["plugins", ...folders]);
    for (const plugin of ["dns-cloudflare", "standalone", "webroot"]) {
      assert.match(plugins.stdout, new RegExp(`^\\* ${plugin}$`, "m"));
    }
  });

  test("any user can run it, beside a shell and a Python that has Certbot's packages", async () => {
    const user = ["--user", "101:101", ...confined];
    const listed = await scratch.run(certbot, user, ["certificates", ...folders]);
    assert.match(listed.stdout, /No certificates found/);
    const imported = "python3 -c 'import certbot, cloudflare, cryptography; print(certbot.__name__)'";
    assert.equal(await scratch.script(certbot, imported, user), "certbot");
  });
});

describe("redis", () => {
  const client = (network: string, ...command: string[]) =>
    scratch.run(redis, ["--network", network], ["redis-cli", "-h", "cache", ...command]);

  test("arguments are the server's, other containers get in, and data outlives the container's stop", async () => {
    const network = await scratch.network();
    const data = await scratch.volume(redis, "true");
    const server = await scratch.start(
      redis,
      ["--network", network, "--network-alias", "cache", "-v", `${data}:/data`],
      ["--appendonly", "yes", "--maxmemory", "16mb"],
    );
    await eventually(async () => {
      assert.equal((await client(network, "set", "visits", "7")).stdout.trim(), "OK");
      return true;
    });
    assert.match((await client(network, "config", "get", "maxmemory")).stdout, /16777216/);
    assert.match(await docker(["exec", "-u", "999", server, "cat", "/proc/1/status"]), /^Uid:\s+999\s/m);
    await docker(["stop", "-t", "60", server]);
    assert.equal(await docker(["inspect", "-f", "{{.State.ExitCode}}", server]), "0");
    await docker(["start", server]);
    await eventually(async () => {
      assert.equal((await client(network, "get", "visits")).stdout.trim(), "7");
      return true;
    });
  });

  test("started as user 999 it needs no capability, and a password keeps others out", async () => {
    const network = await scratch.network();
    const options = ["--user", "999:999", ...confined, "--network", network, "--network-alias", "cache"];
    const command = ["redis-server", "--save", "", "--requirepass", "pw"];
    await scratch.start(redis, [...options, "--tmpfs", "/data"], command);
    await eventually(async () => {
      assert.match((await client(network, "get", "x")).stdout, /NOAUTH/);
      return true;
    });
    assert.equal((await client(network, "--no-auth-warning", "-a", "pw", "ping")).stdout.trim(), "PONG");
  });
});
