import type { Config } from "../../config.ts";
import { createFolderStorage } from "./folder-storage.ts";
import { createS3Storage } from "./s3-storage.ts";
import type { Storage } from "./storage.ts";

/**
 * The storage that the settings name: a bucket if S3_ENDPOINT is set, else the folder MEDIA_DIR.
 */
export function createStorage({ directory, reserve, s3 }: Config["media"]): Storage {
  return s3 ? createS3Storage(s3) : createFolderStorage(directory, reserve);
}
