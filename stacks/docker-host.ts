import { isIP } from "node:net";
import { z } from "zod";
import type { Fix } from "./field.ts";

/** Where the Docker engine is, as Docker's own variables say it if the setting does not. */
export interface DockerEnvironment {
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
}

/** The setting `dockerHost`. */
export const dockerHost = z
  .string()
  .regex(
    /^(?:unix:\/\/\/\S+|tcp:\/\/[^\s@/]+\/?|ssh:\/\/(?:[^\s@/:]+@)?[^\s@]+)$/,
    "an address such as ssh://deploy@host, tcp://host:2376 or unix:///var/run/docker.sock, without a password",
  )
  .optional()
  .describe(
    "Docker engine to deploy to. Default: DOCKER_HOST of the environment, else the docker context, else the local socket.",
  )
  .meta({ example: "ssh://deploy@host.example.org" });

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname.replace(/^\[|\]$/g, "") : "";
}

function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether an engine's address is one of another machine. */
function isRemoteEngine(address: string | undefined): boolean {
  return address !== undefined && /^(?:tcp|ssh):/.test(address) && !isLoopbackHost(hostOf(address));
}

/**
 * Why a stack cannot be deployed to its engine.
 * @param mountsSources its containers see a folder of the deployer's machine
 * @param setting `dockerHost` of the stack
 * @param env the deployer's environment, which Docker's client and Pulumi's provider read as well
 */
export function dockerHostProblems(
  mountsSources: boolean,
  setting: string | undefined,
  env: DockerEnvironment,
  fix: Fix,
): string[] {
  const address = setting ?? env.DOCKER_HOST;
  if (address === undefined || !isRemoteEngine(address)) return [];
  const [name, local] =
    setting === undefined
      ? ["DOCKER_HOST", "unset DOCKER_HOST, or docker context use default"]
      : ["dockerHost", fix("rm dockerHost")];
  const problems: string[] = [];
  // Without certificates the client and the provider speak in the clear.
  // https://docs.docker.com/engine/security/protect-access/
  const certified = (env.DOCKER_TLS_VERIFY ?? "") !== "" && (env.DOCKER_CERT_PATH ?? "") !== "";
  if (address.startsWith("tcp:") && !certified) {
    problems.push(
      `${name}: ${address} is not encrypted: an eavesdropper would get the stack's secrets and the host. ` +
        `Fix: ${fix(`set dockerHost ssh://USER@${hostOf(address)}`)}, or DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH with the engine's certificates`,
    );
  }
  if (mountsSources) {
    problems.push(
      `${name}: a dev stack mounts app/src of this machine, which the engine at ${address} does not have. ` +
        `Fix: ${local}, or deploy a stack of another kind there, such as basic`,
    );
  }
  return problems;
}
