/** Kinds of files that may be uploaded: ending, content type, and how their first bytes look. */
interface FileType {
  readonly contentType: string;
  readonly ending: string;
  readonly matches: (head: Buffer) => boolean;
  /** Whether a thumbnail can be made of it. */
  readonly picture: boolean;
}

const starts = (...bytes: number[]) => {
  const magic = Buffer.from(bytes);
  return (head: Buffer) => head.subarray(0, magic.length).equals(magic);
};
const textAt = (offset: number, text: string) => (head: Buffer) =>
  head.subarray(offset, offset + text.length).toString("latin1") === text;

/** SVG and HTML are left out on purpose: a browser would run what is in them. */
const types: readonly FileType[] = [
  { contentType: "image/jpeg", ending: ".jpg", matches: starts(0xff, 0xd8, 0xff), picture: true },
  {
    contentType: "image/png",
    ending: ".png",
    matches: starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    picture: true,
  },
  { contentType: "image/gif", ending: ".gif", matches: textAt(0, "GIF8"), picture: true },
  {
    contentType: "image/webp",
    ending: ".webp",
    matches: (head) => textAt(0, "RIFF")(head) && textAt(8, "WEBP")(head),
    picture: true,
  },
  { contentType: "application/pdf", ending: ".pdf", matches: textAt(0, "%PDF-"), picture: false },
];

/** Bytes needed to tell the types apart. */
export const headLength = 16;

/** Content types that may be uploaded. */
export const acceptedTypes: readonly string[] = types.map(({ contentType }) => contentType);

/**
 * The type that the first bytes show, whatever a name or header claims; `undefined` when it is none
 * of ours.
 */
export function detectFileType(head: Buffer): FileType | undefined {
  return types.find(({ matches }) => matches(head));
}
