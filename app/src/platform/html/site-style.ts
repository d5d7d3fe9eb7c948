import { createHash } from "node:crypto";
import { defineRoute, type Route } from "../http/route.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** Grounds of the style sheet that links and buttons stand out from. */
const lightGround: Colour = [0xee, 0xf3, 0xf5];
const darkGround: Colour = [0x1f, 0x2b, 0x33];
/** WCAG 2.2, 1.4.3. */
const leastContrast = 4.5;

const colourOf = (text: string): Colour => {
  const part = (from: number) => Number.parseInt(text.slice(from, from + 2), 16);
  return [part(1), part(3), part(5)];
};

const textOf = (colour: Colour): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** Relative luminance, as WCAG defines it. */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two colours, 1 to 21. */
function contrast(one: Colour, other: Colour): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour, mixed with black or white as little as makes it readable on the ground. */
function readable(colour: Colour, ground: Colour, towards: 0 | 255): Colour {
  for (let share = 0; share < 1; share += 0.02) {
    const [red, green, blue] = colour.map((part) => Math.round(part + (towards - part) * share));
    const mixed: Colour = [red ?? 0, green ?? 0, blue ?? 0];
    if (contrast(mixed, ground) >= leastContrast) return mixed;
  }
  return [towards, towards, towards];
}

/** The style sheet of a site's own colour, for light and dark pages. */
export function siteStyle(colour: string): string {
  const chosen = colourOf(colour);
  const light = textOf(readable(chosen, lightGround, 0));
  const dark = textOf(readable(chosen, darkGround, 255));
  return `:root {\n  --accent: light-dark(${light}, ${dark});\n  --on-accent: light-dark(#ffffff, #10161a);\n}\n`;
}

const path = "/site.css";

/** Address of that style sheet; it changes with the colour, so that browsers may keep the file. */
export function siteStyleAddress(colour: string | undefined): string | undefined {
  if (colour === undefined) return undefined;
  return `${path}?v=${createHash("sha256").update(siteStyle(colour)).digest("hex").slice(0, 10)}`;
}

/** Serves the style sheet of the site's own colour, if it has one. */
export function siteStyleRoutes({ colour }: { readonly colour: string | undefined }): Route[] {
  if (colour === undefined) return [];
  const style = siteStyle(colour);
  const own = siteStyleAddress(colour);
  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: "public",
      summary: "Style sheet of the site's own colour",
      answers: { 200: { description: "The style sheet", contentType: "text/css" } },
      handle: ({ request, response }) => {
        // Another release, with another colour, may have written the address.
        const isOwn = request.originalUrl === own;
        response.set("Cache-Control", isOwn ? "public, max-age=31536000, immutable" : "no-store");
        response.type("css").send(style);
        return "sent";
      },
    }),
  ];
}
