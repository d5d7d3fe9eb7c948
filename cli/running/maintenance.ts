import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import type { Docker } from "../../system/docker.ts";

/** Whether visitors are held back, as `maintenance status --json` prints it. */
export interface MaintenanceState {
  readonly on: boolean;
  /** ISO 8601. */
  readonly since?: string;
  /** What visitors read. */
  readonly message?: string;
}

const html = `${edgePaths.state}/maintenance.html`;
const json = `${edgePaths.state}/maintenance.json`;
const retryAfter = `${edgePaths.config}/retry-after.conf`;

/**
 * Milliseconds until every worker of Nginx has looked at its flags again, which it does once a
 * second.
 */
const noticed = 1_100;

const held = z.object({ detail: z.string() });

/** Writes standard input to the file `$1`, whole or not at all. */
const writeScript = 'cat >"$1.next" && mv "$1.next" "$1"';
/**
 * Has Nginx take the set over again that it serves, after testing it. A set of an earlier version
 * calls the script `load.sh`.
 */
const reloadScript = `cd ${edgePaths.run}/current; for script in reload load; do if [ -e bin/$script.sh ]; then exec sh bin/$script.sh "$(cat set)"; fi; done`;

/**
 * Maintenance of one stack, switched by files inside the proxy's container, wherever its engine is.
 */
export class Maintenance {
  readonly #docker: Docker;
  readonly #proxy: string;

  /** @param proxy id of Nginx's container */
  constructor(docker: Docker, proxy: string) {
    this.#docker = docker;
    this.#proxy = proxy;
  }

  /**
   * Holds visitors back, or changes what they read; in force when it returns.
   * @param pages `html` for people, `json` for programs
   * @param seconds value of Retry-After; the stack's own if undefined
   * @throws CommandError with Nginx's words, before anything is held back
   */
  async on(pages: { html: string; json: string }, seconds: number | undefined): Promise<void> {
    await this.#retryAfter(seconds);
    await this.#write(json, pages.json);
    // The switch comes last: from here on requests are answered with both.
    await this.#write(html, pages.html);
    await sleep(noticed);
  }

  /**
   * Lets visitors in again; in force when it returns.
   * @returns whether they were held back
   */
  async off(): Promise<boolean> {
    const { on } = await this.status();
    await this.#run(["rm", "-f", html]);
    await this.#run(["rm", "-f", json]);
    await this.#retryAfter(undefined);
    await sleep(noticed);
    return on;
  }

  async status(): Promise<MaintenanceState> {
    const since = await this.#run(["sh", "-c", 'if [ -e "$1" ]; then stat -c %Y "$1"; fi', "sh", html]);
    if (since === "") return { on: false };
    const { detail } = held.parse(JSON.parse(await this.#run(["cat", json])));
    return { on: true, since: new Date(Number(since) * 1000).toISOString(), message: detail };
  }

  /**
   * Nginx reads the header's value with its configuration, so another value needs a reload; the
   * same one does not.
   */
  async #retryAfter(seconds: number | undefined): Promise<void> {
    const wanted = seconds === undefined ? "" : `"~" ${seconds};\n`;
    const present = await this.#run(["sh", "-c", 'if [ -e "$1" ]; then cat "$1"; fi', "sh", retryAfter]);
    if (present === wanted) return;
    // The folder is root's, so that Nginx itself cannot change what it runs on.
    if (wanted === "") await this.#run(["rm", "-f", retryAfter], { user: "0:0" });
    else await this.#write(retryAfter, wanted, { user: "0:0" });
    await this.reload();
  }

  /** Has Nginx look up the replicas' addresses, and take its certificate, again. */
  async reload(): Promise<void> {
    await this.#run(["sh", "-c", reloadScript]);
  }

  async #write(file: string, text: string, options: { user?: string } = {}): Promise<void> {
    await this.#run(["sh", "-c", writeScript, "sh", file], { ...options, input: text });
  }

  #run(command: readonly string[], options: { user?: string; input?: string } = {}): Promise<string> {
    const { user, input } = options;
    const flags = [
      ...(input === undefined ? [] : ["--interactive"]),
      ...(user === undefined ? [] : ["--user", user]),
    ];
    return this.#docker.run(
      ["exec", ...flags, this.#proxy, ...command],
      input === undefined ? {} : { input },
    );
  }
}
