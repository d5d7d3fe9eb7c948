import sharp from "sharp";

/** A picture with something to see: a sky, a sea, and a lamp between them. */
export async function testPicture(): Promise<Buffer> {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="640">
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#f3d9b8"/><stop offset="1" stop-color="#7fa7b8"/></linearGradient>
    <rect width="960" height="640" fill="url(#sky)"/><rect y="430" width="960" height="210" fill="#0b5d7a"/>
    <circle cx="640" cy="400" r="46" fill="#fff4cf"/></svg>`;
  return sharp(Buffer.from(drawing)).jpeg().toBuffer();
}
