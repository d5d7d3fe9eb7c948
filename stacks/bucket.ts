import { z } from "zod";
import { secret, webAddress, type Fix, type Values, type With } from "./field.ts";

/** Settings of a bucket for uploaded files. */
export const bucketFields = {
  s3Endpoint: webAddress("https://s3.example.org")
    .transform((address) => address.replace(/\/+$/, ""))
    .optional()
    .describe("S3-compatible service that keeps uploaded files; without one, a volume of the stack does.")
    .meta({ example: "https://s3.example.org" }),
  s3Bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name")
    .optional()
    .describe("Bucket of uploaded files; it must exist.")
    .meta({ example: "shop-media" }),
  s3Region: z
    .string()
    .regex(/^[\w-]{1,64}$/, "a region's name")
    .default("us-east-1")
    .describe("Region of the bucket, as the service names it."),
  s3AccessKey: z
    .string()
    .min(1, "an access key")
    .optional()
    .describe("Access key of the bucket.")
    .meta({ example: "AKIA0123456789" }),
  s3SecretKey: secret("a secret key", "Secret. Secret key of the bucket."),
  s3Delivery: z
    .enum(["app", "redirect"], "app or redirect")
    .default("app")
    .describe(
      "Whether the application sends files, or the bucket itself by addresses that work for a minute.",
    ),
} as const;

type Settings = Values<typeof bucketFields>;

/** A bucket for uploaded files. */
export type BucketConfig = With<Settings, "s3Endpoint" | "s3Bucket" | "s3AccessKey">;

/** The bucket, if the settings are complete. */
export function bucketConfig(settings: Settings): BucketConfig | undefined {
  const { s3Endpoint, s3Bucket, s3AccessKey, ...others } = settings;
  if (s3Endpoint === undefined || s3Bucket === undefined || s3AccessKey === undefined) return undefined;
  return { s3Endpoint, s3Bucket, s3AccessKey, ...others };
}

/** What is missing among the settings of the bucket. */
export function bucketProblems(settings: Settings, fix: Fix): string[] {
  if (settings.s3Endpoint === undefined) return [];
  const needed = {
    s3Bucket: "set s3Bucket VALUE",
    s3AccessKey: "set s3AccessKey VALUE",
    s3SecretKey: "set --secret s3SecretKey",
  } as const;
  return (Object.keys(needed) as (keyof typeof needed)[])
    .filter((name) => settings[name] === undefined)
    .map((name) => `${name}: s3Endpoint needs it. Fix: ${fix(needed[name])}`);
}
