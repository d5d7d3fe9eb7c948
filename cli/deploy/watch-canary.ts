import { z } from "zod";
import type { Docker } from "../../system/docker.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { complaint, fewest, p95, type Answered } from "./canary-verdict.ts";
import { formatDuration } from "../terminal/duration.ts";

/** Milliseconds from one look at the figures to the next. */
const lookMs = 2_000;
/** Looks from one line of progress to the next. */
const looksPerLine = 15;

/** How a canary did beside the release that it is to replace. */
export interface Judgement {
  readonly verdict: "as good" | "worse" | "unknown";
  /** The reason, with figures, as the end of a sentence. */
  readonly why: string;
}

export interface CanaryWatch {
  readonly docker: Docker;
  readonly stack: string;
  /** Seconds to watch it; one that fails is given up before. */
  readonly seconds: number;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Who answered a request, and how, in Nginx' log (`nginx/snippets/access-log.conf`). */
const accessLine = z.object({
  msg: z.literal("access"),
  status: z.number(),
  upstream_group: z.enum(["application", "application_canary"]),
  upstream: z.string().min(1),
  upstream_first_byte: z.string(),
});

/** Figures of one release, as they grow. */
class Tally implements Answered {
  requests = 0;
  failed = 0;
  readonly seconds: number[] = [];

  add({ status, upstream, upstream_first_byte }: z.output<typeof accessLine>): void {
    this.requests += 1;
    const retried = upstream.includes(",");
    if (status >= 500 || retried) this.failed += 1;
    const seconds = Number(upstream_first_byte);
    if (!retried && !Number.isNaN(seconds)) this.seconds.push(seconds);
  }

  get text(): string {
    return `${this.requests} requests, ${this.failed} failed, 95 in 100 within ${Math.round(p95(this.seconds) * 1000)} ms`;
  }
}

/**
 * Compares a canary with the release that serves the other visitors, by what Nginx writes down of
 * each request.
 * @throws CommandError if Nginx is replaced meanwhile
 */
export async function watchCanary({ docker, say, seconds, signal, stack }: CanaryWatch): Promise<Judgement> {
  const nginx = runningPart(await docker.containersOf(stack), stack, "nginx");
  const [canary, others] = [new Tally(), new Tally()];
  const enough = new AbortController();
  let early: string | undefined;
  let looks = 0;
  const look = setInterval(() => {
    early = complaint(canary, others, "early");
    if (early !== undefined) enough.abort();
    looks += 1;
    if (looks % looksPerLine === 0) {
      say(`  ${formatDuration((looks * lookMs) / 1000)}: canary ${canary.text}; others ${others.text}`);
    }
  }, lookMs);
  const end = setTimeout(() => {
    enough.abort();
  }, seconds * 1000);
  const count = (line: string) => {
    if (!line.includes('"upstream_group"')) return;
    const read = accessLine.safeParse(parsed(line));
    if (read.success) (read.data.upstream_group === "application" ? others : canary).add(read.data);
  };
  try {
    await docker.follow(dockerCommand.logs(nginx.id, { follow: true, tail: 0 }), count, {
      signal: AbortSignal.any([signal, enough.signal]),
    });
  } finally {
    clearInterval(look);
    clearTimeout(end);
  }
  if (!enough.signal.aborted) {
    throw new CommandError(
      `The canary was not judged to the end: Nginx' log ended. It still runs: promote or abort it.`,
      signal.aborted ? exitCode.interrupted : exitCode.failed,
    );
  }
  return judged(canary, others, early);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function judged(canary: Tally, others: Tally, early: string | undefined): Judgement {
  const against = early ?? complaint(canary, others, "end");
  if (against !== undefined) return { verdict: "worse", why: against };
  if (canary.requests < fewest || others.requests === 0) {
    return {
      verdict: "unknown",
      why: `it answered ${canary.requests} requests, and ${fewest} are needed to judge it`,
    };
  }
  return { verdict: "as good", why: `canary ${canary.text}; others ${others.text}` };
}
