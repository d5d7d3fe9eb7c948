import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { z } from "zod";
import type { AuditLog, AuditOrigin } from "../audit/audit-log.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../database/open-database.ts";
import { mayTouch } from "../http/access.ts";
import type { Upload, UploadForm } from "../http/read-upload.ts";
import { Problem } from "../problems/define-problem.ts";
import { forbidden, invalidInput, notFound, unavailable } from "../problems/problems.ts";
import type { Person } from "../sessions/session.ts";
import { countBytes } from "./count-bytes.ts";
import { acceptedTypes, detectFileType, headLength } from "./file-type.ts";
import { createMediaQuota } from "./media-quota.ts";
import { checkPicture } from "./picture.ts";
import type { Storage } from "../storage/storage.ts";
import { createUploadSlots } from "./upload-slots.ts";

/** A row of `media`. */
export interface MediaRow {
  readonly id: number;
  readonly name: string;
  readonly original_name: string;
  readonly content_type: string;
  readonly bytes: number;
  readonly private: boolean;
  readonly owner_id: number | null;
  readonly has_thumbnail: boolean;
  readonly created_at: Date;
}

/** Largest file, in bytes. */
export const largestFile = 20 * 1024 * 1024;
export const thumbnailJob = "thumbnail";
/** Name of files in the table of permissions. */
export const mediaResource = "media";

/**
 * The form that every upload comes in. A file is its owner's own unless the form says otherwise.
 */
export const mediaForm = {
  fields: z.strictObject({
    private: z
      .enum(["yes", "no"], "yes or no")
      .default("yes")
      .describe("`no` gives the file an address that anybody can open; pictures lose their metadata then"),
  }),
  accepts: acceptedTypes,
  largest: largestFile,
} satisfies UploadForm;

type MediaUpload = Upload<z.output<typeof mediaForm.fields>>;

interface MediaDeps {
  readonly database: Database;
  readonly storage: Storage;
  readonly audit: AuditLog;
  readonly config: Config["media"];
  readonly queueReady: () => Promise<void>;
  readonly queueThumbnail: (mediaId: number, transaction: Database) => Promise<void>;
}

/** Reads the first bytes and gives them back with the rest. */
async function withHead(content: Readable): Promise<{ head: Buffer; rest: Readable }> {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < headLength) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all() {
    yield head;
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { head, rest: Readable.from(all(), { objectMode: false }) };
}

/**
 * Ends when both sides of a stream have, so that nothing is left half done; of two failures the one
 * that is not merely the other's echo is told.
 */
async function whole(sides: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(sides)).flatMap((side): unknown[] =>
    side.status === "rejected" ? [side.reason] : [],
  );
  if (failures.length === 0) return;
  const echo = (error: unknown) =>
    error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
  throw (failures.find((error) => error instanceof Problem) ??
    failures.find((error) => !echo(error)) ??
    failures[0]) as Error;
}

/** Uploaded files: what is taken, who may see it. */
export interface MediaService {
  mayUpload(person: Person): boolean;
  /** Whether the person may see private files of others. */
  maySeeAll(person: Person): boolean;
  /** Whether the person may delete the file: their own, or with the permission any. */
  mayRemove(row: MediaRow, person: Person): boolean;
  /** @throws forbidden where the person may not upload */
  requireUpload(person: Person): void;
  /**
   * Reads a form and stores its file while it comes in. Its type is what its first bytes show.
   *
   * @param read reads the form; called once there is room for its file
   * @throws forbidden; invalid-input for other types and pictures that cannot be read, too-large;
   * conflict when the person's files are over their bounds; too-many-requests; unavailable when the
   * volume cannot be written
   */
  store(person: Person, read: () => Promise<MediaUpload>): Promise<MediaRow>;
  /** The newest files a person may see: their own, and with the permission all files. */
  list(person: Person, limit: number): Promise<MediaRow[]>;
  /** @throws not-found also for another person's private file */
  find(id: number, person: Person | undefined): Promise<MediaRow>;
  /**
   * Deletes a file, for the audit log to tell. @throws not-found, or forbidden where the person may
   * only look at it
   */
  remove(id: number, person: Person, origin: AuditOrigin): Promise<void>;
}

/** Makes the service of uploaded files. Uploads of one process share its slots. */
export function createMediaService(deps: MediaDeps): MediaService {
  const { database, storage, audit, config, queueReady, queueThumbnail } = deps;
  const slots = createUploadSlots();
  const quota = createMediaQuota(config, storage);

  const mayUpload = (person: Person): boolean =>
    config.uploads === "all" ||
    (config.uploads === "staff" ? person.role !== "user" : mayTouch(person, mediaResource, "add"));
  const maySeeAll = (person: Person) => mayTouch(person, mediaResource, "view");

  const save = async (upload: MediaUpload, published: boolean, ownerId: number): Promise<MediaRow> => {
    const { head, rest } = await withHead(upload.stream);
    const type = detectFileType(head);
    if (!type) {
      const message = `Accepted are ${acceptedTypes.join(", ")}, judged by content.`;
      throw invalidInput(message, { errors: [{ in: "body", field: "file", message }] });
    }
    // A picture is looked at whole before it is stored; all else goes through.
    const content = type.picture
      ? Readable.from([await checkPicture(await buffer(rest), type.contentType, published)])
      : rest;
    const name = `${published ? "public" : "private"}/${randomUUID()}${type.ending}`;
    const counter = countBytes();
    await whole([pipeline(content, counter), storage.write(name, counter, type.contentType)]);
    try {
      await queueReady();
      return await database.transaction(async (transaction) => {
        await quota.require(transaction, ownerId, counter.bytes);
        const [row] = await transaction("media")
          .insert({
            name,
            original_name: upload.fileName.slice(0, 200),
            content_type: type.contentType,
            bytes: counter.bytes,
            private: !published,
            owner_id: ownerId,
          })
          .returning<MediaRow[]>("*");
        if (!row) throw new Error("Postgres returned no row for an insert.");
        if (type.picture) await queueThumbnail(row.id, transaction);
        return row;
      });
    } catch (error) {
      await storage.remove(name);
      throw error;
    }
  };

  const find = async (id: number, person: Person | undefined): Promise<MediaRow> => {
    const row = await database("media").where({ id }).first<MediaRow | undefined>();
    const visible = row && (!row.private || (person && (row.owner_id === person.id || maySeeAll(person))));
    if (!visible) throw notFound(`There is no file ${id}.`);
    return row;
  };

  return {
    mayUpload,
    maySeeAll,
    mayRemove: (row: MediaRow, person: Person) =>
      row.owner_id === person.id || mayTouch(person, mediaResource, "delete"),

    requireUpload(person: Person): void {
      if (!mayUpload(person))
        throw forbidden("Your account lacks the right to upload. Ask an administrator.");
    },

    async store(person: Person, read: () => Promise<MediaUpload>): Promise<MediaRow> {
      this.requireUpload(person);
      const problem = await storage.problem();
      if (problem !== undefined) throw unavailable(`Uploads are not possible: ${problem}.`);
      return slots.hold(person.id, async () => {
        await quota.require(database, person.id, 1);
        const upload = await read();
        try {
          return await save(upload, upload.fields.private === "no", person.id);
        } finally {
          // What is refused half read must not keep its parser waiting.
          upload.stream.destroy();
          await finished(upload.stream).catch(() => undefined);
        }
      });
    },

    async list(person: Person, limit: number): Promise<MediaRow[]> {
      const query = database("media").orderBy("id", "desc").limit(limit);
      if (!maySeeAll(person)) void query.where({ owner_id: person.id });
      return query.select<MediaRow[]>("*");
    },

    find,

    async remove(id: number, person: Person, origin: AuditOrigin): Promise<void> {
      const row = await find(id, person);
      if (!this.mayRemove(row, person)) {
        if (!maySeeAll(person)) throw notFound(`There is no file ${id}.`);
        throw forbidden("Your account lacks the right to delete files of others. Ask an administrator.");
      }
      // The row last: a failure before it can be repeated, and no file without a row stays behind.
      await storage.remove(row.name);
      await storage.remove(thumbnailName(row.name));
      await database("media").where({ id }).delete();
      const details = { id, ownerId: row.owner_id, private: row.private };
      await audit(
        { event: "media-deleted", actorId: person.id, subject: row.original_name, details },
        origin,
      );
    },
  };
}

/** Name of the thumbnail of a file. */
export function thumbnailName(name: string): string {
  return name.replace(/\.[a-z]+$/, ".thumb.webp");
}
