import { z } from "zod";
import { wholeNumber, type Values } from "./field.ts";

/** Settings of people's accounts, and of how long is kept what they did. */
export const accountFields = {
  registration: z
    .enum(["open", "closed"], "open or closed")
    .default("open")
    .describe("Whether people may register by themselves; `create-admin` works either way."),
  secondFactor: z
    .enum(["optional", "staff", "all"], "optional, staff or all")
    .default("optional")
    .describe(
      "Who has to have a second factor: nobody, staff and administrators, or everybody. Until it is on, a session reaches nothing but the page that turns it on.",
    ),
  apiDocs: z
    .enum(["open", "staff"], "open or staff")
    .optional()
    .describe("Who may read the API's description. Default: staff, and everybody in `dev`.")
    .meta({ example: "open" }),
  auditRetention: wholeNumber(0, 36_500, "days")
    .default(365)
    .describe("Days that the audit log is kept; 0 for ever."),
  historyRetention: wholeNumber(0, 36_500, "days")
    .default(730)
    .describe("Days that the history of changes is kept, of deleted rows too; 0 for ever."),
  idempotencyRetention: wholeNumber(1, 720, "hours")
    .default(24)
    .describe("Hours in which a repeated Idempotency-Key gets the first answer."),
} as const;

/** People's accounts, and how long is kept what they did. */
export type AccountsConfig = Values<typeof accountFields>;
