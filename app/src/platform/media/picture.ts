import type { Metadata } from "sharp";
import { invalidInput } from "../problems/problems.ts";
import { loadSharp } from "./load-sharp.ts";
import { NoPicture, stripMetadata } from "./strip-metadata.ts";

const mebibyte = 1024 * 1024;

/** Memory of this process, in bytes: its container's limit, else the machine's. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < Number.MAX_SAFE_INTEGER ? limit : 2048 * mebibyte;
}

/**
 * Bytes that a picture may unpack to: a quarter of the memory, because Node, the library and other
 * requests need the rest, and at most 200 MiB. With the default of 512 MiB these are 128 MiB, that
 * is 44 megapixels in colour.
 */
export const largestUnpacked = Math.min(200 * mebibyte, memoryLimit() / 4);

function refuse(message: string, cause?: unknown): never {
  throw invalidInput(message, { cause, errors: [{ in: "body", field: "file", message }] });
}

type Dimensions = Pick<Metadata, "width" | "height" | "channels" | "depth">;

/** What a picture unpacks to, in bytes. */
export function unpackedBytes({ width, height, channels, depth }: Dimensions): number {
  return width * height * channels * (depth === "uchar" ? 1 : 2);
}

/**
 * Looks at a picture before it is stored; only its head is unpacked.
 *
 * @param published whether anybody may see it: then it loses its metadata
 * @returns the bytes to store
 * @throws invalid-input when it cannot be read, or would unpack to more than there is memory for
 */
export async function checkPicture(bytes: Buffer, contentType: string, published: boolean): Promise<Buffer> {
  const sharp = await loadSharp();
  const { width, height, channels, depth, orientation } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => refuse("The picture cannot be read: it is damaged.", error));
  if (unpackedBytes({ width, height, channels, depth }) > largestUnpacked) {
    const most = Math.floor(
      largestUnpacked / (unpackedBytes({ width: 1, height: 1, channels, depth }) * 1_000_000),
    );
    refuse(
      `The picture has ${width} × ${height} pixels. ${most} megapixels of its kind are the most: make it smaller.`,
    );
  }
  if (!published) return bytes;
  try {
    return stripMetadata(bytes, contentType, orientation ?? 1);
  } catch (error) {
    if (error instanceof NoPicture || error instanceof RangeError)
      refuse("The picture cannot be read: it is damaged.", error);
    throw error;
  }
}
