import type { EdgeConfig } from "../../stacks/edge.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import type { Finding } from "./finding.ts";

/**
 * Says that port 80 is needed for good: a firewall that is closed after the first certificate shows
 * only when a renewal fails: after weeks, or with six-day certificates after three days.
 * @param edge undefined for a stack without a proxy
 */
export function challengeFindings(stack: string, edge: EdgeConfig | undefined): Finding[] {
  if (edge?.tls !== "certbot" || edge.acmeChallenge !== "http") return [];
  return [
    {
      name: "Certificates",
      state: "ok",
      text: `port 80 of ${[...edge.domain, ...edge.redirectDomains].join(", ")} has to stay open to everyone: each renewal proves the names anew, because authorities keep a proof for as little as seven hours`,
      remedy: `Without port 80, names are proved by records at Cloudflare: pulumi config set acmeChallenge dns${stackFlag(stack)}`,
    },
  ];
}
