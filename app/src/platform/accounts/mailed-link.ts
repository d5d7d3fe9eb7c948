import type { RequestContext } from "../http/request-context.ts";
import { type Reply, seeOther } from "../http/route.ts";
import type { LinkKind } from "../sessions/visitor.ts";
import { tokenField } from "./account-schemas.ts";

type Page = Exclude<Reply, "sent">;

/** What a mailed token looks like, and a cookie can hold. */
const linkToken = tokenField.regex(/^[\w-]+$/);

/**
 * Not even other pages of ours are told the address; `no-referrer` would have forms come from
 * nowhere.
 */
export function behindLink(reply: Page): Page {
  return { ...reply, headers: { ...reply.headers, "Referrer-Policy": "strict-origin" } };
}

/**
 * Answers a mailed link, which leads to the page named after its kind: the token goes into a cookie
 * and off the address at once, because servers in front write addresses down.
 */
export function openLink(kind: LinkKind, context: RequestContext, token: string, form: () => Page): Page {
  if (token === "") return behindLink(form());
  if (linkToken.safeParse(token).success) context.visitor.keepLink(kind, token);
  else context.visitor.forgetLink(kind);
  return behindLink(seeOther(`/${kind}`));
}
