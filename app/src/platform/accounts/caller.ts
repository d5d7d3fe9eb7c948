import type { RequestContext } from "../http/request-context.ts";
import type { Caller } from "./credentials.ts";

/** Who called, for services that log and throttle. */
export function callerOf(context: RequestContext): Caller {
  const { address, network, requestId, userAgent, visitor } = context;
  return { address, network, requestId, userAgent, visitor };
}
