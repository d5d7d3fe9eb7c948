import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { stripMetadata } from "./strip-metadata.ts";

const marker = "MARKER-52.5200N";

/**
 * A picture as a phone makes it: place, device and comment in EXIF, a note in XMP, a colour
 * profile, turned on its side.
 */
function photo(format: (picture: Sharp) => Sharp): Promise<Buffer> {
  const noise = Buffer.from(Array.from({ length: 60 * 40 * 3 }, (_, index) => (index * 7919) % 256));
  const picture = sharp(noise, { raw: { width: 60, height: 40, channels: 3 } });
  return format(picture)
    .withMetadata({ orientation: 6 })
    .withExif({
      IFD0: { Make: marker, Model: marker, ImageDescription: marker },
      IFD3: {
        GPSLatitudeRef: "N",
        GPSLatitude: "52/1 31/1 0/1",
        GPSLongitudeRef: "E",
        GPSLongitude: "13/1 24/1 0/1",
      },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><note>${marker}</note></x:xmpmeta>`)
    .withIccProfile("p3")
    .toBuffer();
}

const formats = {
  "image/jpeg": (picture: Sharp) => picture.jpeg({ progressive: true }),
  "image/png": (picture: Sharp) => picture.png({ progressive: true }),
  "image/webp": (picture: Sharp) => picture.webp({ lossless: true }),
} as const;

const pixelsOf = (bytes: Buffer) => sharp(bytes).autoOrient().raw().toBuffer();

for (const [contentType, format] of Object.entries(formats)) {
  test(`${contentType}: place and device are gone, orientation, colours and every pixel stay`, async () => {
    const before = await photo(format);
    const { orientation, icc, exif } = await sharp(before).metadata();
    assert.ok(exif?.includes(marker) && icc, "the picture has what is to be removed");
    // What cameras append behind the picture, such as a short film.
    const stripped = stripMetadata(
      Buffer.concat([before, Buffer.from(`tail ${marker}`)]),
      contentType,
      orientation ?? 1,
    );
    assert.ok(!stripped.includes(marker));
    const after = await sharp(stripped).metadata();
    assert.equal(after.orientation, 6);
    assert.ok(after.icc?.equals(icc));
    assert.equal(after.xmp, undefined);
    // The orientation's entry and nothing else.
    assert.ok((after.exif?.length ?? 99) <= 32, `${after.exif?.length ?? 0} bytes of EXIF`);
    assert.deepEqual([after.width, after.height], [60, 40]);
    assert.ok((await pixelsOf(stripped)).equals(await pixelsOf(before)));
    assert.ok(stripMetadata(stripped, contentType, 6).equals(stripped), "a second time changes nothing");
  });

  test(`${contentType}: a picture without metadata stays as it is; a cut one is refused or stays a picture's part`, async () => {
    const plain = await format(
      sharp({ create: { width: 30, height: 20, channels: 3, background: "#0b5d7a" } }),
    ).toBuffer();
    assert.ok(stripMetadata(plain, contentType, 1).equals(plain));
    for (let length = 12; length < plain.length; length += 7) {
      try {
        assert.ok(!stripMetadata(plain.subarray(0, length), contentType, 1).includes(marker));
      } catch (error) {
        assert.ok(error instanceof Error && /NoPicture|RangeError/.test(error.name), String(error));
      }
    }
  });
}

test("image/gif: comments and applications' blocks are gone, how often it plays stays", async () => {
  const frames = await Promise.all(
    ["#f00", "#0f0"].map((background) =>
      sharp({ create: { width: 10, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const moving = await sharp(frames, { join: { animated: true } })
    .gif({ loop: 3, delay: [100, 100] })
    .toBuffer();
  const comment = Buffer.concat([
    Buffer.from([0x21, 0xfe, marker.length]),
    Buffer.from(marker),
    Buffer.from([0]),
  ]);
  const xmp = Buffer.concat([
    Buffer.from([0x21, 0xff, 11]),
    Buffer.from("XMP DataXMP"),
    Buffer.from([marker.length]),
    Buffer.from(marker),
    Buffer.from([0]),
  ]);
  // Behind the header and the table of colours.
  const at = moving.indexOf(Buffer.from([0x21, 0xff, 11]));
  const told = Buffer.concat([moving.subarray(0, at), comment, xmp, moving.subarray(at)]);
  const stripped = stripMetadata(told, "image/gif", 1);
  assert.ok(stripped.equals(moving));
  assert.deepEqual(
    [(await sharp(stripped).metadata()).loop, (await sharp(stripped).metadata()).pages],
    [3, 2],
  );
});
