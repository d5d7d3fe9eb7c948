import { isIPv4 } from "node:net";
import { SpanKind } from "@opentelemetry/api";
import type { Config } from "../../config.ts";
import type { Logger } from "../log/create-logger.ts";
import { traced } from "../tracing/spans.ts";

/** A mail, in both forms. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends mail, or says in the log what it would have sent. */
export interface Mailer {
  /**
   * False if no mail is sent: in production without a mail server. Features that depend on mail are
   * then not offered.
   */
  readonly canSend: boolean;
  /** @throws when the mail server refuses or is away; the job that sends is then repeated. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Milliseconds. */
export const timeout = 15_000;

export type MailConfig = Pick<Config, "smtp" | "mailFrom" | "production" | "publicUrl">;

/**
 * The name to greet a mail server with: that of the canonical address, because a container's own
 * has no dot and would go out as `[127.0.0.1]`, which relays on the internet refuse. Addresses are
 * written as RFC 5321, 4.1.3 has it.
 */
export function greetingOf(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  const { hostname } = new URL(publicUrl);
  if (hostname.startsWith("[")) return `[IPv6:${hostname.slice(1, -1)}]`;
  return isIPv4(hostname) ? `[${hostname}]` : hostname.replace(/^\*\./, "");
}

/**
 * Handles mail if there is no mail server. Links are for developers: in production they would open
 * accounts to readers of the log.
 */
function mailToLog({ production }: MailConfig, log: Logger): Mailer {
  return {
    canSend: !production,
    send: ({ to, subject, text }) => {
      if (production) log.warn({ to, subject }, "mail was not sent: SMTP_URL is not set");
      else log.info({ to, subject, text }, "mail (SMTP_URL is not set, so it goes to this log only)");
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

/** How the mail server is spoken to. */
export function transportOptions({
  smtp,
  publicUrl,
}: Pick<MailConfig, "publicUrl"> & { readonly smtp: NonNullable<MailConfig["smtp"]> }) {
  const { searchParams } = new URL(smtp.url);
  const greeting = searchParams.has("name") ? undefined : greetingOf(publicUrl);
  return {
    url: smtp.url,
    connectionTimeout: timeout,
    socketTimeout: timeout,
    ...(greeting === undefined ? {} : { name: greeting }),
    // A link is as good as a password: it does not go out in the clear either.
    ...(smtp.tls === "required" ? { requireTLS: true } : { ignoreTLS: true }),
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? "" } }),
  };
}

/**
 * Opens the mailer: SMTP if SMTP_URL is set, else the log; in development with links, so that they
 * can be followed. The connection is encrypted and the server's certificate checked, unless
 * SMTP_TLS is `off`.
 */
export function openMailer(config: MailConfig, log: Logger): Mailer {
  const { smtp, mailFrom } = config;
  if (!smtp) return mailToLog(config, log);
  const { hostname: host } = new URL(smtp.url);
  // Loaded if mail is really sent: it is a tenth of the time that a process takes to start.
  const transport = import("nodemailer").then(({ createTransport }) =>
    createTransport({ ...transportOptions({ ...config, smtp }), pool: true }),
  );
  return {
    canSend: true,
    send: async (mail) => {
      const attributes = { "server.address": host, "network.protocol.name": "smtp" };
      await traced("SMTP send", SpanKind.CLIENT, attributes, async () =>
        (await transport).sendMail({ from: mailFrom, ...mail }),
      );
    },
    close: () => {
      void transport.then((open) => {
        open.close();
      });
    },
  };
}
