import { parseArgs } from "node:util";
import { loadConfig } from "./config.ts";
import { createTranslators } from "./platform/i18n/translator.ts";
import { checkMail } from "./platform/mail/check-mail.ts";
import { exitCodes, Refusal } from "./platform/process/report-fatal.ts";
import { runForAddress } from "./platform/process/run-for-address.ts";
import { publicUrl } from "./platform/services.ts";

const usage = `node src/test-mail.ts --to ADDRESS

Sends a test mail as the worker sends mail, and says of each stage (name, connection, greeting, TLS, sign-in, mail)
whether it was passed. Exits with 1 if the server did not take the mail.
`;

async function run(to: string): Promise<boolean> {
  const { smtp, ...config } = loadConfig();
  if (smtp === undefined) {
    throw new Refusal(
      "There is no mail server. Set one: pulumi config set smtpUrl smtp://mail.example.org:587, and mailFrom; or, without a stack, SMTP_URL.",
      exitCodes.settings,
    );
  }
  const { t } = createTranslators(config.locale, config.timeZone)([]);
  const mail = {
    to,
    subject: t("mailTestSubject", { stack: config.stack }),
    text: `${t("mailTestText", { stack: config.stack })}\n\n${publicUrl({ ...config, smtp })}\n`,
  };
  return checkMail({ ...config, smtp }, mail, (line) => {
    process.stdout.write(`${line}\n`);
  });
}

const { values } = parseArgs({
  options: { to: { type: "string", default: "" }, help: { type: "boolean", default: false } },
});
await runForAddress({ usage, option: "--to", address: values.to, help: values.help }, async (to) => {
  if (!(await run(to))) process.exitCode = exitCodes.failed;
});
