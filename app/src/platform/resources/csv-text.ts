import { TextDecoder } from "node:util";
import { invalidInput } from "../problems/problems.ts";
import type { Translator } from "../i18n/translator.ts";
import type { Problem } from "../problems/define-problem.ts";

/** The refusal of a whole file. */
export function refusedFile(message: string, cause?: unknown): Problem {
  return invalidInput(message, { cause, errors: [{ in: "body", field: "", message }] });
}

/** Byte order marks by encoding. */
const marks = [
  ["utf-8", "efbbbf"],
  ["utf-16le", "fffe"],
  ["utf-16be", "feff"],
] as const;
const longestMark = 3;

function decoderFor(begin: Uint8Array, named: string | undefined, words: Translator): TextDecoder {
  const hex = Buffer.from(begin.subarray(0, longestMark)).toString("hex");
  const marked = marks.find(([, mark]) => hex.startsWith(mark))?.[0];
  const label = marked ?? (named === undefined || named === "" ? "utf-8" : named);
  try {
    return new TextDecoder(label, { fatal: true });
  } catch (error) {
    throw refusedFile(words.t("csvUnknownEncoding", { name: label }), error);
  }
}

/**
 * The text of a file: of the encoding that its byte order mark says, else the one that is named,
 * else UTF-8. It is never guessed: a wrong guess would be saved as wrong letters.
 *
 * @param named a name of the WHATWG Encoding Standard, such as `windows-1251`; empty for none.
 * @throws invalid-input if the bytes are not of that encoding, or the encoding is unknown.
 */
export async function* decodeText(
  input: AsyncIterable<Uint8Array>,
  named: string | undefined,
  words: Translator,
): AsyncGenerator<string, undefined> {
  let decoder: TextDecoder | undefined;
  let begin: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of input) {
      if (decoder) {
        yield decoder.decode(chunk, { stream: true });
        continue;
      }
      begin = Buffer.concat([begin, chunk]);
      if (begin.length < longestMark) continue;
      decoder = decoderFor(begin, named, words);
      yield decoder.decode(begin, { stream: true });
    }
    const rest = decoder ? new Uint8Array() : begin;
    yield (decoder ?? decoderFor(begin, named, words)).decode(rest);
  } catch (error) {
    if (error instanceof TypeError && "code" in error && error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw refusedFile(words.t("csvEncoding"), error);
    }
    throw error;
  }
  return undefined;
}
