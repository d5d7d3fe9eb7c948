import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { type MailConfig, timeout, transportOptions } from "./mailer.ts";

/** What a mail passes on its way, in order. */
const stages = ["name", "connection", "greeting", "TLS", "sign-in", "mail"] as const;
type Stage = (typeof stages)[number];

/** What to look at if a stage fails. */
const advice: Readonly<Record<Stage, string>> = {
  name: "Check the name in smtpUrl, and that the host of the stack can look it up.",
  connection:
    "Check the port in smtpUrl (587, or 465 with smtps://), and whether a firewall or the provider of the host blocks it: many block port 25.",
  greeting:
    "Something else than a mail server answers, or the server refuses this host: check the port, and whether the server lets this host in.",
  TLS: "smtp:// needs a server with STARTTLS, smtps:// one with TLS from the start, and its certificate must be valid for the name in smtpUrl. smtpTls off is for a relay on the host or a private network.",
  "sign-in":
    "Check smtpUser and smtpPassword; some providers want a password that is made for programs only.",
  mail: "Check mailFrom: the server must let smtpUser send from it. The server may also refuse the recipient.",
};

/** Codes of a handshake that failed, a certificate's faults included. */
const handshake =
  /^(?:EPROTO$|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_)/;

interface TransportError {
  readonly code?: string;
  /** What Node said, where the driver put a code of its own. */
  readonly originalCode?: string;
}

function stageOf(error: TransportError): Stage {
  const { code = "", originalCode = code } = error;
  if (code === "EDNS") return "name";
  if (code === "ETLS" || handshake.test(originalCode)) return "TLS";
  if (code === "EAUTH") return "sign-in";
  return code === "EENVELOPE" || code === "EMESSAGE" ? "mail" : "greeting";
}

/** A stage that a mail did not pass. */
class Failed extends Error {
  readonly stage: Stage;
  constructor(stage: Stage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.stage = stage;
  }
}

async function addressesOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address).join(", ");
  } catch (error) {
    throw new Failed("name", error);
  }
}

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => {
      socket.destroy();
      reject(new Failed("connection", new Error(`no answer within ${timeout / 1000} s`)));
    });
    socket.once("error", (error) => {
      // Each address of the name that was tried has an error of its own.
      const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
      reject(new Failed("connection", first));
    });
  });
}

interface TestMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * Sends a mail as the worker does, and says of each stage whether it was passed.
 *
 * @param say gets a line for each stage; the password stands in none.
 * @returns whether the server took the mail.
 */
export async function checkMail(
  config: MailConfig & { readonly smtp: NonNullable<MailConfig["smtp"]> },
  mail: TestMail,
  say: (line: string) => void,
): Promise<boolean> {
  const { smtp } = config;
  const { hostname, port: given, protocol } = new URL(smtp.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const port = given === "" ? (protocol === "smtps:" ? 465 : 587) : Number(given);
  const passed: Partial<Record<Stage, string>> = {
    connection: `port ${port}`,
    greeting: "a mail server",
    TLS: smtp.tls === "off" ? "off, as smtpTls says" : "encrypted, the certificate is valid",
    "sign-in": smtp.user ?? "none, as there is no smtpUser",
  };
  const words = (text: string) => text.replaceAll(smtp.password ?? /(?!)/g, "…").replaceAll(/\s+/g, " ");
  const pass = (stage: Stage, text = passed[stage] ?? "") => {
    say(`✓ ${stage}: ${words(text)}`);
  };
  let reached: Stage = "name";
  try {
    pass("name", `${host} is ${await addressesOf(host)}`);
    reached = "connection";
    await reach(host, port);
    pass("connection");
    reached = "greeting";
    const { createTransport } = await import("nodemailer");
    const transport = createTransport(transportOptions(config));
    try {
      await transport.verify();
      for (const stage of ["greeting", "TLS", "sign-in"] as const) pass(stage);
      reached = "mail";
      const { response } = await transport.sendMail({ from: config.mailFrom, ...mail });
      pass("mail", `taken for ${mail.to}: ${response}`);
    } finally {
      transport.close();
    }
    return true;
  } catch (error) {
    const stage = error instanceof Failed ? error.stage : stageOf(error as TransportError);
    const before = stages.slice(stages.indexOf(reached), stages.indexOf(stage));
    for (const one of before) pass(one);
    say(`✗ ${stage}: ${words(error instanceof Error ? error.message : String(error))}\n  ${advice[stage]}`);
    return false;
  }
}
