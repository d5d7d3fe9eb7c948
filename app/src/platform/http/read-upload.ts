import { Readable } from "node:stream";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import type { Request } from "express";
import { z } from "zod";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { invalidInput, malformedBody, tooLarge, unsupportedMedia } from "../problems/problems.ts";
import { isAborted } from "../problems/to-problem.ts";
import type { Visitor } from "../sessions/visitor.ts";
import { formTokenField, requireFormToken } from "./form-token.ts";

/** A multipart form with one file: its fields, and the largest size of the file. */
export interface UploadForm<Fields = unknown> {
  /** Strict: a field that it does not know is refused. All fields come before the file. */
  readonly fields: z.ZodObject & z.ZodType<Fields>;
  /** Content types that the file may have, for the API's description. */
  readonly accepts: readonly string[];
  /** Bytes. */
  readonly largest: number;
}

/** The file of a form, still coming in. */
export interface Upload<Fields> {
  readonly fileName: string;
  /**
   * The file's bytes. It ends only when the form has ended well, so what was made of it is kept
   * only then: a file over the limit, a form that breaks off, and anything that follows the file
   * fail it.
   */
  readonly stream: Readable;
  /** The fields, checked. */
  readonly fields: Fields;
}

/** Field of the form that has the file. */
export const fileField = "file";

const limits = { files: 1, fields: 20, fieldSize: 10_000, parts: 21, headerPairs: 50 };

function refused(field: string, message: string) {
  return invalidInput(message, { errors: [{ in: "body", field, message }] });
}

/**
 * Checks the fields that came before the file. @throws invalid-input naming every one that is wrong
 */
function checkFields<Fields>(form: UploadForm<Fields>, given: ReadonlyMap<string, string>): Fields {
  const result = form.fields.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue): FieldProblem[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((field) => ({ in: "body", field, message: "There is no such field." }))
      : [{ in: "body", field: issue.path.map(String).join("."), message: issue.message }],
  );
  throw invalidInput(`Correct these and send again: ${errors.map(({ field }) => field).join(", ")}.`, {
    errors,
  });
}

function openParser(request: Request, form: UploadForm): BusboyInstance {
  // A client that left in the meantime: no event of the request comes any more.
  if (request.errored) throw request.errored;
  const contentType = request.get("content-type");
  if (!contentType || !request.is("multipart/form-data"))
    throw unsupportedMedia("Send the file as multipart/form-data.");
  try {
    return new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      // One byte more tells a file that is too large from one that just fits.
      limits: { ...limits, fileSize: form.largest + 1 },
      isPartAFile: (_field, _type, fileName) => fileName !== undefined,
    });
  } catch (error) {
    throw malformedBody("The form cannot be read: its content type names no boundary.", { cause: error });
  }
}

/** The file, and then the rest of the form: only if nothing is wrong with either does it end. */
async function* contentOf(file: BusboyFileStream, largest: number, rest: Promise<unknown>) {
  let bytes = 0;
  try {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > largest) throw tooLarge(`A file may have ${largest / 1024 / 1024} MB at most.`);
      yield chunk;
    }
  } catch (error) {
    // The parser's own words for a form that ends in the middle of its file.
    throw error instanceof Problem || isAborted(error)
      ? error
      : malformedBody("The form broke off in its file.", { cause: error });
  }
  await rest;
}

/**
 * Reads a multipart form up to its file, checks the fields, and hands the file over as a stream.
 *
 * @param visitor where a page's form brings the token: its owner
 * @throws unsupported-media, malformed-body; invalid-input when a field is unknown or wrong, or no
 * file comes; forbidden without the token
 */
export function readUpload<Fields>(
  request: Request,
  form: UploadForm<Fields>,
  visitor?: Pick<Visitor, "isFormToken">,
): Promise<Upload<Fields>> {
  const parser = openParser(request, form);
  return new Promise((resolve, reject) => {
    const given = new Map<string, string>();
    let file: BusboyFileStream | undefined;
    const { promise: rest, resolve: ended, reject: failRest } = Promise.withResolvers<undefined>();
    // The reader of the file gets the error; there may be none.
    rest.catch(() => undefined);
    const fail = (error: Error) => {
      reject(error);
      failRest(error);
    };

    parser.on("field", (name: string, value: string, _nameCut: boolean, valueCut: boolean) => {
      if (file) fail(refused(name, "Fields come before the file."));
      else if (given.has(name)) fail(refused(name, "It was given twice."));
      else if (valueCut) fail(refused(name, `It is longer than ${limits.fieldSize} characters.`));
      else given.set(name, value);
    });
    parser.on("file", (name: string, stream: BusboyFileStream, fileName: string | undefined) => {
      // It can break off before it is read; a later reader gets the error.
      stream.on("error", () => undefined);
      try {
        if (name !== fileField) throw refused(name, `The file is in the field ${fileField}.`);
        // What a browser sends where no file was chosen.
        if (!fileName) throw refused(fileField, "Choose a file.");
        file = stream;
        if (visitor) {
          requireFormToken(visitor, given.get(formTokenField));
          given.delete(formTokenField);
        }
        const fields = checkFields(form, given);
        resolve({
          fileName,
          fields,
          stream: Readable.from(contentOf(stream, form.largest, rest), { objectMode: false }),
        });
      } catch (error) {
        stream.resume();
        fail(error as Error);
      }
    });
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"])
      parser.on(limit, () => {
        fail(refused("", `A form has one file, and ${limits.fields} fields at most.`));
      });
    parser.on("finish", () => {
      if (!file) fail(refused(fileField, "Choose a file."));
      ended(undefined);
    });
    parser.on("error", (error: unknown) => {
      fail(malformedBody("The form cannot be read.", { cause: error }));
    });
    // The parser would leave the file's reader waiting for the rest of it.
    request.on("error", (error) => {
      fail(error);
      file?.destroy(error);
      parser.destroy(error);
    });
    request.pipe(parser);
  });
}
