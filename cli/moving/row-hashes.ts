/** Settings that a row's text depends on, the same on both sides. */
const textSettings = [
  "set datestyle = 'ISO, YMD'",
  "set intervalstyle = 'postgres'",
  "set timezone = 'UTC'",
  "set extra_float_digits = 1",
  "set bytea_output = 'hex'",
  "set lc_monetary = 'C'",
  "set search_path = ''",
  "set xmlbinary = 'base64'",
].join("; ");

const ofUsers = "n.nspname <> 'information_schema' and n.nspname !~ '^pg_'";

/** A query for each table or sequence: through XML, as only the server knows their names. */
function each(kind: string, query: string): string {
  return `select format('%I.%I', n.nspname, c.relname) || ' ' || (xpath('/row/h/text()', query_to_xml(format($q$${query}$q$, n.nspname, c.relname), false, true, '')))[1]::text as line from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = '${kind}' and ${ofUsers} and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')`;
}

/** Sum of the rows' hashes: rows have no order, and a sum needs no memory. */
const rows =
  "select count(*) || ' ' || coalesce(sum(('x' || substr(md5(berth_row::text), 1, 16))::bit(64)::bigint::numeric), 0) as h from %I.%I berth_row";

/** Where each sequence is. */
const position = "select last_value || ' ' || is_called as h from %I.%I";

/**
 * SQL that prints a line for each table (name, number of rows, sum of their hashes) and for each
 * sequence (name, position). Tables that belong to an extension are its own.
 */
export const rowHashes = `${textSettings}; select line from (${each("r", rows)} union all ${each("S", position)}) all_of_them order by line collate "C"`;

/** Tables and rows in what {@link rowHashes} printed. */
export function countRows(hashes: string): { readonly tables: number; readonly rows: number } {
  const counts = hashes.split("\n").flatMap((line) => /^(?:.*) (\d+) -?\d+$/.exec(line)?.[1] ?? []);
  return { tables: counts.length, rows: counts.reduce((sum, count) => sum + Number(count), 0) };
}

/**
 * What of the hashes is of one moment: a sequence is where it is now, in every snapshot.
 * https://www.postgresql.org/docs/17/functions-sequence.html
 */
export function withoutSequences(hashes: string): string {
  return hashes
    .split("\n")
    .filter((line) => !/ (?:true|false)$/.test(line))
    .join("\n");
}

/** Tables and sequences that differ. */
export function differing(one: string, other: string): string[] {
  const lines = (text: string) => new Set(text.split("\n").filter((line) => line !== ""));
  const [first, second] = [lines(one), lines(other)];
  const different = [
    ...[...first].filter((line) => !second.has(line)),
    ...[...second].filter((line) => !first.has(line)),
  ];
  const names = different.map((line) => line.replace(/ \S+ \S+$/, ""));
  return [...new Set(names)].sort();
}
