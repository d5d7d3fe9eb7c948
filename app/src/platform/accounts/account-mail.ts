import { z } from "zod";
import type { Translator } from "../i18n/translator.ts";
import { defineJob, type Job } from "../jobs/job.ts";
import type { Mailer } from "../mail/mailer.ts";
import { type AccountStore, codeMinutes } from "./account-store.ts";
import { letter } from "./letter.ts";

export const accountMailJob = "account-mail";

interface AccountMailDeps {
  readonly accounts: AccountStore;
  readonly mailer: Mailer;
  readonly words: Translator;
  /** Address people use, without a slash at the end. */
  readonly publicUrl: string;
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
