#!/usr/bin/env bash
# zod 4.6.7 beside 4.3.6.
#
# Behaviour: since 4.4, an object refuses a missing key whose schema accepts undefined, unless the
# schema says optional: z.unknown(), z.any(), z.custom(), z.coerce.string(), a union with undefined.
# 4.3 accepted the missing key (and coerced it, to the text "undefined").
# An expert expects: z.any() and z.unknown() refuse nothing, in a minor release above all; and if one
# coercion is refused, then every coercion.
# Seen: "expected nonoptional, received undefined" for each of them; given as undefined the key is
# fine. A preprocess that makes a value of undefined still takes the missing key.
# Why it matters: a schema for other people's JSON ("whatever is there") begins to refuse it after an
# update within ^4.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages zod@4.6.7 older@npm:zod@4.3.6

cat >try.mjs <<'EOF'
const versions = { "4.3.6": await import("older"), "4.6.7": await import("zod") };
for (const [version, { z }] of Object.entries(versions)) {
  const schemas = {
    unknown: z.unknown(),
    any: z.any(),
    "coerce.string": z.coerce.string(),
    "coerce.boolean": z.coerce.boolean(),
    union: z.union([z.string(), z.undefined()]),
    preprocess: z.preprocess((value) => value ?? 5, z.number()),
    optional: z.string().optional(),
  };
  const refuses = (input) =>
    Object.keys(schemas)
      .filter((name) => !z.object({ key: schemas[name] }).safeParse(input).success)
      .join(", ");
  console.log(`${version} refuses a missing key: ${refuses({}) || "none"}`);
  console.log(`${version} refuses an undefined one: ${refuses({ key: undefined }) || "none"}`);
}
EOF

as_described "$(node try.mjs)" <<'EOF'
4.3.6 refuses a missing key: none
4.3.6 refuses an undefined one: none
4.6.7 refuses a missing key: unknown, any, coerce.string, coerce.boolean, union
4.6.7 refuses an undefined one: none
EOF
