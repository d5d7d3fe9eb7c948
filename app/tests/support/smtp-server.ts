import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

/** A mail as it arrived. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly encrypted: boolean;
  /** Headers and body, as sent. */
  readonly text: string;
}

/** A mail server that wants STARTTLS before it lets anybody log in, and has no mailbox `nobody`. */
export interface MailServer {
  readonly url: string;
  /** File with the authority of its certificate. */
  readonly authority: string;
  readonly user: string;
  readonly password: string;
  readonly mails: readonly Received[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a mail server on loopback that is not started yet. @param folder takes its certificate */
export async function createMailServer(folder: string): Promise<MailServer> {
  const port = await freePort();
  const [key, authority] = [join(folder, "mail.key"), join(folder, "mail.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await run("openssl", ["req", ...kind, ...names, "-keyout", key, "-out", authority]);
  const [keyText, certificate] = [await readFile(key), await readFile(authority)];
  const [user, password] = ["mailer", randomBytes(12).toString("hex")];
  const mails: Received[] = [];
  let server: SMTPServer | undefined;
  return {
    url: `smtp://localhost:${port}`,
    authority,
    user,
    password,
    mails,
    start: () => {
      const open = new SMTPServer({
        key: keyText,
        cert: certificate,
        // Its clients keep connections open; a stop closes them.
        closeTimeout: 100,
        onAuth: (auth, _session, done) => {
          if (auth.username === user && auth.password === password) done(null, { user });
          else done(new Error("Wrong user or password"));
        },
        onRcptTo: ({ address }, _session, done) => {
          if (address.startsWith("nobody@")) done(new Error("No such mailbox"));
          else done();
        },
        onData: (stream, session, done) => {
          const chunks: Buffer[] = [];
          stream.on("data", (chunk: Buffer) => chunks.push(chunk));
          stream.on("end", () => {
            const { mailFrom, rcptTo } = session.envelope;
            mails.push({
              from: mailFrom === false ? "" : mailFrom.address,
              to: rcptTo.map(({ address }) => address),
              user: String(session.user),
              encrypted: session.secure,
              text: Buffer.concat(chunks).toString(),
            });
            done();
          });
        },
      });
      // A client that hangs up in the middle is no failure of the test.
      open.on("error", () => undefined);
      server = open;
      return new Promise<void>((resolve) => {
        open.listen(port, "127.0.0.1", resolve);
      });
    },
    stop: async () => {
      const open = server;
      server = undefined;
      await new Promise<void>((resolve) => {
        if (open) open.close(resolve);
        else resolve();
      });
    },
  };
}
