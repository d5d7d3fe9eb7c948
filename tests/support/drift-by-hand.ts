import assert from "node:assert/strict";
import type { Deployment } from "./deployment.ts";
import { docker, finish } from "./docker.ts";
import { issue } from "./edge-authority.ts";

/**
 * Changes a running prod stack as a person would who does not know berth: a limit, a network, a
 * container of their own, a file of Nginx, passwords and rights in the database, a static file,
 * the certificate, an image's name.
 * @returns what `berth drift` is to say of it: the name of Nginx' files as `SET`, containers as
 *   APP, the certificate's folder as FOLDER
 */
export async function driftByHand(deployment: Deployment): Promise<string[]> {
  const named = async (part: string) => {
    const [first] = await deployment.containers(part);
    return first?.Name.slice(1) ?? assert.fail(`${part} runs`);
  };
  const [worker, redis, nginx] = [await named("worker"), await named("redis"), await named("nginx")];
  await docker(["update", "--memory=300m", "--memory-swap=300m", worker]);
  const networks = "{{range $name, $network := .NetworkSettings.Networks}}{{println $name}}{{end}}";
  const [network = ""] = (await docker(["inspect", "--format", networks, redis])).split("\n");
  await docker(["network", "disconnect", network, redis]);
  const stranger = `${deployment.stack}-stranger`;
  const image = await docker(["inspect", "--format={{.Image}}", redis]);
  const started = ["run", "--detach", `--name=${stranger}`, `--network=${network}`, "--entrypoint=sleep"];
  await docker([...started, image, "600"]);
  const edit = "echo '# by hand' >>/etc/berth/committed/nginx.conf";
  await docker(["exec", "--user=0:0", nginx, "sh", "-c", edit]);
  const sql = async (statement: string) => {
    const [postgres] = await deployment.containers("postgres");
    await docker(["exec", postgres?.Id ?? "", "psql", "-U", "postgres", "-d", "postgres", "-c", statement]);
  };
  await sql("ALTER SYSTEM SET max_connections = 40");
  await sql("ALTER ROLE app_migration PASSWORD 'by-hand-2f6c'");
  await sql("ALTER ROLE app_rows SUPERUSER");
  const served = "cd /var/lib/berth/assets/served/assets && find . -name '*.css' | sort | head -1";
  const [style = ""] = (await docker(["exec", nginx, "sh", "-c", served])).split("\n");
  const assets = await docker(["volume", "ls", "-q", ...deployment.labels("assets")]);
  const change = ["sh", "-c", `echo '/* by hand */' >>/assets/served/assets/${style}`];
  await docker([
    "run",
    "--rm",
    "--user=0:0",
    `--volume=${assets}:/assets`,
    "--entrypoint=",
    image,
    ...change,
  ]);
  // Another one for the name, by another authority.
  const { certificate } = await issue(["example.org"]);
  const certificates = await docker(["volume", "ls", "-q", ...deployment.labels("certificates")]);
  await docker(
    [
      ...["run", "--rm", "--interactive", "--user=0:0", `--volume=${certificates}:/certificates`],
      ...["--entrypoint=sh", image, "-c", "cat >/certificates/served/current/fullchain.pem"],
    ],
    certificate,
  );
  const [app] = await deployment.containers("app");
  const reference = await docker(["inspect", "--format={{.Config.Image}}", app?.Id ?? ""]);
  await docker(["tag", image, reference]);
  return [
    `image ${reference} is another one than APP runs`,
    "container worker has memory 300 MiB instead of 512 MiB",
    `container redis is not on the network ${network}`,
    `container ${stranger} is on the network ${network}, and no update has made it`,
    "the certificate in served/FOLDER is not the one that was put there",
    "Nginx has files that were edited by hand, in its volume, below sets/SET",
    `static files /assets/${style.replace("./", "")} differ from those of the image that runs`,
    "database login app_migration has another password",
    "database role app_rows has rights of an administrator",
    "setting max_connections of Postgres was set to 40 by ALTER SYSTEM",
  ];
}

/** Runs the command that brings something back, in the stack's checkout. */
export async function bringBack(deployment: Deployment, fix: string): Promise<void> {
  const command = fix.replaceAll("npx berth", `${process.execPath} cli/berth.mjs`);
  const { status, stderr } = await finish("sh", ["-c", command], {
    cwd: deployment.folder,
    env: { BERTH_ALLOW_GENERATED_PASSPHRASE: "1" },
  });
  assert.equal(status, 0, `${fix}\n${stderr}`);
}
