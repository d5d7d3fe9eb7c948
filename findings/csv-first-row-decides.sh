#!/usr/bin/env bash
# papaparse 5.7.1, csv-stringify 6.9.0, fast-csv 5.0.8, @json2csv/plainjs 7.0.8 and json-2-csv 5.6.0.
#
# Behaviour: given an array of objects, papaparse, csv-stringify and fast-csv take the columns from the
# first object. A key that appears later only is left out of the file, without an error. json-2-csv
# takes all keys, and writes the word "undefined" into the gaps.
# An expert expects: the array is all there, so the columns are all its keys and a gap is an empty
# field, as @json2csv/plainjs has it; or an error about a key that has no column.
# Seen: the refund of the second order is in two files of five.
# Why it matters: JSON leaves out what is empty, and an ORM may. Whether an export holds a column then
# hangs on how the rows are sorted, and a sum over the file is too small.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages papaparse@5.7.1 csv-stringify@6.9.0 fast-csv@5.0.8 @json2csv/plainjs@7.0.8 json-2-csv@5.6.0

cat >try.mjs <<'EOF'
import { Parser } from "@json2csv/plainjs";
import { stringify } from "csv-stringify/sync";
import { writeToString } from "fast-csv";
import { json2csv } from "json-2-csv";
import Papa from "papaparse";

const orders = [{ order: 1 }, { order: 2, refund: 50 }];
for (const [name, write] of Object.entries({
  papaparse: () => Papa.unparse(orders),
  "csv-stringify": () => stringify(orders, { header: true }),
  "fast-csv": () => writeToString(orders, { headers: true }),
  "@json2csv/plainjs": () => new Parser().parse(orders),
  "json-2-csv": () => json2csv(orders),
})) {
  console.log(`${name}: ${(await write()).trim().split(/\r?\n/).join(" / ")}`);
}
EOF

as_described "$(node try.mjs)" <<'EOF'
papaparse: order / 1 / 2
csv-stringify: order / 1 / 2
fast-csv: order / 1 / 2
@json2csv/plainjs: "order","refund" / 1, / 2,50
json-2-csv: order,refund / 1,undefined / 2,50
EOF
