import { createHash } from "node:crypto";
import type { Translator } from "../i18n/translator.ts";
import type { Resource, Row } from "../resources/resource.ts";
import { fitsCell } from "./cell-control.ts";
import { sentText, toFormText } from "./field-view.ts";
import { type Form, formText } from "./form-text.ts";

/** Names of what a row brings in the form of a list. */
export const cellName = (id: number, name: string) => `cell-${id}-${name}`;
export const versionName = (id: number) => `version-${id}`;
export const seenName = (id: number) => `seen-${id}`;

const mark = (name: string, text: string) =>
  `${name}:${createHash("sha256").update(text).digest("base64url").slice(0, 8)}`;

/** What the form says of a row's texts as they were shown, so that it can tell what was typed. */
export function seenText(resource: Resource, shown: readonly string[], row: Row, words: Translator): string {
  return Object.entries(resource.fields)
    .filter(([name, field]) => shown.includes(name) && fitsCell(field))
    .map(([name, field]) => mark(name, sentText(field, toFormText(row[name], words), words)))
    .join(",");
}

/**
 * The texts of a row's cells that a person has changed, by field: neither what the form showed nor
 * what is stored now.
 *
 * @param row undefined for one that is gone
 */
export function typedTexts(
  resource: Resource,
  body: Form,
  id: number,
  row: Row | undefined,
  words: Translator,
): ReadonlyMap<string, string> {
  const text = formText(body);
  const seen = text(seenName(id)).split(",");
  return new Map(
    Object.entries(resource.fields).flatMap(([name, field]) => {
      const cell = cellName(id, name);
      if (!fitsCell(field) || !Object.hasOwn(body, cell)) return [];
      const sent = sentText(field, text(cell), words);
      const isStored = row !== undefined && sent === sentText(field, toFormText(row[name], words), words);
      return isStored || seen.includes(mark(name, sent)) ? [] : [[name, text(cell)] as const];
    }),
  );
}
