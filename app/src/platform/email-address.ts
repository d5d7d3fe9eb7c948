import { z } from "zod";

/** https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1 */
const longestLocalPart = 64;
/** One name between two dots: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function isDeliverable(address: string): boolean {
  const [local = "", domain = ""] = address.split("@");
  return local.length <= longestLocalPart && domain.split(".").every((name) => label.test(name));
}

/**
 * An e-mail address that a mail server takes: of ASCII, and no part of it longer than the standards
 * have it.
 */
export const emailAddress = z
  .email()
  .max(254)
  .check(({ value, issues }) => {
    if (issues.length === 0 && !isDeliverable(value))
      issues.push({ code: "invalid_format", format: "email", input: value });
  });
