import { z } from "zod";
import { secretField } from "./secret-field.ts";
import type { MailShape } from "./shape.ts";

/** Settings of outgoing e-mail. */
export const mailFields = {
  smtpUrl: z
    .url({ protocol: /^smtps?$/, error: "an address such as smtp://mail.example.org:587" })
    .optional()
    .describe("Mail server, without credentials; e-mail goes to the log without one."),
  smtpUser: z.string().min(1, "a name").optional().describe("Name at the mail server."),
  smtpPassword: secretField(
    z.string().min(1, "a password").optional(),
    "Secret. Password at the mail server.",
  ),
  mailFrom: z
    .string()
    .min(3, "an address")
    .optional()
    .describe("Sender of e-mail, such as Shop <shop@example.org>."),
} as const;

type MailSettings = z.output<z.ZodObject<typeof mailFields>>;

/** What the settings say of e-mail. The password stays out of it. */
export function mailPart({ smtpUrl, smtpUser, mailFrom }: MailSettings): { mail?: MailShape } {
  if (smtpUrl === undefined || mailFrom === undefined) return {};
  return { mail: { url: smtpUrl, from: mailFrom, ...(smtpUser === undefined ? {} : { user: smtpUser }) } };
}

/** What is missing or too much among the settings of e-mail. */
export function mailProblems({ smtpUrl, smtpUser, smtpPassword, mailFrom }: MailSettings): string[] {
  if (smtpUrl === undefined) return [];
  return [
    ...(mailFrom === undefined
      ? ["mailFrom: smtpUrl needs a sender. Fix: pulumi config set mailFrom ADDRESS"]
      : []),
    ...(smtpUrl.includes("@")
      ? [
          "smtpUrl: credentials do not belong into it. Fix: smtpUser, and pulumi config set --secret smtpPassword",
        ]
      : []),
    ...((smtpUser === undefined) === (smtpPassword === undefined)
      ? []
      : ["smtpUser: goes with smtpPassword. Fix: set both, or neither"]),
  ];
}
