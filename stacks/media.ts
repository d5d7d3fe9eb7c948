import { z } from "zod";
import { wholeNumber, type Values } from "./field.ts";

/** Settings of uploaded files: who may upload, and how much. */
export const mediaFields = {
  uploads: z
    .enum(["staff", "permitted", "all"], "staff, permitted or all")
    .default("staff")
    .describe(
      "Who may upload files: staff and administrators, those with the permission to edit files, or everyone who is signed in.",
    ),
  mediaQuota: wholeNumber(0, 1_048_576, "MiB")
    .default(1024)
    .describe("MiB that the files of one person may take; 0 for no limit."),
  mediaQuotaFiles: wholeNumber(0, 10_000_000)
    .default(10_000)
    .describe("Files that one person may have; 0 for no limit."),
  mediaShare: wholeNumber(1, 100, "%")
    .default(50)
    .describe("Per cent of the disk that all files together may take; does not apply to a bucket."),
  mediaReserve: wholeNumber(0, 1_048_576, "MiB")
    .optional()
    .describe("MiB of the disk that uploads leave free. Default: 5 % of it, and 2048 at least.")
    .meta({ example: "4096" }),
} as const;

/** Who may upload files, and how much. */
export type MediaConfig = Values<typeof mediaFields>;
