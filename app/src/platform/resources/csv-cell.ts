import { emptyValue } from "./empty-value.ts";
import { type Control, type Resource } from "./resource.ts";

/** What spreadsheets take for the beginning of a formula, in full width too. */
const sign = "[=+\\-@＝＋－＠]";
/**
 * Where a formula may begin: with the cell, or after what a spreadsheet of another language takes
 * for the end of a cell or row. An apostrophe in front makes it text; apostrophes that stand there
 * already get one more, so that taking one off gives back what was.
 */
const unguarded = new RegExp(`(?<=^|[,;\\t\\r\\n])(?='*${sign})|^(?='*[\\t\\r\\n])`, "gu");
const guarded = new RegExp(`(?<=^|[,;\\t\\r\\n])'(?='*${sign})|^'(?='*[\\t\\r\\n])`, "gu");

const numeral = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const truths: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  да: true,
  0: false,
  false: false,
  no: false,
  нет: false,
};

const isNumeric = ({ kind }: Control): boolean => kind === "number" || kind === "reference";

/**
 * A stored value as a cell: texts quoted and guarded, nothing as an empty cell, and an empty text
 * as a quoted one.
 */
export function toCell(value: unknown, control: Control): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "string") return quote(JSON.stringify(value), /[",;\t\r\n]/);
  if (isNumeric(control)) return value;
  return quote(value.replaceAll(unguarded, "'"));
}

function quote(text: string, when = /^/): string {
  return when.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A cell as the resource's schema wants it.
 *
 * @param cell `null` when it is empty without quotes.
 */
export function fromCell(cell: string | null, resource: Resource, name: string): unknown {
  if (cell === null || cell === "") return emptyValue(resource, name, cell !== null);
  const control = resource.fields[name]?.control;
  if (control && isNumeric(control)) return numeral.test(cell) ? Number(cell) : cell;
  if (control?.kind === "checkbox") return truths[cell.toLowerCase()] ?? cell;
  return cell.replaceAll(guarded, "");
}
