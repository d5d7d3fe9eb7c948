#!/usr/bin/env bash
# pg-minify 1.8.0, whose queries run on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: with `compress: true` the space between two minus signs goes, and what was a subtraction of a
# negative number is a comment to the end of the line. Two texts on two lines, which SQL reads as one, lose
# what separates them, and their quotes become an apostrophe inside one text. Neither is an error.
# An expert expects: that spaces are taken away where none is needed, and the result stays the same.
# Seen: 5 - -3 becomes 5, and the rest of the line is gone; 'left' and 'right' become left'right. Without
# `compress`, the two texts come out on one line, which Postgres refuses.
# Why it matters: query files of pg-promise are compressed by its option of this name. A correction that is
# subtracted, or a condition behind it on the same line, is left out without a word.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg-minify@1.8.0 @electric-sql/pglite@0.5.14

cat >try.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import minify from "pg-minify";

const pglite = await PGlite.create();
async function answer(sql) {
  try {
    return JSON.stringify((await pglite.query(sql, [], { rowMode: "array" })).rows);
  } catch (error) {
    return error.message;
  }
}
const queries = {
  subtraction: "select 5 - -3",
  condition: "select id from generate_series(1, 9) id where id > 2 - -3 and id < 8",
  texts: "select 'left'\n'right'",
};
for (const [name, sql] of Object.entries(queries)) {
  console.log(`${name}, as written: ${await answer(sql)}`);
  console.log(`${name}, minified: ${await answer(minify(sql))}`);
  console.log(`${name}, compressed: ${await answer(minify(sql, { compress: true }))}`);
}
PROGRAM

as_described "$(node try.mjs)" <<'EOF'
subtraction, as written: [[8]]
subtraction, minified: [[8]]
subtraction, compressed: [[5]]
condition, as written: [[6],[7]]
condition, minified: [[6],[7]]
condition, compressed: [[3],[4],[5],[6],[7],[8],[9]]
texts, as written: [["leftright"]]
texts, minified: syntax error at or near "'right'"
texts, compressed: [["left'right"]]
EOF
