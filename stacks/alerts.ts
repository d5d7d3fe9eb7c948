import { z } from "zod";
import { list, secret, wholeNumber, type Fix, type Values } from "./field.ts";
import type { MailConfig } from "./mail.ts";

const recipients = list.pipe(
  z.array(z.email("e-mail addresses, separated by commas")).min(1, "e-mail addresses, separated by commas"),
);

/** Settings of who is told when something is wrong. Without any of them nothing watches. */
export const alertFields = {
  alertsWebhook: secret(
    "an address such as https://hooks.example.org/…",
    "Secret. Address that gets an HTTP POST with JSON for each alert; its `text` is what chat programs show.",
  ),
  alertsMail: recipients
    .optional()
    .describe("Who gets alerts by e-mail, separated by commas; they go through `smtpUrl`.")
    .meta({ example: "ops@example.org" }),
  alertsHeartbeat: secret(
    "an address such as https://ping.example.org/…",
    "Secret. Dead man's switch: address that is asked for at each `alertsHeartbeatEvery`, and that tells you when it is not.",
  ),
  alertsHeartbeatEvery: wholeNumber(30, 86_400, "s")
    .default(300)
    .describe("Seconds from one ping of `alertsHeartbeat` to the next."),
  alertsRepeat: wholeNumber(1, 168, "hours")
    .default(4)
    .describe("Hours after which an alert that still holds is sent again."),
} as const;

type Settings = Values<typeof alertFields>;

/** Who is told. */
export type AlertsConfig = Settings;

/** Alerts, if the settings name somebody. */
export function alertsConfig(settings: Settings): AlertsConfig | undefined {
  const { alertsHeartbeat, alertsMail, alertsWebhook } = settings;
  return alertsWebhook === true || alertsMail !== undefined || alertsHeartbeat === true
    ? settings
    : undefined;
}

/** What is missing for the alerts of a stack. */
export function alertProblems({ alertsMail }: Settings, mail: MailConfig | undefined, fix: Fix): string[] {
  if (alertsMail === undefined || mail !== undefined) return [];
  return [
    `alertsMail: needs a mail server. Fix: ${fix("set smtpUrl smtp://mail.example.org:587")} and ${fix("set mailFrom ADDRESS")}, or ${fix("rm alertsMail")}`,
  ];
}
