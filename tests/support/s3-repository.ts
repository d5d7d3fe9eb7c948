import type { BackupStand } from "./backup-stand.ts";
import { baseImage } from "./base-image.ts";
import { docker, finish } from "./docker.ts";
import { issue } from "./edge-authority.ts";
import { eventually } from "./eventually.ts";
import { goPrograms } from "./go-programs.ts";

const host = "s3.test";
const port = 8443;
const bucket = "backups";
const accessKey = "AKIATESTOFBACKUPS";

/** An S3 service that checks signatures, behind TLS of an authority of its own. */
export interface S3Repository {
  /** Settings of a stack whose backups go there. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secretKey: string;
  /** The service's disk, as a shell sees it. */
  shell(script: string): Promise<string>;
  /**
   * How it answers from now on: as it should, never, with 503, or at some bytes a second.
   */
  answers(how: "well" | "never" | "with 503" | { readonly bytesPerSecond: number }): Promise<void>;
  /** Puts it on the network of another host's stand as well. */
  reachableFrom(other: Pick<BackupStand, "outer">): Promise<unknown>;
  /** Takes it off the network. */
  away(): Promise<void>;
  /** Puts it on the network. */
  back(): Promise<void>;
}

const front = (more: string) => `
worker_processes 1; pid /tmp/nginx.pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off; client_max_body_size 0;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server {
    listen ${port} ssl; server_name ${host};
    ssl_certificate /tmp/cert.pem; ssl_certificate_key /tmp/key.pem;
    location / {
      ${more}
      proxy_pass http://gateway:7070; proxy_set_header Host $http_host; proxy_http_version 1.1;
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 120s;
    }
  }
}`;

/** Starts one on the network of a stand's repositories; it goes with the stand. */
export async function s3Repository(stand: BackupStand): Promise<S3Repository> {
  const [programs, nginx, tls] = await Promise.all([
    goPrograms({
      name: "versitygw",
      version: "v1.8.0",
      packages: ["github.com/versity/versitygw/cmd/versitygw"],
    }),
    baseImage("nginx"),
    issue([host]),
  ]);
  const secretKey = stand.stack.repeat(2);
  // The program reaches the engine as an archive, wherever it runs.
  const gateway = await stand.scratch.start(
    stand.image,
    [
      ...["--network", stand.outer, "--network-alias", "gateway", "--user", "0:0", "--entrypoint", "sh"],
      ...["--env", `ROOT_ACCESS_KEY=${accessKey}`, "--env", `ROOT_SECRET_KEY=${secretKey}`],
      // Docker's own layers need not have extended attributes.
      ...["--volume", `${await stand.scratch.volume(stand.image, `mkdir ${bucket}`)}:/store`],
    ],
    ["-c", "until [ -e /started ]; do sleep 0.2; done; exec /versitygw --port :7070 posix /store"],
  );
  await docker(["cp", `${programs}/versitygw`, `${gateway}:/versitygw`]);
  await docker(["exec", gateway, "touch", "/started"]);
  const configure = "umask 077; cat >/tmp/nginx.conf";
  const proxy = await stand.scratch.start(
    nginx,
    ["--network", stand.outer, "--network-alias", host, "--user", "0:0", "--entrypoint", "sh"],
    [
      "-c",
      "until [ -e /tmp/nginx.conf ]; do sleep 0.2; done; exec nginx -c /tmp/nginx.conf -g 'daemon off;'",
    ],
  );
  await docker(["exec", "-i", proxy, "sh", "-c", "cat >/tmp/cert.pem"], tls.certificate);
  await docker(["exec", "-i", proxy, "sh", "-c", "cat >/tmp/key.pem"], tls.key);
  await docker(["exec", "-i", proxy, "sh", "-c", configure], front(""));
  const asked = async () => {
    const { stdout } = await finish("docker", ["exec", proxy, "curl", "-sk", `https://127.0.0.1:${port}/`]);
    if (!stdout.includes("AccessDenied")) throw new Error(stdout);
  };
  await eventually(asked, 60_000);
  let paused = false;
  return {
    settings: {
      backupTo: "s3",
      backupS3Endpoint: `${host}:${port}`,
      backupS3Bucket: bucket,
      backupS3AccessKey: accessKey,
      backupS3Ca: tls.authority,
    },
    secretKey,
    shell: (script) => docker(["exec", gateway, "sh", "-euc", `cd /store/${bucket}; ${script}`]),
    async answers(how) {
      if (paused) await docker(["unpause", proxy]);
      paused = how === "never";
      if (how === "never") {
        await docker(["pause", proxy]);
        return;
      }
      const more =
        how === "well" ? "" : how === "with 503" ? "return 503;" : `proxy_limit_rate ${how.bytesPerSecond};`;
      await docker(["exec", "-i", proxy, "sh", "-c", configure], front(more));
      await docker(["exec", proxy, "nginx", "-c", "/tmp/nginx.conf", "-s", "reload"]);
    },
    reachableFrom: (other) => docker(["network", "connect", "--alias", host, other.outer, proxy]),
    async away() {
      await docker(["network", "disconnect", stand.outer, proxy]);
    },
    async back() {
      await docker(["network", "connect", "--alias", host, stand.outer, proxy]);
    },
  };
}
