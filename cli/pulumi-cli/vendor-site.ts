import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import http from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { formatBytes } from "./format-bytes.ts";
import { NoPulumiCli, type PulumiCliCircumstances } from "./pulumi-cli.ts";

/** The vendor's site, from which Pulumi's own installer takes the CLI. */
export const vendorSite = "https://get.pulumi.com";

/** What the site gets to answer, in total, before the next way is taken; in milliseconds. */
export const answerTime = 10_000;
/** A download that brings nothing for so long is given up. */
const stallMs = 30_000;
const progressMs = 10_000;

type Asking = Pick<PulumiCliCircumstances, "vendor" | "answerTime" | "signal">;

/** A deadline for the answers to all requests made with it. */
export class AnswerTime {
  readonly #signal: AbortSignal;

  /** @param milliseconds from now on */
  constructor(milliseconds: number) {
    this.#signal = AbortSignal.timeout(milliseconds);
  }

  /**
   * Asks for an address and returns once it answers; its content may take longer than the deadline.
   * @throws NoPulumiCli
   */
  async ask(url: string, method: "GET" | "HEAD", signal: AbortSignal | undefined): Promise<Response> {
    useProxies();
    const begun = new AbortController();
    const late = () => {
      begun.abort(this.#signal.reason);
    };
    this.#signal.addEventListener("abort", late);
    if (this.#signal.aborted) late();
    try {
      const both = signal === undefined ? begun.signal : AbortSignal.any([begun.signal, signal]);
      const response = await fetch(url, { method, signal: both });
      if (!response.ok) throw new NoPulumiCli(`${url} answers ${response.status} ${response.statusText}`);
      return response;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoPulumiCli) throw error;
      throw new NoPulumiCli(`${url} does not answer: ${reasonOf(error)}`);
    } finally {
      this.#signal.removeEventListener("abort", late);
    }
  }
}

/** Address of the checksums that the vendor publishes with a release. */
export function checksumsUrl(vendor: string, version: string): string {
  return `${vendor}/releases/sdk/pulumi-${version}-checksums.txt`;
}

/** Why the vendor's site cannot be used; undefined where it answers in time. */
export async function silenceOf(
  { vendor, answerTime, signal }: Asking,
  version: string,
): Promise<string | undefined> {
  try {
    await new AnswerTime(answerTime).ask(checksumsUrl(vendor, version), "HEAD", signal);
    return undefined;
  } catch (error) {
    if (error instanceof NoPulumiCli) return error.message;
    throw error;
  }
}

/**
 * Writes what a response brings into a file.
 * @returns its SHA-256 in hexadecimal digits
 * @throws NoPulumiCli if the download stops
 */
export async function saveResponse(
  response: Response,
  file: string,
  { reporter, signal }: Pick<PulumiCliCircumstances, "reporter" | "signal">,
): Promise<string> {
  if (response.body === null) throw new NoPulumiCli(`${response.url} brings nothing`);
  const hash = createHash("sha256");
  const total = Number(response.headers.get("content-length") ?? 0);
  let [received, told] = [0, performance.now()];
  const stalled = new AbortController();
  const watch = setTimeout(() => {
    stalled.abort(new NoPulumiCli(`${response.url} brings nothing for ${stallMs / 1000} s`));
  }, stallMs);
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      watch.refresh();
      hash.update(chunk);
      received += chunk.length;
      if (performance.now() - told > progressMs) {
        told = performance.now();
        reporter.line(
          `received ${formatBytes(received)}${total > received ? ` of ${formatBytes(total)}` : ""}`,
        );
      }
      yield chunk;
    }
  };
  const source = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  const both = signal === undefined ? stalled.signal : AbortSignal.any([stalled.signal, signal]);
  const target = createWriteStream(file);
  const closed = new Promise<void>((resolve) => target.once("close", resolve));
  try {
    await pipeline(source, count, target, { signal: both });
  } catch (error) {
    signal?.throwIfAborted();
    if (stalled.signal.aborted) throw stalled.signal.reason;
    throw new NoPulumiCli(`the download of ${response.url} broke off: ${reasonOf(error)}`);
  } finally {
    clearTimeout(watch);
    // A failed stream may still be making its file, in a folder that is about to be removed.
    await closed;
  }
  return hash.digest("hex");
}

/**
 * Makes `fetch` honour HTTPS_PROXY and NO_PROXY, which many closed networks need. Node 24.14 and
 * later can.
 */
function useProxies(): void {
  const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: () => unknown };
  setGlobalProxyFromEnv?.();
}

/** fetch hides what happened in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
