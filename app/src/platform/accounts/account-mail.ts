import { z } from "zod";
import { html } from "../html/html.ts";
import type { Translator } from "../i18n/translator.ts";
import { defineJob, type Job } from "../jobs/job.ts";
import type { Mail, Mailer } from "../mail/mailer.ts";
import { type AccountStore, codeMinutes } from "./account-store.ts";

export const accountMailJob = "account-mail";

interface AccountMailDeps {
  readonly accounts: AccountStore;
  readonly mailer: Mailer;
  readonly words: Translator;
  /** Address people use, without a slash at the end. */
  readonly publicUrl: string;
}

/** One paragraph and one link, as text and as HTML. */
function letter(
  to: string,
  subject: string,
  paragraphs: readonly string[],
  link: string,
  button: string,
): Mail {
  const text = [...paragraphs, link].join("\n\n");
  const body = html`<!doctype html>
    <html>
      <body style="font-family:system-ui,sans-serif;line-height:1.5;color:#16242c">
        ${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
        <p>
          <a
            href="${link}"
            style="display:inline-block;padding:10px 18px;border-radius:6px;background:#0b5d7a;color:#fff;text-decoration:none"
            >${button}</a
          >
        </p>
        <p style="color:#4d616c;font-size:13px">${link}</p>
      </body>
    </html>`;
  return { to, subject, text: `${text}\n`, html: body.text };
}

/** Makes the code and the mail; an address without an account gets no code. */
export function accountMail({ accounts, mailer, words, publicUrl }: AccountMailDeps): Job {
  const { t } = words;
  const minutes = codeMinutes;
  return defineJob({
    name: accountMailJob,
    data: z.object({ purpose: z.enum(["verify", "reset"]), email: z.string() }),
    run: async ({ purpose, email }) => {
      const user = await accounts.findByEmail(email);
      if (purpose === "verify" && user) {
        await accounts.deleteRegistration(email);
        const link = `${publicUrl}/forgot`;
        await mailer.send(
          letter(email, t("mailExistsSubject"), [t("mailExistsText")], link, t("resetPassword")),
        );
      } else if (purpose === "verify") {
        if (!(await accounts.findRegistration(email))) return;
        const link = `${publicUrl}/verify?token=${await accounts.newCode("verify", email)}`;
        const text = [t("mailVerifyText"), t("mailLinkGood", { minutes })];
        await mailer.send(letter(email, t("mailVerifySubject"), text, link, t("confirmEmail")));
      } else if (user && !user.disabled_at) {
        const link = `${publicUrl}/reset?token=${await accounts.newCode("reset", email)}`;
        const text = [t("mailResetText"), t("mailLinkGood", { minutes })];
        await mailer.send(letter(email, t("mailResetSubject"), text, link, t("resetPassword")));
      }
    },
  });
}
