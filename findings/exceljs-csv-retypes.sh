#!/usr/bin/env bash
# exceljs 4.4.0, on Node 24.21.0.
#
# Behaviour: workbook.csv.read() makes numbers and dates of whatever looks like one, without being asked:
# leading zeros and the + of a phone number go, long digits are rounded, 0x10 is 16, and a cell of spaces
# is 0. A day is read at midnight of the host, whereas the rest of exceljs takes dates as UTC.
# An expert expects: a CSV cell is text until somebody says otherwise, as with every CSV package for Node;
# or the numbers of a spreadsheet, which would not make 0 of a blank.
# Seen: all of it; and with the host in Berlin the file that is read and written as xlsx has the day
# before.
# Why it matters: postcodes, phone numbers, order and card numbers are wrong without an error, and a blank
# in an amount counts as 0 in each average. Which day it is hangs on where the import runs.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages exceljs@4.4.0

cat >try.mjs <<'EOF'
import { Readable } from "node:stream";
import ExcelJS from "exceljs";

const cells = ["01067", "+4912345", "12345678901234567", "1.10", "0x10", "1e3", "   ", "2026-01-02"];
const csv = new ExcelJS.Workbook();
const sheet = await csv.csv.read(Readable.from([`${cells.join(",")}\n`]));
const describe = (value) => (value instanceof Date ? value.toISOString() : JSON.stringify(value));
for (const [index, cell] of cells.entries()) {
  console.log(`${JSON.stringify(cell)}: ${describe(sheet.getRow(1).getCell(index + 1).value)}`);
}
const book = new ExcelJS.Workbook();
await book.xlsx.load(await csv.xlsx.writeBuffer());
console.log(`saved as xlsx, read again: ${describe(book.worksheets[0].getRow(1).getCell(8).value)}`);
EOF

as_described "$(TZ=Europe/Berlin node try.mjs 2>/dev/null)" <<'EOF'
"01067": 1067
"+4912345": 4912345
"12345678901234567": 12345678901234568
"1.10": 1.1
"0x10": 16
"1e3": 1000
"   ": 0
"2026-01-02": 2026-01-01T23:00:00.000Z
saved as xlsx, read again: 2026-01-01T23:00:00.000Z
EOF
