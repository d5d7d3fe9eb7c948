import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** An engine that the docker client has a name for. */
export interface DockerContext {
  readonly name: string;
  /** Its address; undefined if the client knows no context of that name. */
  readonly host: string | undefined;
  /** Folder with ca.pem, cert.pem and key.pem for its address; undefined if it needs none. */
  readonly certificates: string | undefined;
}

const settings = z.object({ currentContext: z.string().default("") });
const description = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string().min(1) }) }) });

/** JSON of the client's; undefined if it is not there, or is something else. */
function read<T>(schema: z.ZodType<T>, file: string): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * The context that is in effect, as the docker client keeps it (docker/cli, cli/context/store).
 * @returns undefined if DOCKER_HOST or the client's default decides
 */
export function currentContext(env: NodeJS.ProcessEnv): DockerContext | undefined {
  const folder = env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker");
  const named = env["DOCKER_CONTEXT"] ?? "";
  const decided = (env["DOCKER_HOST"] ?? "") !== "";
  const chosen = decided ? "" : (read(settings, join(folder, "config.json"))?.currentContext ?? "");
  const name = named === "" ? chosen : named;
  if (name === "" || name === "default") return undefined;
  const id = createHash("sha256").update(name).digest("hex");
  const found = read(description, join(folder, "contexts/meta", id, "meta.json"));
  const certificates = join(folder, "contexts/tls", id, "docker");
  return {
    name,
    host: found?.Endpoints.docker.Host,
    certificates: existsSync(certificates) ? certificates : undefined,
  };
}

/**
 * Puts the address of the context in effect into DOCKER_HOST, and takes DOCKER_CONTEXT away.
 * Docker's client follows a current context, and prefers DOCKER_HOST to DOCKER_CONTEXT; Pulumi's
 * provider knows no current context, and prefers DOCKER_CONTEXT. So both see the engine that the
 * client sees. An unknown context stays, for the client to name.
 * @param env is changed
 */
export function followContext(env: NodeJS.ProcessEnv): void {
  if ((env["DOCKER_HOST"] ?? "") === "") {
    const context = currentContext(env);
    if (context?.host === undefined) {
      if (env["DOCKER_CONTEXT"] === "default") delete env["DOCKER_CONTEXT"];
      return;
    }
    env["DOCKER_HOST"] = context.host;
    if (context.certificates !== undefined) {
      env["DOCKER_TLS_VERIFY"] = "1";
      env["DOCKER_CERT_PATH"] = context.certificates;
    }
  }
  delete env["DOCKER_CONTEXT"];
}

/**
 * Why Pulumi's provider would deploy to another engine than the docker client speaks to.
 * @param setting `dockerHost` of the stack
 * @returns undefined if they agree
 */
export function contextProblem(setting: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const named = (env["DOCKER_CONTEXT"] ?? "") !== "";
  if (setting !== undefined && !named) return undefined;
  const context = currentContext(env);
  if (context === undefined || (!named && isLocalSocket(context.host))) return undefined;
  const host = setting ?? env["DOCKER_HOST"] ?? context.host ?? "ADDRESS";
  return (
    `The docker context ${context.name} is in effect, and Pulumi's provider does not follow contexts as the docker ` +
    `command does: the stack would be deployed to two engines. Fix: export DOCKER_CONTEXT= DOCKER_HOST=${host}, ` +
    'or eval "$(npx berth env)"'
  );
}

/** Whether an address leads to the socket that the provider takes by itself. */
function isLocalSocket(host = ""): boolean {
  const own = "/var/run/docker.sock";
  const path = /^unix:\/\/(\/.*)$/.exec(host)?.[1];
  if (path === undefined || path === own) return path === own;
  return existsSync(path) && existsSync(own) && realpathSync(path) === realpathSync(own);
}
