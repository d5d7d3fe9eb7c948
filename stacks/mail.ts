import { z } from "zod";
import { secret, type Fix, type Values, type With } from "./field.ts";

/** Settings of outgoing e-mail. */
export const mailFields = {
  smtpUrl: z
    .url({ protocol: /^smtps?$/, error: "an address such as smtp://mail.example.org:587" })
    .optional()
    .describe(
      "Mail server, without credentials: `smtp://` with STARTTLS, or `smtps://` with TLS from the start (port 465). Without one, people cannot register or reset a password.",
    )
    .meta({ example: "smtp://mail.example.org:587" }),
  smtpTls: z
    .enum(["required", "off"], "required or off")
    .default("required")
    .describe(
      "Encryption towards the mail server: `required` checks its certificate; `off` is for a relay on the host or a private network.",
    ),
  smtpUser: z
    .string()
    .min(1, "a name")
    .optional()
    .describe("Name at the mail server.")
    .meta({ example: "shop" }),
  smtpPassword: secret("a password", "Secret. Password at the mail server."),
  mailFrom: z
    .string()
    .regex(
      /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
      "an address such as shop@example.org or Shop <shop@example.org>",
    )
    .optional()
    .describe("Sender of e-mail, such as Shop <shop@example.org>.")
    .meta({ example: "shop@example.org" }),
} as const;

type Settings = Values<typeof mailFields>;

/** Outgoing e-mail. */
export type MailConfig = With<Settings, "smtpUrl" | "mailFrom">;

/** E-mail, if the settings are complete. */
export function mailConfig({ smtpUrl, mailFrom, ...others }: Settings): MailConfig | undefined {
  return smtpUrl === undefined || mailFrom === undefined ? undefined : { smtpUrl, mailFrom, ...others };
}

/**
 * Ports that speak the other of the two ways to begin TLS:
 * https://www.rfc-editor.org/rfc/rfc8314#section-3.3
 */
function portProblems(smtpUrl: string, fix: Fix): string[] {
  const { protocol, port, host, hostname } = new URL(smtpUrl);
  if (protocol === "smtp:" && port === "465")
    return [`smtpUrl: port 465 is TLS from the start. Fix: ${fix(`set smtpUrl smtps://${host}`)}`];
  if (protocol === "smtps:" && (port === "25" || port === "587"))
    return [
      `smtpUrl: port ${port} begins without TLS. Fix: ${fix(`set smtpUrl smtp://${hostname}:${port}`)}`,
    ];
  return [];
}

/** What is missing or too much among the settings of e-mail. */
export function mailProblems(settings: Settings, fix: Fix): string[] {
  const { smtpUrl, smtpTls, smtpUser, smtpPassword, mailFrom } = settings;
  if (smtpUrl === undefined) return [];
  const problems = portProblems(smtpUrl, fix);
  if (smtpTls === "off" && smtpUser !== undefined) {
    problems.push(
      `smtpTls: off would send smtpPassword in the clear. Fix: ${fix("rm smtpTls")}, or ${fix("rm smtpUser")}`,
    );
  }
  if (smtpTls === "off" && smtpUrl.startsWith("smtps:")) {
    problems.push(`smtpTls: off contradicts smtps:// of smtpUrl. Fix: ${fix("rm smtpTls")}`);
  }
  if (mailFrom === undefined) {
    problems.push(`mailFrom: smtpUrl needs a sender. Fix: ${fix("set mailFrom ADDRESS")}`);
  }
  if (smtpUrl.includes("@")) {
    problems.push(
      `smtpUrl: credentials do not belong into it. Fix: ${fix("set smtpUser NAME")}, and ${fix("set --secret smtpPassword")}`,
    );
  }
  if (smtpUser === undefined && smtpPassword !== undefined) {
    problems.push(`smtpUser: goes with smtpPassword. Fix: ${fix("set smtpUser NAME")}`);
  }
  if (smtpUser !== undefined && smtpPassword === undefined) {
    problems.push(`smtpUser: goes with smtpPassword. Fix: ${fix("set --secret smtpPassword")}`);
  }
  return problems;
}
