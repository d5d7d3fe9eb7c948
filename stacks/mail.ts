import { z } from "zod";
import { secretField } from "./secret-field.ts";
import type { MailShape } from "./shape.ts";

/** Settings of outgoing e-mail. */
export const mailFields = {
  smtpUrl: z
    .url({ protocol: /^smtps?$/, error: "an address such as smtp://mail.example.org:587" })
    .optional()
    .describe(
      "Mail server, without credentials: `smtp://` with STARTTLS, or `smtps://` with TLS from the start (port 465). Without one nobody can register or reset a password.",
    ),
  smtpTls: z
    .enum(["required", "off"], "required or off")
    .default("required")
    .describe(
      "Encryption towards the mail server: `required` checks its certificate; `off` is for a relay on the host or a private network.",
    ),
  smtpUser: z.string().min(1, "a name").optional().describe("Name at the mail server."),
  smtpPassword: secretField(
    z.string().min(1, "a password").optional(),
    "Secret. Password at the mail server.",
  ),
  mailFrom: z
    .string()
    .regex(
      /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
      "an address such as shop@example.org or Shop <shop@example.org>",
    )
    .optional()
    .describe("Sender of e-mail, such as Shop <shop@example.org>."),
} as const;

type MailSettings = z.output<z.ZodObject<typeof mailFields>>;

/** What the settings say of e-mail. The password stays out of it. */
export function mailPart({ smtpUrl, smtpTls, smtpUser, mailFrom }: MailSettings): { mail?: MailShape } {
  if (smtpUrl === undefined || mailFrom === undefined) return {};
  const login = smtpUser === undefined ? {} : { user: smtpUser };
  return { mail: { url: smtpUrl, tls: smtpTls, from: mailFrom, ...login } };
}

/** Ports that speak the other of the two ways to begin TLS: https://www.rfc-editor.org/rfc/rfc8314#section-3.3 */
function portProblems(smtpUrl: string): string[] {
  const { protocol, port, host, hostname } = new URL(smtpUrl);
  if (protocol === "smtp:" && port === "465")
    return [`smtpUrl: port 465 is TLS from the start. Fix: pulumi config set smtpUrl smtps://${host}`];
  if (protocol === "smtps:" && (port === "25" || port === "587"))
    return [
      `smtpUrl: port ${port} begins without TLS. Fix: pulumi config set smtpUrl smtp://${hostname}:${port}`,
    ];
  return [];
}

/** What is missing or too much among the settings of e-mail. */
export function mailProblems(settings: MailSettings): string[] {
  const { smtpUrl, smtpTls, smtpUser, smtpPassword, mailFrom } = settings;
  if (smtpUrl === undefined) return [];
  return [
    ...portProblems(smtpUrl),
    ...(smtpTls === "off" && smtpUser !== undefined
      ? ["smtpTls: off would send smtpPassword in the clear. Fix: pulumi config rm smtpTls, or smtpUser"]
      : []),
    ...(smtpTls === "off" && smtpUrl.startsWith("smtps:")
      ? ["smtpTls: off contradicts smtps:// of smtpUrl. Fix: pulumi config rm smtpTls"]
      : []),
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
