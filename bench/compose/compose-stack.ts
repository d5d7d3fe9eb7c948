import { X509Certificate, randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { baseImage } from "../../tests/support/base-image.ts";
import { finish } from "../../tests/support/docker.ts";
import { plainEdge } from "../../tests/support/edge-shapes.ts";
import { addEventStream } from "../../tests/support/event-stream.ts";
import { freePorts } from "../../tests/support/free-ports.ts";
import type { Account } from "../../tests/support/edge-session.ts";
import { dockerCompose } from "./docker-compose.ts";

const root = join(import.meta.dirname, "../..");

/** The application on docker compose, with Nginx in front. */
export interface ComposeStack {
  readonly edge: EdgeConfig;
  /**
   * Changes a line of code and deploys it: `docker compose up -d --build`.
   * @param reload has Nginx look the replicas' new addresses up afterwards, as who was bitten once
   * does
   */
  release(number: number, reload: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Brings the stack up, with an administrator in it. */
export async function composeStack(account: Account): Promise<ComposeStack> {
  const compose = await dockerCompose();
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const name = `bench-${randomBytes(3).toString("hex")}`;
  const [httpsPort = 0] = await freePorts(1);
  cpSync(join(root, "app"), join(folder, "app"), {
    recursive: true,
    filter: (path) => !path.includes("node_modules"),
  });
  addEventStream(folder);
  cpSync(join(import.meta.dirname, "stack"), folder, { recursive: true });
  for (const secret of ["database-password", "session-keys"]) {
    writeFileSync(join(folder, secret), randomBytes(32).toString("hex"), { mode: 0o444 });
  }
  await selfSigned(folder);
  const images = ["postgres", "node", "debian", "machine-ca", "nginx"] as const;
  const [postgres, node, debian, machineCa, nginx] = await Promise.all(
    images.map((image) => baseImage(image)),
  );
  const env = {
    NAME: name,
    HTTPS_PORT: String(httpsPort),
    FILES: folder,
    APP_FOLDER: join(folder, "app"),
    POSTGRES_IMAGE: postgres ?? "",
    NODE_IMAGE: node ?? "",
    RUNTIME_IMAGE: debian ?? "",
    CA_IMAGE: machineCa ?? "",
    NGINX_IMAGE: nginx ?? "",
    // The classic builder, as the engine's other images are built.
    DOCKER_BUILDKIT: "0",
    RELEASE: "0",
  };
  const run = async (args: readonly string[], more: Record<string, string> = {}, stdin?: string) => {
    const [command = "", ...rest] = [...compose, "--file", join(folder, "compose.yaml"), ...args];
    const result = await finish(command, rest, {
      env: { ...env, ...more },
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (result.status !== 0)
      throw new Error(`docker compose ${args.join(" ")}: ${result.stderr.slice(-3000)}`);
  };
  const remove = async () => {
    await run(["down", "--volumes", "--rmi", "local", "--timeout", "5"]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await run(["up", "-d", "--build", "--wait"]);
    const admin = ["node", "src/create-admin.ts", "--email", account.email, "--password-stdin"];
    await run(["exec", "-T", "app", ...admin], {}, account.password);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    edge: { ...plainEdge, domain: ["example.org"], proxyAddress: "127.0.0.1", httpsPort },
    async release(number, reload) {
      const file = join(folder, "app/src/app.ts");
      writeFileSync(file, `${readFileSync(file, "utf8")}\n// Release ${number}.\n`);
      await run(["up", "-d", "--build", "--wait"], { RELEASE: String(number) });
      if (reload)
        await run(["exec", "-T", "nginx", "nginx", "-c", "/etc/nginx/by-hand.conf", "-s", "reload"]);
    },
    remove,
  };
}

async function selfSigned(folder: string): Promise<void> {
  const [key, certificate] = [join(folder, "certificate-key.pem"), join(folder, "certificate.pem")];
  const { status, stderr } = await finish("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...[
      "-subj",
      "/CN=example.org",
      "-addext",
      "subjectAltName=DNS:example.org",
      "-keyout",
      key,
      "-out",
      certificate,
    ],
  ]);
  if (status !== 0) throw new Error(stderr);
  new X509Certificate(readFileSync(certificate));
}
