import { randomUUID } from "node:crypto";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Database } from "../database/open-database.ts";
import { invalidInput, notFound, tooLarge, unavailable } from "../problems/problems.ts";
import type { Person } from "../sessions/session.ts";
import { acceptedTypes, detectFileType, headLength } from "./file-type.ts";
import type { Storage } from "./storage.ts";

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

interface MediaDeps {
  readonly database: Database;
  readonly storage: Storage;
  readonly queueReady: () => Promise<void>;
  readonly queueThumbnail: (mediaId: number, transaction: Database) => Promise<void>;
}

export type MediaService = ReturnType<typeof createMediaService>;

/** Reads the first bytes and gives them back with the rest. */
async function withHead(content: Readable): Promise<{ head: Buffer; rest: AsyncGenerator<Buffer> }> {
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
  return { head, rest: all() };
}

/** Counts bytes on their way and stops at the limit. */
function counted(limit: number): Transform & { bytes: number } {
  const counter = Object.assign(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        counter.bytes += chunk.length;
        if (counter.bytes > limit) done(tooLarge(`A file may have ${limit / 1024 / 1024} MB at most.`));
        else done(undefined, chunk);
      },
    }),
    { bytes: 0 },
  );
  return counter;
}

/** Uploaded files: what is taken, who may see it. */
export function createMediaService({ database, storage, queueReady, queueThumbnail }: MediaDeps) {
  return {
    /**
     * Stores a file while it comes in. Its type is what its first bytes show.
     *
     * @throws invalid-input for other types, too-large, unavailable when the volume cannot be written.
     */
    async store(
      content: Readable,
      file: { originalName: string; private: boolean; ownerId: number },
    ): Promise<MediaRow> {
      const problem = await storage.problem();
      if (problem !== undefined) throw unavailable(`Uploads are not possible: ${problem}.`);
      const { head, rest } = await withHead(content);
      const type = detectFileType(head);
      if (!type) {
        const message = `Accepted are ${acceptedTypes.join(", ")}, judged by content.`;
        throw invalidInput(message, { errors: [{ in: "body", field: "file", message }] });
      }
      const name = `${file.private ? "private" : "public"}/${randomUUID()}${type.ending}`;
      const counter = counted(largestFile);
      // Compose by hand: the generator feeds the counter, the storage drains it.
      await Promise.all([pipeline(rest, counter), storage.write(name, counter, type.contentType)]);
      try {
        await queueReady();
        return await database.transaction(async (transaction) => {
          const [row] = await transaction("media")
            .insert({
              name,
              original_name: file.originalName.slice(0, 200),
              content_type: type.contentType,
              bytes: counter.bytes,
              private: file.private,
              owner_id: file.ownerId,
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
    },

    /** The newest files a person may see: staff all, others their own. */
    async list(person: Person, limit: number): Promise<MediaRow[]> {
      const query = database("media").orderBy("id", "desc").limit(limit);
      if (person.role === "user") void query.where({ owner_id: person.id });
      return query.select<MediaRow[]>("*");
    },

    /** @throws not-found also for somebody else's private file. */
    async find(id: number, person: Person | undefined): Promise<MediaRow> {
      const row = await database("media").where({ id }).first<MediaRow | undefined>();
      const visible =
        row && (!row.private || (person && (person.role !== "user" || row.owner_id === person.id)));
      if (!visible) throw notFound(`There is no file ${id}.`);
      return row;
    },

    /** Deletes a file of one's own; staff may delete any. */
    async remove(id: number, person: Person): Promise<void> {
      const row = await this.find(id, person);
      if (person.role === "user" && row.owner_id !== person.id) throw notFound(`There is no file ${id}.`);
      // The row last: what fails before can be repeated, and no file stays behind that nothing names.
      await storage.remove(row.name);
      await storage.remove(thumbnailName(row.name));
      await database("media").where({ id }).delete();
    },
  };
}

/** Name of the thumbnail of a file. */
export function thumbnailName(name: string): string {
  return name.replace(/\.[a-z]+$/, ".thumb.webp");
}
