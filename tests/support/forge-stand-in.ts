import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What the stand-in keeps; its numbers are those of GitHub's API. */
interface Kept {
  readonly id: number;
  readonly number: number;
  /** The issue or pull request that a comment is on. */
  readonly on?: number;
  body: string;
  title?: string;
  state?: string;
  readonly pull_request?: object;
}

/** A forge with one repository, `team/shop`: as much of GitHub's API as pipeline/ speaks. */
export class ForgeStandIn {
  readonly comments: Kept[] = [];
  readonly issues: Kept[] = [];
  readonly pulls: { number: number; head: { sha: string; label: string } }[] = [];
  /** Requests without the right token. */
  refused = 0;
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  readonly token = "token-5c1f";

  /** @returns variables by which pipeline/ finds it */
  async open(): Promise<Record<string, string>> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as AddressInfo;
    return {
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: "team/shop",
      GITHUB_TOKEN: this.token,
    };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, unknown]> {
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      this.refused += 1;
      return [401, { message: "Bad credentials" }];
    }
    const url = new URL(request.url ?? "/", "http://forge");
    const path = url.pathname.replace("/repos/team/shop", "");
    const sent = request.method === "GET" ? {} : (JSON.parse(await text(request)) as Partial<Kept>);
    if ((sent.body ?? "").length > 65_536) return [422, { message: "body is too long" }];
    const page = <T>(all: readonly T[]): readonly [number, readonly T[]] => {
      const [size, at] = [
        Number(url.searchParams.get("per_page") ?? 30),
        Number(url.searchParams.get("page") ?? 1),
      ];
      return [200, all.slice((at - 1) * size, at * size)];
    };
    const [, on, one] = /^\/issues\/(?:(\d+)\/comments|comments\/(\d+))$/.exec(path) ?? [];
    const id = this.comments.length + this.issues.length + 1;
    if (on !== undefined) {
      if (request.method === "GET") return page(this.comments.filter((comment) => comment.on === Number(on)));
      this.comments.push({ id, number: id, on: Number(on), body: sent.body ?? "" });
      return [201, this.comments.at(-1)];
    }
    if (one !== undefined) return this.#patched(this.comments, Number(one), sent);
    if (path === "/issues" && request.method === "GET") {
      return page(this.issues.filter(({ state }) => state === url.searchParams.get("state")));
    }
    if (path === "/issues") {
      this.issues.push({ id, number: id, title: sent.title ?? "", body: sent.body ?? "", state: "open" });
      return [201, this.issues.at(-1)];
    }
    if (path === "/pulls") {
      return page(this.pulls.filter(({ head }) => head.label === url.searchParams.get("head")));
    }
    return this.#patched(this.issues, Number(/^\/issues\/(\d+)$/.exec(path)?.[1]), sent);
  }

  #patched(all: readonly Kept[], id: number, sent: Partial<Kept>): readonly [number, unknown] {
    const found = all.find((one) => one.id === id);
    if (found === undefined) return [404, { message: "Not Found" }];
    Object.assign(found, sent);
    return [200, found];
  }
}
