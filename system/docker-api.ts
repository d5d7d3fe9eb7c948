import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { capture, converse } from "./run.ts";

/** An account at a registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** An answer of the engine. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks the Docker engine that the docker client is set up for, over the client's own connection to
 * it: a socket, TLS or ssh, as DOCKER_HOST says. The login travels in a header of this request: the
 * client would want it in a file.
 * https://docs.docker.com/reference/api/engine/#section/Authentication
 * @param path as in Docker's Engine API, without its version
 * @param login no login without one
 * @throws Error with the client's words if the engine cannot be reached
 */
export async function askEngine(
  method: "GET" | "POST",
  path: string,
  login?: RegistryLogin,
): Promise<EngineAnswer> {
  const prefix = `/v${await agreedVersion()}`;
  const { stream, ended, kill } = await converse({ command: "docker", args: ["system", "dial-stdio"] });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({
        method,
        path: prefix + path,
        headers: { Host: "docker", "X-Registry-Auth": registryAuth(login), Connection: "close" },
        createConnection: () => stream,
      })
        .once("response", resolve)
        .once("error", reject)
        .end();
    });
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  } catch (error) {
    // The client's own words tell more than the end of its connection.
    kill();
    const why = (await ended).stderr.trim();
    throw new Error(why === "" ? String(error) : why, { cause: error });
  } finally {
    stream.on("error", () => undefined).destroy();
    kill();
    await ended;
  }
}

let agreed: Promise<string> | undefined;

/**
 * The version of the Engine API that client and engine have agreed on. A request without one gets
 * the engine's newest, whose answers may differ from those that were tested.
 * https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
 * @throws Error with the client's words if the engine cannot be reached
 */
function agreedVersion(): Promise<string> {
  agreed ??= ask().catch((error: unknown) => {
    agreed = undefined;
    throw error;
  });
  return agreed;

  async function ask(): Promise<string> {
    const args = ["version", "--format", "{{.Client.APIVersion}} {{.Server.APIVersion}}"];
    const { code, stdout, stderr } = await capture({ command: "docker", args });
    const version = /^(\d+\.\d+) \d/.exec(stdout)?.[1];
    if (code !== 0 || version === undefined) throw new Error(stderr.trim() || "the engine does not answer");
    return version;
  }
}

/**
 * RFC 4648's alphabet for addresses with its padding, which Node leaves out there and older engines
 * insist on.
 */
function registryAuth(login: RegistryLogin | undefined): string {
  const text64 = Buffer.from(JSON.stringify(login ?? {})).toString("base64");
  return text64.replaceAll("+", "-").replaceAll("/", "_");
}
