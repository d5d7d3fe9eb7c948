import type { Rule } from "./rule.ts";
import { containerType, imageType, records, text, type Shape } from "./shape.ts";

/** Tags of the images that berth builds end with a hash of what they were made from. */
const named = /^berth\/[\w./-]+:(?:[\w.]+-)?[0-9a-f]{12}$/;

const byDigest = /(?:^|@)sha256:[0-9a-f]{64}$/;

/** A tag that its vendor moves to other content: none, a word, or one number. */
function floats(reference: string): boolean {
  const tag = /:([^/:@]+)$/.exec(reference)?.[1] ?? "";
  return !/\d+\.\d+/.test(tag) && !/^v?\d{8}/.test(tag);
}

const isFixed = (reference: string) => named.test(reference) || byDigest.test(reference);

const check = (shape: Shape, input: string, wrong: (reference: string) => boolean, fix: string) => {
  const reference = text(shape, input);
  // What is built here is named by the program, after its content. What Pulumi hides is not known.
  if (reference === undefined || reference === "[secret]" || shape.inputs["build"] !== undefined) return [];
  return !isFixed(reference) && wrong(reference) ? [`${input} ${reference} ${fix}`] : [];
};

const floating = "can become another image without a change here. Name its version, or its digest";
const byTag = "is named by its version. `npx berth images pin` writes its digest into images/digests.json";

export const imageRules: readonly Rule[] = [
  {
    name: "image-version",
    description: "No container runs an image whose name can move to another content.",
    level: "mandatory",
    type: containerType,
    check: (shape) => check(shape, "image", floats, floating),
  },
  {
    name: "pulled-image-version",
    description: "No image is pulled by a name that can move to another content.",
    level: "mandatory",
    type: imageType,
    check: (shape) => check(shape, "name", floats, floating),
  },
  {
    name: "image-digest",
    description: "Images of a production stack are named by their digest, or after their content.",
    level: "advisory",
    type: containerType,
    check: (shape) => (isProduction(shape) ? check(shape, "image", (one) => !floats(one), byTag) : []),
  },
];

/** Parts that only a production stack has, and the application's own word. */
const productionParts = new Set(["listener", "nginx", "certbot", "redis", "backup", "watcher", "worker"]);

function isProduction(shape: Shape): boolean {
  return records(shape, "labels").some(
    ({ label, value }) => label === "berth.part" && productionParts.has(String(value)),
  );
}
