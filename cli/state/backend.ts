import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { credentialsFolder } from "../pulumi-cli/install-folder.ts";

/** Where Pulumi keeps the state of the stacks, and why there. */
export interface Backend {
  /**
   * Address as Pulumi takes it; undefined where only Pulumi knows it (an access token without an
   * address).
   */
  readonly url: string | undefined;
  readonly source: "PULUMI_BACKEND_URL" | "PULUMI_ACCESS_TOKEN" | "login" | "checkout";
  /** Folder of a backend on this machine's disk. */
  readonly folder: string | undefined;
  /**
   * Pulumi Cloud or a service like it: it keeps the secrets' key itself and needs no passphrase.
   */
  readonly service: boolean;
}

/**
 * A backend that the user chose always wins: PULUMI_BACKEND_URL, then an access token, then `pulumi
 * login`; where there is none of them, the state lives in the checkout.
 * @param env the user's environment
 * @param login address of the current `pulumi login`, if any
 * @param stateFolder folder of the embedded state
 */
export function chooseBackend(
  env: NodeJS.ProcessEnv,
  login: string | undefined,
  stateFolder: string,
): Backend {
  const own = pathToFileURL(stateFolder).href;
  const url = env["PULUMI_BACKEND_URL"];
  // `berth env` puts the checkout's own address there.
  if (url === own) return { source: "checkout", ...described(own) };
  if (url !== undefined && url !== "") return { source: "PULUMI_BACKEND_URL", ...described(url) };
  const token = env["PULUMI_ACCESS_TOKEN"];
  if (login !== undefined) return { source: "login", ...described(login) };
  if (token !== undefined && token !== "") {
    return { source: "PULUMI_ACCESS_TOKEN", url: undefined, folder: undefined, service: true };
  }
  return { source: "checkout", ...described(own) };
}

/** The backend that a command of this environment works on. */
export function currentBackend(env: NodeJS.ProcessEnv, stateFolder: string): Backend {
  return chooseBackend(env, currentLogin(credentialsFolder(env)), stateFolder);
}

/** Address of the backend that `pulumi login` chose last; undefined without a login. */
export function currentLogin(folder: string): string | undefined {
  try {
    const credentials: unknown = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8"));
    if (typeof credentials !== "object" || credentials === null || !("current" in credentials))
      return undefined;
    return typeof credentials.current === "string" && credentials.current !== ""
      ? credentials.current
      : undefined;
  } catch {
    return undefined;
  }
}

function described(url: string): Pick<Backend, "url" | "folder" | "service"> {
  return { url, folder: localFolder(url), service: /^https?:/.test(url) };
}

/**
 * Pulumi reads `file://~` as the home folder and other paths percent-decoded; query parameters are
 * the bucket's.
 */
function localFolder(url: string): string | undefined {
  if (!url.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).replace(/\?.*$/, "");
  if (path.startsWith("~")) return join(homedir(), path.slice(1));
  return path.startsWith("/") ? fileURLToPath(`file://${path}`) : join(process.cwd(), path);
}

/** A backend's address may hold a user and a password. */
export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
