import { z } from "zod";
import { emailAddress } from "../email-address.ts";
import type { Answer } from "../http/route.ts";
import { longestPassword } from "./password.ts";

/**
 * The one form of an e-mail address, for pages and API alike: valid, of ASCII, in small letters.
 */
export const emailField = emailAddress.toLowerCase();
/** Only a guard against huge input; the rules for new passwords are in `passwordProblem`. */
export const passwordField = z
  .string()
  .min(1)
  .max(longestPassword * 4);
export const nameField = z.string().trim().min(1).max(200);
export const codeField = z.string().min(6).max(40);
export const tokenField = z.string().min(20).max(100);

export const done: Answer = { description: "Done" };
export const accepted: Answer = { description: "Taken; a mail is on its way if the address calls for one" };
