import { z } from "zod";
import { secretField } from "./secret-field.ts";
import type { BucketShape } from "./shape.ts";

/** Settings of uploaded files. */
export const mediaFields = {
  s3Endpoint: z
    .url({ protocol: /^https?$/, error: "an address such as https://s3.example.org" })
    .transform((address) => address.replace(/\/+$/, ""))
    .optional()
    .describe("S3-compatible service that keeps uploaded files; a volume of the stack does without one."),
  s3Bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name")
    .optional()
    .describe("Bucket of uploaded files; it has to be there already."),
  s3Region: z
    .string()
    .regex(/^[\w-]{1,64}$/, "a region's name")
    .default("us-east-1")
    .describe("Region of the bucket, as the service names it."),
  s3AccessKey: z.string().min(1, "an access key").optional().describe("Access key of the bucket."),
  s3SecretKey: secretField(z.string().min(1, "a secret key").optional(), "Secret. Secret key of the bucket."),
  s3Delivery: z
    .enum(["app", "redirect"], "app or redirect")
    .default("app")
    .describe("Who sends files: the application, or the bucket itself by addresses that work for a minute."),
} as const;

type MediaSettings = z.output<z.ZodObject<typeof mediaFields>>;

/** What the settings say of uploaded files. The secret key stays out of it. */
export function mediaPart(settings: MediaSettings): { bucket?: BucketShape } {
  const { s3Endpoint, s3Bucket, s3Region, s3AccessKey, s3Delivery } = settings;
  if (s3Endpoint === undefined || s3Bucket === undefined || s3AccessKey === undefined) return {};
  return {
    bucket: {
      endpoint: s3Endpoint,
      name: s3Bucket,
      region: s3Region,
      accessKey: s3AccessKey,
      delivery: s3Delivery,
    },
  };
}

/** What is missing among the settings of uploaded files. */
export function mediaProblems({ s3Endpoint, s3Bucket, s3AccessKey, s3SecretKey }: MediaSettings): string[] {
  if (s3Endpoint === undefined) return [];
  const missing = (setting: string, value: string | undefined, flag = "") =>
    value === undefined
      ? [`${setting}: s3Endpoint needs it. Fix: pulumi config set ${flag}${setting} VALUE`]
      : [];
  return [
    ...missing("s3Bucket", s3Bucket),
    ...missing("s3AccessKey", s3AccessKey),
    ...missing("s3SecretKey", s3SecretKey, "--secret "),
  ];
}
