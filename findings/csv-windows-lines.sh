#!/usr/bin/env bash
# csv-stringify 6.9.0 read by its sibling csv-parse 7.0.3.
#
# Behaviour: csv-stringify quotes a field for the record delimiter in use, not for line breaks as
# such. With record_delimiter "windows" a field with a bare \n or \r is written without quotes (with
# "unix", one with a bare \r). csv-parse finds out the delimiter by the first line break that it
# meets, so it takes the one inside the field.
# An expert expects: RFC 4180, where every field with a CR or an LF is quoted, whatever ends records;
# and that two packages of one project read each other's files.
# Seen: what the default writes is read back; of the Windows files only a field with \r\n survives.
# Why it matters: "windows" is chosen for spreadsheets, where notes typed in a cell hold bare \n. The
# file then breaks in other readers also, for only those rows.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages csv-parse@7.0.3 csv-stringify@6.9.0

cat >try.mjs <<'EOF'
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";

function readBack(records, text) {
  try {
    return isDeepStrictEqual(parse(text), records) ? "same" : "other records";
  } catch (error) {
    return error.code;
  }
}
for (const record_delimiter of [undefined, "unix", "windows"]) {
  for (const note of ["two\nlines", "two\rlines", "two\r\nlines"]) {
    const records = [[note, "1"], ["plain", "2"]];
    const result = readBack(records, stringify(records, { record_delimiter }));
    console.log(`${record_delimiter ?? "default"} ${JSON.stringify(note)}: ${result}`);
  }
}
EOF

as_described "$(node try.mjs)" <<'EOF'
default "two\nlines": same
default "two\rlines": same
default "two\r\nlines": same
unix "two\nlines": same
unix "two\rlines": CSV_RECORD_INCONSISTENT_FIELDS_LENGTH
unix "two\r\nlines": same
windows "two\nlines": CSV_RECORD_INCONSISTENT_FIELDS_LENGTH
windows "two\rlines": CSV_RECORD_INCONSISTENT_FIELDS_LENGTH
windows "two\r\nlines": same
EOF
