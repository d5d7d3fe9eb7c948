import { z } from "zod";
import { wholeNumber, type Values } from "./field.ts";

/** Settings of the application's looks, of people's accounts, and of how long actions are kept. */
export const accountFields = {
  siteName: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe(
      "What the application is called, in its pages and authenticator apps. Default: the stack's name.",
    )
    .meta({ example: "Harbour office" }),
  siteColour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, "must be a colour such as #0b5d7a")
    .optional()
    .describe(
      "Colour of buttons and links; it is made darker, or lighter on dark pages, until it is readable.",
    )
    .meta({ example: "#0b5d7a" }),
  siteLogo: z
    .string()
    .regex(/^\/(?!\/)[\w./-]+$/, "must be a path such as /media/logo.png")
    .optional()
    .describe("Path of a picture beside the name: a public upload, or one of the application's own files.")
    .meta({ example: "/media/logo.png" }),
  registration: z
    .enum(["open", "invited", "closed"], "open, invited or closed")
    .default("open")
    .describe(
      "Whether people may register by themselves, with an invitation only (`create-invitation`), or not at all; `create-admin` works either way.",
    ),
  secondFactor: z
    .enum(["optional", "staff", "all"], "optional, staff or all")
    .default("optional")
    .describe(
      "Whether a second factor is optional, or required of staff and administrators, or of all. Until it is on, a session only reaches the page that turns it on.",
    ),
  apiDocs: z
    .enum(["open", "staff"], "open or staff")
    .optional()
    .describe("Who may read the API's description. Default: staff, and everyone in `dev`.")
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

/** How the application looks, people's accounts, and how long actions are kept. */
export type AccountsConfig = Values<typeof accountFields>;
