import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import type { Request } from "express";
import { invalidInput, unsupportedMedia } from "../problems/problems.ts";

/** The first file of a multipart form, still coming in. */
export interface Upload {
  readonly fileName: string;
  readonly contentType: string;
  readonly stream: BusboyFileStream;
  /** Text fields that came before the file. */
  readonly fields: Readonly<Record<string, string>>;
}

const limits = { files: 1, fields: 20, fieldSize: 10_000, parts: 21, headerPairs: 50 };

/**
 * Reads a multipart form up to its file and hands the file over as a stream; fields must come before it.
 *
 * @param largest bytes; the stream ends early and `stream.truncated` is true past that.
 * @throws unsupported-media, invalid-input when no file comes.
 */
export function readUpload(request: Request, largest: number): Promise<Upload> {
  const contentType = request.get("content-type");
  if (!contentType || !request.is("multipart/form-data"))
    throw unsupportedMedia("Send the file as multipart/form-data.");
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = {};
    const missing = () => {
      const message = "Choose a file.";
      reject(invalidInput(message, { errors: [{ in: "body", field: "file", message }] }));
    };
    const parser = new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      limits: { ...limits, fileSize: largest },
    });
    let file: BusboyFileStream | undefined;
    parser.on("field", (name: string, value: string) => {
      fields[name] = value;
    });
    parser.on(
      "file",
      (
        _field: string,
        stream: BusboyFileStream,
        fileName: string | undefined,
        _encoding: string,
        type: string,
      ) => {
        if (!fileName) {
          stream.resume();
          return;
        }
        file = stream;
        // It can break off while nobody reads it yet; whoever then does is told.
        stream.on("error", () => undefined);
        resolve({ fileName, contentType: type, stream, fields });
      },
    );
    parser.on("finish", missing);
    parser.on("error", (error: unknown) => {
      reject(invalidInput("The form cannot be read.", { cause: error }));
    });
    // The parser would leave whoever reads the file waiting for the rest of it.
    request.on("error", (error) => {
      file?.destroy(error);
      parser.destroy(error);
    });
    request.pipe(parser);
  });
}
