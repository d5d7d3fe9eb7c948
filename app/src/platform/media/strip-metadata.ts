import { crc32 } from "node:zlib";

/** Thrown if bytes are not what their type says. */
export class NoPicture extends Error {
  override readonly name = "NoPicture";
}

/**
 * The smallest EXIF there is: one entry, the orientation. Little-endian TIFF;
 * https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf
 */
function exifOf(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write("II*\0", 0, "latin1");
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(1, 8);
  tiff.writeUInt16LE(0x0112, 10);
  tiff.writeUInt16LE(3, 12);
  tiff.writeUInt32LE(1, 14);
  tiff.writeUInt16LE(orientation, 18);
  return tiff;
}

const has = (bytes: Buffer, offset: number, text: string) =>
  bytes.toString("latin1", offset, offset + text.length) === text;

/**
 * Where the coded data that begins at `offset` ends: at the next marker that is neither a stuffed
 * 0xff nor a restart.
 */
function endOfScan(bytes: Buffer, offset: number): number {
  for (
    let at = bytes.indexOf(0xff, offset);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

/**
 * Whether a JPEG segment says how the picture looks: JFIF, ICC profile, Adobe's colour transform,
 * and what is no application's own.
 */
function describesPixels(bytes: Buffer, at: number, marker: number): boolean {
  if (marker === 0xe0) return has(bytes, at + 4, "JFIF\0");
  if (marker === 0xe2) return has(bytes, at + 4, "ICC_PROFILE\0");
  return marker === 0xee ? has(bytes, at + 4, "Adobe") : marker < 0xe0 || (marker > 0xef && marker !== 0xfe);
}

/**
 * What follows the end of the picture, such as a film or a second picture with a place of its own,
 * is left out too.
 */
function stripJpeg(bytes: Buffer, orientation: number): Buffer[] {
  const kept = [bytes.subarray(0, 2)];
  if (orientation > 1) {
    const exif = exifOf(orientation);
    const head = Buffer.from([0xff, 0xe1, 0, exif.length + 8]);
    kept.push(head, Buffer.from("Exif\0\0", "latin1"), exif);
  }
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff)
      throw new NoPicture("a segment of the JPEG does not begin where the last one ends");
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    let end = at + 2 + length;
    if (length < 2 || end > bytes.length)
      throw new NoPicture("a segment of the JPEG is longer than the file");
    if (marker === 0xda) end = endOfScan(bytes, end);
    if (describesPixels(bytes, at, marker)) kept.push(bytes.subarray(at, end));
    at = end;
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) break;
  }
  return [...kept, Buffer.from([0xff, 0xd9])];
}

/**
 * Chunks beside the critical ones that say how a PNG looks or moves.
 * https://www.w3.org/TR/png-3/#11Ancillary-chunks
 */
const visiblePng = new Set(
  "tRNS cHRM gAMA iCCP sBIT sRGB bKGD hIST pHYs sPLT cICP mDCV cLLI acTL fcTL fdAT".split(" "),
);

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

function stripPng(bytes: Buffer, orientation: number): Buffer[] {
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (end > bytes.length) throw new NoPicture("a chunk of the PNG is longer than the file");
    if (/^[A-Z]/.test(type) || visiblePng.has(type)) kept.push(bytes.subarray(at, end));
    if (type === "IHDR" && orientation > 1) kept.push(pngChunk("eXIf", exifOf(orientation)));
    if (type === "IEND") return kept;
    at = end;
  }
  throw new NoPicture("the PNG has no end");
}

/** https://developers.google.com/speed/webp/docs/riff_container */
const visibleWebp = new Set(["VP8 ", "VP8L", "VP8X", "ICCP", "ANIM", "ANMF", "ALPH"]);
const webpFlags = { exif: 0x08, xmp: 0x04 };

function stripWebp(bytes: Buffer, orientation: number): Buffer[] {
  const kept: Buffer[] = [];
  const stop = Math.min(bytes.length, 8 + bytes.readUInt32LE(4));
  for (let at = 12; at + 8 <= stop;) {
    const size = bytes.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    const type = bytes.toString("latin1", at, at + 4);
    if (at + 8 + size > stop) throw new NoPicture("a chunk of the WebP is longer than the file");
    const chunk = bytes.subarray(at, Math.min(end, stop));
    if (type === "VP8X") {
      const extended = Buffer.from(chunk);
      const flags = (extended[8] ?? 0) & ~(webpFlags.exif | webpFlags.xmp);
      extended[8] = orientation > 1 ? flags | webpFlags.exif : flags;
      kept.push(extended);
    } else if (visibleWebp.has(type)) kept.push(chunk);
    at = end;
  }
  if (orientation > 1) {
    const head = Buffer.from("EXIF\0\0\0\0", "latin1");
    const exif = exifOf(orientation);
    head.writeUInt32LE(exif.length, 4);
    kept.push(head, exif);
  }
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(4 + kept.reduce((sum, { length }) => sum + length, 0), 4);
  return [head, ...kept];
}

/** Where the blocks that begin at `at` end: each has its length in front, the last one none. */
function endOfBlocks(bytes: Buffer, at: number): number {
  let end = at;
  while ((bytes[end] ?? 0) > 0) end += (bytes[end] ?? 0) + 1;
  return end + 1;
}

/**
 * Comments and applications' own blocks, but the one that says how often it plays.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
function stripGif(bytes: Buffer): Buffer[] {
  const tableOf = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableOf(bytes[10] ?? 0);
  const kept = [bytes.subarray(0, at)];
  while (at < bytes.length && bytes[at] !== 0x3b) {
    const start = at;
    const label = bytes[at + 1];
    if (bytes[at] === 0x2c) at = endOfBlocks(bytes, at + 11 + tableOf(bytes[at + 9] ?? 0));
    else if (bytes[at] === 0x21) at = endOfBlocks(bytes, at + 2);
    else throw new NoPicture("the GIF has a block of no kind");
    const own = label === 0xff && !has(bytes, start + 3, "NETSCAPE2.0");
    if (bytes[start] === 0x2c || (label !== 0xfe && !own)) kept.push(bytes.subarray(start, at));
  }
  return [...kept, Buffer.from([0x3b])];
}

const strippers: Readonly<Record<string, (bytes: Buffer, orientation: number) => Buffer[]>> = {
  "image/jpeg": stripJpeg,
  "image/png": stripPng,
  "image/webp": stripWebp,
  "image/gif": stripGif,
};

/**
 * A picture without what it tells beside itself: place, time, device, author, comments, previews,
 * appended files. Pixels stay as they are, byte by byte, with their ICC profile and their
 * orientation.
 *
 * @param orientation 1 to 8, as EXIF has it
 * @throws NoPicture
 */
export function stripMetadata(bytes: Buffer, contentType: string, orientation: number): Buffer {
  const strip = strippers[contentType];
  if (!strip) throw new Error(`Nobody knows how to strip ${contentType}.`);
  return Buffer.concat(strip(bytes, orientation));
}
