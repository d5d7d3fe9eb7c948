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
  /** @throws when the mail server refuses or is away; the job that sends is then repeated. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const timeout = 15_000;

/** Opens the mailer: SMTP where SMTP_URL is set, else the log, links included, so that a developer can follow them. */
export function openMailer(config: Pick<Config, "smtp" | "mailFrom">, log: Logger): Mailer {
  const { smtp, mailFrom } = config;
  if (!smtp) {
    return {
      send: ({ to, subject, text }) => {
        log.info({ to, subject, text }, "mail (SMTP_URL is not set, so it goes to this log only)");
        return Promise.resolve();
      },
      close: () => undefined,
    };
  }
  // Loaded where mail is really sent: it is a tenth of the time that a process takes to start.
  const transport = import("nodemailer").then(({ createTransport }) =>
    createTransport({
      url: smtp.url,
      pool: true,
      connectionTimeout: timeout,
      socketTimeout: timeout,
      // A password never goes out in the clear, not even to a server that offers no STARTTLS.
      ...(smtp.user === undefined
        ? {}
        : { requireTLS: true, auth: { user: smtp.user, pass: smtp.password ?? "" } }),
    }),
  );
  return {
    send: async (mail) => {
      const { hostname: host } = new URL(smtp.url);
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
