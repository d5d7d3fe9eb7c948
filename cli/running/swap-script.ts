import { dirname } from "node:path/posix";
import { keptRoles, swappedMark } from "./kept-roles.ts";

/**
 * A shell script that swaps restored data for the present data, and the call of one of its
 * functions. Every step is one rename; a script that was killed goes on when it is run again.
 *
 * A mark lies in the data that is to become the present data, until the swap is complete: so it is
 * known on which side of the exchange a killed script was. What was swapped in is noted beside the
 * data until its server has its roles; see {@link takeRoles}.
 * @param call `begin FROM` before Postgres is stopped, `swap FROM` (FROM is `restored` or
 * `before`), or `drop`
 * @param pgdata folder of the data files; what lies beside it is swapped for it
 * @param media mount point of the uploads; it may be missing
 * @param owner uid and gid of the application, which its uploads belong to
 */
export function swapScript(
  call: "drop" | `${"begin" | "swap"} ${"restored" | "before"}`,
  pgdata: string,
  media: string,
  owner: number,
): string {
  return `set -eu
pgdata=${pgdata} data=${dirname(pgdata)} media=${media} owner=${owner} mark=berth_restored.json swapped=${swappedMark(dirname(pgdata))}
refuse() { echo "$1" >&2; exit 1; }
begun() { [ -e "$pgdata/$mark" ]; }
# All renames are done; the server may not have been started yet.
renamed() { [ -e "$swapped" ] && [ "$(cat "$swapped")" = "$1" ] && [ ! -e "$data/restored" ]; }
# Restored data has a mark with what is known of it, data of before an empty one.
under_way() { if [ -s "$pgdata/$mark" ]; then echo restored; else echo before; fi; }
check() {
  if renamed "$1"; then return 0; fi
  if begun; then
    [ "$(under_way)" = "$1" ] || refuse "The other swap was interrupted. Finish it first: npx berth restore $([ "$1" = before ] && echo swap || echo back)"
    return 0
  fi
  [ -s "$data/$1/PG_VERSION" ] || refuse "There is nothing to swap in; npx berth restore --to restores a moment."
  if [ "$1" = restored ] && [ -e "$data/before" ]; then
    refuse "The data from before the last restore is still kept; npx berth restore drop deletes it."
  fi
}
begin() {
  check "$1"
  # Roles that a swap kept which was never made.
  if ! begun && ! renamed "$1"; then rm -f "${keptRoles(dirname(pgdata))}" "$swapped"; fi
}
# What is below $2 takes the place of what is below $1, which goes to $3.
move_files() {
  install -d -o "$owner" -g "$owner" -m 0700 "$3"
  for entry in "$2"/*; do
    [ -e "$entry" ] || continue
    name=\${entry##*/}
    if [ -e "$1/$name" ] && [ ! -e "$3/$name" ]; then mv -T "$1/$name" "$3/$name"; fi
    chown -R "$owner:$owner" "$entry"
    mv -T "$entry" "$1/$name"
  done
  rmdir "$2"
}
swap() {
  check "$1"
  if renamed "$1"; then rm -f "$pgdata/$mark"; return 0; fi
  if ! begun; then
    [ -e "$data/$1/$mark" ] || : >"$data/$1/$mark"
    mv --exchange -T "$pgdata" "$data/$1"
  fi
  if [ -e "$data/restored" ]; then mv -T "$data/restored" "$data/before"; fi
  if [ "$1" = restored ]; then
    # On an empty host the application has not had the folder yet.
    if [ -d "$media" ]; then chown "$owner:$owner" "$media"; fi
    if [ -d "$media/.restored" ]; then move_files "$media" "$media/.restored" "$media/.before"; fi
  else
    if [ -d "$media/.before" ] && [ ! -d "$media/.back" ]; then mv -T "$media/.before" "$media/.back"; fi
    if [ -d "$media/.back" ]; then move_files "$media" "$media/.back" "$media/.before"; fi
  fi
  sync
  printf %s "$1" >"$swapped.partial"
  mv "$swapped.partial" "$swapped"
  rm -f "$pgdata/$mark"
}
drop() {
  if begun || [ -e "$swapped" ]; then refuse "A swap was interrupted: run it again first."; fi
  rm -rf "$data/restored" "$data/restored.partial" "$data/before" "$data/shown" "$media/.restored" "$media/.before"
}
${call}`;
}
