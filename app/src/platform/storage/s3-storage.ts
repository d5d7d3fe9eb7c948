import { Readable } from "node:stream";
import { notFound, unavailable } from "../problems/problems.ts";
import { createS3Client, type S3Client, type S3Config, S3Failure } from "./s3-client.ts";
import { requireOwnName, type Storage } from "./storage.ts";

/**
 * The smallest part that S3 takes, and what one upload holds in memory.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const partBytes = 5 * 1024 * 1024;

/** Milliseconds that a probe waits for the bucket. */
const probePatience = 3000;

/** Name that no file has. */
const probeKey = "probe/none";

/**
 * Cuts a stream into parts of the same size; the last one is smaller, and empty where the rest is
 * nothing.
 */
async function* partsOf(content: Readable): AsyncGenerator<{ body: Buffer; last: boolean }> {
  let chunks: Buffer[] = [];
  let held = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= partBytes) {
      const whole = Buffer.concat(chunks);
      yield { body: whole.subarray(0, partBytes), last: false };
      chunks = [whole.subarray(partBytes)];
      held -= partBytes;
    }
  }
  yield { body: Buffer.concat(chunks), last: true };
}

/**
 * A multipart upload: nothing has its name before `complete`, and nothing is left behind after
 * `abort`.
 */
async function beginParts(client: S3Client, key: string, contentType: string) {
  const begun = await client.call({
    method: "POST",
    key,
    query: { uploads: "" },
    headers: { "content-type": contentType },
  });
  const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(await begun.text())?.[1];
  if (uploadId === undefined) throw new S3Failure(0, "", "the bucket began an upload without naming it");
  const tags: string[] = [];
  return {
    async add(body: Buffer): Promise<void> {
      const query = { partNumber: String(tags.length + 1), uploadId };
      const answer = await client.call({ method: "PUT", key, query, body });
      tags.push(answer.headers.get("etag") ?? "");
      await answer.body?.cancel();
    },
    async complete(): Promise<void> {
      const parts = tags.map(
        (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
      );
      const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
      // Never repeated: after a lost answer the upload is no longer known, although it worked.
      const answer = await client.call({ method: "POST", key, query: { uploadId }, body, retries: 0 });
      // The status is sent before the work is done, so a failure comes in the body.
      const code = /<Error>[^]*<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1];
      if (code !== undefined) throw new S3Failure(500, code, `the bucket could not join the parts (${code})`);
    },
    async abort(): Promise<void> {
      await client.call({ method: "DELETE", key, query: { uploadId } });
    },
  };
}

/**
 * Keeps files in a bucket of an S3-compatible service. @param redirect let clients fetch from the
 * bucket themselves
 */
export function createS3Storage(config: S3Config & { readonly redirect: boolean }): Storage {
  const client = createS3Client(config);
  const put = async (name: string, content: Readable, contentType: string) => {
    let upload: Awaited<ReturnType<typeof beginParts>> | undefined;
    try {
      for await (const { body, last } of partsOf(content)) {
        if (last && upload === undefined) {
          const headers = { "content-type": contentType };
          await (await client.call({ method: "PUT", key: name, headers, body })).body?.cancel();
          return;
        }
        upload ??= await beginParts(client, name, contentType);
        if (body.length > 0) await upload.add(body);
      }
      await upload?.complete();
    } catch (error) {
      await upload?.abort().catch(() => undefined);
      throw error;
    }
  };
  return {
    async write(name, content, contentType) {
      requireOwnName(name);
      try {
        await put(name, content, contentType);
      } catch (error) {
        if (!(error instanceof S3Failure)) throw error;
        throw unavailable(`Uploads are not possible: ${error.message}.`, { cause: error });
      }
    },
    async read(name) {
      requireOwnName(name);
      try {
        const { body } = await client.call({ method: "GET", key: name });
        return body ? Readable.fromWeb(body) : Readable.from([]);
      } catch (error) {
        if (!(error instanceof S3Failure)) throw error;
        if (error.code === "NoSuchKey") throw notFound("The file is gone.", { cause: error });
        throw unavailable("The file store cannot be reached. Try again in a moment.", { cause: error });
      }
    },
    async remove(name) {
      requireOwnName(name);
      try {
        await client.call({ method: "DELETE", key: name });
      } catch (error) {
        throw unavailable("The file store cannot be reached. Try again in a moment.", { cause: error });
      }
    },
    addressOf(name, { contentType, disposition, seconds }) {
      if (!config.redirect) return undefined;
      requireOwnName(name);
      const query = { "response-content-type": contentType, "response-content-disposition": disposition };
      return client.presign(name, query, seconds);
    },
    diskBytes: () => Promise.resolve(undefined),
    async problem() {
      try {
        // An object that is not there: a key that may only touch objects has no right on the bucket
        // itself. GET, because the answer to HEAD has no body that tells a missing object from a
        // missing bucket.
        const answer = await client.call({
          method: "GET",
          key: probeKey,
          retries: 0,
          patience: probePatience,
        });
        await answer.body?.cancel();
        return undefined;
      } catch (error) {
        if (!(error instanceof S3Failure)) return String(error);
        // Without the right to list, S3 says so of every object that is missing.
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        return error.code === "NoSuchKey" || error.code === "AccessDenied" ? undefined : error.message;
      }
    },
  };
}
