import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseImage } from "./base-image.ts";
import { docker, finish, removeContainers } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { writeHostileApp } from "./hostile-app.ts";

/** Twelve values, as people have them. */
export const oldValues = {
  DATABASE_URL: "postgres://shop:hunter2@postgres:5432/shop",
  SESSION_SECRET: "keyboard-cat-of-old",
  GREETING: "good evening",
  PAYMENT_KEY: "sk_live_1",
  MAIL_API_KEY: "mail-key-1",
  WEBHOOK_TOKEN: "token-1",
  SUPPORT_EMAIL: "help@shop.test",
  CURRENCY: "EUR",
  PAGE_SIZE: "20",
  FEATURE_CART: "true",
  NODE_ENV: "production",
  PORT: "3000",
} as const;

/** An application as people run it: web, Postgres 15, uploads, Nginx, `.env`. */
export interface ComposeSetup {
  readonly project: string;
  /** Name of a service's container. */
  container(service: string): string;
  /** What psql prints in its database. */
  sql(text: string): Promise<string>;
  remove(): Promise<void>;
}

const composeFile = (project: string, port: number) => `name: ${project}
services:
  postgres:
    image: postgres:15
    environment: { POSTGRES_USER: shop, POSTGRES_DB: shop, POSTGRES_PASSWORD: hunter2 }
    volumes: [rows:/var/lib/postgresql/data]
  web:
    build: .
    env_file: .env
    volumes: [uploads:/srv/uploads]
    depends_on: [postgres]
  nginx:
    image: nginx
    ports: ["127.0.0.1:${port}:8443"]
    volumes: [./nginx.conf:/etc/nginx/nginx.conf:ro, ./letsencrypt:/etc/letsencrypt:ro]
    depends_on: [web]
volumes: { rows: {}, uploads: {} }
`;

const nginxConf = (domain: string) => `events {}
http {
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  server {
    listen 8443 ssl;
    server_name ${domain};
    ssl_certificate /etc/letsencrypt/live/${domain}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${domain}/privkey.pem;
    location / {
      proxy_pass http://web:3000;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
`;

/**
 * Writes such a set-up into a folder and starts it, with the labels that docker compose gives.
 * @param port host port of its Nginx, HTTPS
 */
export async function composeSetup(
  folder: string,
  project: string,
  { domain, port }: { readonly domain: string; readonly port: number },
): Promise<ComposeSetup> {
  const images = ["node", "debian", "postgres-15", "nginx", "machine-ca"] as const;
  const [node = "", debian = "", postgres = "", nginx = ""] = await Promise.all(
    images.map((image) => baseImage(image)),
  );
  writeHostileApp(folder, { node, debian });
  const live = join(folder, "letsencrypt/live", domain);
  mkdirSync(live, { recursive: true });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
  };
  write("compose.yml", composeFile(project, port));
  write("nginx.conf", nginxConf(domain));
  write(
    ".env",
    Object.entries(oldValues)
      .map((pair) => pair.join("="))
      .join("\n"),
  );
  write(".dockerignore", "node_modules\nletsencrypt\n.env\n");
  await selfSigned(live, domain);

  const image = `${project}-web`;
  const built = await finish("docker", ["build", "--quiet", "--tag", image, folder], {
    env: { DOCKER_BUILDKIT: "0" },
  });
  assert.equal(built.status, 0, built.stderr);
  const network = `${project}_default`;
  const volumes = [`${project}_rows`, `${project}_uploads`];
  await docker(["network", "create", "--label", `com.docker.compose.project=${project}`, network]);
  for (const volume of volumes)
    await docker(["volume", "create", "--label", `com.docker.compose.project=${project}`, volume]);
  const container = (service: string) => `${project}-${service}-1`;
  const start = (service: string, options: readonly string[], command: readonly string[]) =>
    docker([
      ...["run", "--detach", "--name", container(service), "--restart", "unless-stopped"],
      ...["--network", network, "--network-alias", service],
      ...["project=" + project, `service=${service}`, "oneoff=False"].flatMap((label) => [
        "--label",
        `com.docker.compose.${label}`,
      ]),
      ...options,
      ...command,
    ]);
  const sql = (text: string) =>
    docker(["exec", container("postgres"), ...["psql", "-XAtqU", "shop", "-d", "shop", "-c", text]]);
  const variables = ["POSTGRES_USER=shop", "POSTGRES_DB=shop", "POSTGRES_PASSWORD=hunter2"];
  await start(
    "postgres",
    [
      ...variables.flatMap((line) => ["--env", line]),
      ...["--volume", `${project}_rows:/var/lib/postgresql/data`],
    ],
    [postgres],
  );
  await eventually(async () => {
    await docker(["exec", container("postgres"), "pg_isready", "-q", "-h", "127.0.0.1", "-U", "shop"]);
  });
  const web = ["--env-file", join(folder, ".env"), "--volume", `${project}_uploads:/srv/uploads`];
  await start("web", web, [image]);
  const knex = ["node", "node_modules/knex/bin/cli.js", "migrate:latest", "--env", "production"];
  await docker(["exec", container("web"), ...knex]);
  await start(
    "nginx",
    [
      ...["--publish", `127.0.0.1:${port}:8443`, "--user", "0:0", "--entrypoint", "nginx"],
      ...["--volume", `${join(folder, "nginx.conf")}:/etc/nginx/nginx.conf:ro`],
      ...["--volume", `${join(folder, "letsencrypt")}:/etc/letsencrypt:ro`],
    ],
    [nginx, "-g", "daemon off;"],
  );
  return {
    project,
    container,
    sql,
    async remove() {
      await removeContainers(["postgres", "web", "nginx"].map(container));
      await finish("docker", ["volume", "rm", ...volumes]);
      await finish("docker", ["network", "rm", network]);
      await finish("docker", ["image", "rm", image]);
    },
  };
}

async function selfSigned(folder: string, domain: string): Promise<void> {
  const { status, stderr } = await finish("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
    ...["-subj", `/CN=${domain}`, "-addext", `subjectAltName=DNS:${domain}`],
    ...["-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")],
  ]);
  assert.equal(status, 0, stderr);
}
