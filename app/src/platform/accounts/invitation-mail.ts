import { z } from "zod";
import type { Translator } from "../i18n/translator.ts";
import { defineJob, type Job } from "../jobs/job.ts";
import type { Mailer } from "../mail/mailer.ts";
import { invitationLink } from "./invitation-service.ts";
import type { InvitationStore } from "./invitation-store.ts";
import { letter } from "./letter.ts";

export const invitationMailJob = "invitation-mail";

interface InvitationMailDeps {
  readonly invitations: InvitationStore;
  readonly mailer: Mailer;
  readonly words: Translator;
  /** Address people use, without a slash at the end. */
  readonly publicUrl: string;
}

/** Makes the link of an invitation and mails it; one that was revoked meanwhile gets none. */
export function invitationMail({ invitations, mailer, words, publicUrl }: InvitationMailDeps): Job {
  const { t, dateTime } = words;
  return defineJob({
    name: invitationMailJob,
    data: z.object({ invitationId: z.number() }),
    run: async ({ invitationId }) => {
      const made = await invitations.newToken(invitationId);
      if (!made) return;
      const text = [t("mailInvitationText"), t("mailInvitationGood", { until: dateTime(made.expires) })];
      const link = invitationLink(publicUrl, made.token);
      await mailer.send(letter(made.email, t("mailInvitationSubject"), text, link, t("openAccount")));
    },
  });
}
