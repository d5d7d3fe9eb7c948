/**
 * Static files through the edge, beside a bare Nginx: the same image, certificate, files, limits
 * and client; the bare one has nothing but what serves a file over TLS, with the log that the image
 * comes with, and without any. All are asked in turns, so that what else the machine does hits
 * every one.
 *
 * node bench/static-throughput.ts [ROUNDS] [SECONDS]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { edgePaths, edgeUser } from "../infra/rendering/edge-paths.ts";
import { baseImage } from "../tests/support/base-image.ts";
import { docker } from "../tests/support/docker.ts";
import { edgeStand, type EdgeStand } from "../tests/support/edge-stand.ts";
import { addressOn } from "../tests/support/pebble.ts";

const [rounds = 7, seconds = 3] = process.argv.slice(2).map(Number);
/** A style sheet and a picture. */
const sizes = { "10 KiB": 10 * 1024, "1 MiB": 1024 * 1024 } as const;
const clients = 16;

const bareConfig = (log: string) => `
worker_processes auto;
pid /tmp/nginx.pid;
events { worker_connections 4096; }
http {
  include /etc/nginx/mime.types;
  sendfile on;
  access_log ${log};
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`).join(" ")}
  server {
    listen 8443 ssl;
    http2 on;
    server_name example.org;
    ssl_certificate ${edgePaths.certificates}/served/current/fullchain.pem;
    ssl_certificate_key ${edgePaths.certificates}/served/current/privkey.pem;
    root ${edgePaths.assets}/served;
  }
}
`;

async function startBare(stand: EdgeStand, name: string, image: string, log: string): Promise<string> {
  const script = 'printf %s "$CONFIG" >/tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g "daemon off;"';
  return stand.run(name, [
    ...[
      "--read-only",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--memory=128m",
      "--pids-limit=64",
    ],
    ...[
      "--tmpfs=/tmp",
      "--tmpfs=/var/lib/nginx",
      "--tmpfs=/var/cache/nginx",
      `--user=${edgeUser}:${edgeUser}`,
    ],
    `--volume=${stand.name}-certificates:${edgePaths.certificates}:ro`,
    `--volume=${stand.name}-assets:${edgePaths.assets}:ro`,
    ...[`--env=CONFIG=${bareConfig(log)}`, "--entrypoint=sh", image, "-c", script],
  ]);
}

/** wrk from Debian, in an image that is gone afterwards. */
async function buildClient(stand: EdgeStand): Promise<string> {
  const recipe = `FROM ${await baseImage("debian")}\nRUN apt-get -qq update && apt-get -qq install -y --no-install-recommends wrk\n`;
  return docker(["build", "--quiet", "--force-rm", `--label=berth.test=${stand.name}`, "-"], recipe);
}

/** Microseconds of processor time that a container has used, by either kind of control group. */
async function used(container: string): Promise<number> {
  const files = "cat /sys/fs/cgroup/cpu.stat 2>/dev/null || cat /sys/fs/cgroup/cpuacct/cpuacct.usage";
  const said = await docker(["exec", container, "sh", "-c", files]);
  const microseconds = /^usage_usec (\d+)$/m.exec(said)?.[1];
  return microseconds === undefined ? Number(said) / 1000 : Number(microseconds);
}

/** What a server did in one turn. */
interface Turn {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of processor time a request; other work on the machine hardly changes it. */
  readonly cost: number;
}

async function load(stand: EdgeStand, client: string, server: string, path: string): Promise<Turn> {
  const before = await used(server);
  const said = await docker([
    ...["run", "--rm", `--network=${stand.name}`, `--add-host=example.org:${await addressOn(stand, server)}`],
    ...["--entrypoint=wrk", client, "--threads=1", `--connections=${clients}`, `--duration=${seconds}s`],
    `https://example.org:8443${path}`,
  ]);
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(said);
  const requests = Number(/(\d+) requests in/.exec(said)?.[1]);
  return {
    rate: Number(/Requests\/sec: +([\d.]+)/.exec(said)?.[1]),
    cost: ((await used(server)) - before) / requests,
  };
}

const median = (values: readonly number[]) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;

const stand = await edgeStand();
let client = "";
try {
  const nginx = await baseImage("nginx");
  client = await buildClient(stand);
  const files = Object.values(sizes).map(
    (size) => `head -c ${size} /dev/urandom >/a/served/assets/${size}.0a1b2c3d.png`,
  );
  await docker([
    ...["run", "--rm", "--user=0:0", `--volume=${stand.name}-assets:/a`, "--entrypoint=sh", nginx],
    ...["-c", ["mkdir -p /a/served/assets", ...files].join(" && ")],
  ]);
  const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
  if (switched.status !== 0) throw new Error(switched.stderr);
  const servers = {
    edge: stand.proxy,
    bare: await startBare(stand, "bare", nginx, "/dev/stdout combined"),
    "bare without a log": await startBare(stand, "bare-silent", nginx, "off"),
  };
  await sleep(1000);
  console.log(`${rounds} rounds of ${seconds} s, ${clients} connections; medians`);
  for (const [name, size] of Object.entries(sizes)) {
    const path = `/assets/${size}.0a1b2c3d.png`;
    const rates = new Map(Object.keys(servers).map((server): [string, Turn[]] => [server, []]));
    for (let round = 0; round < rounds; round += 1) {
      const inTurn = Object.entries(servers);
      // The order alternates, so that neither always comes after a pause.
      for (const [server, container] of [...inTurn.slice(round % 3), ...inTurn.slice(0, round % 3)])
        rates.get(server)?.push(await load(stand, client, container, path));
    }
    const edge = rates.get("edge") ?? [];
    for (const [server, turns] of rates) {
      // Within a round, so that the machine's other load counts for both.
      const ratio = median(turns.map(({ rate }, round) => (edge[round]?.rate ?? NaN) / rate));
      const [rate, cost] = [median(turns.map((turn) => turn.rate)), median(turns.map((turn) => turn.cost))];
      console.log(
        `${name}: ${server} ${rate.toFixed(0)} a second, ${cost.toFixed(1)} µs each; edge to it ${ratio.toFixed(2)}`,
      );
    }
  }
} finally {
  await stand.remove();
  if (client !== "") await docker(["image", "rm", "--force", client]);
}
