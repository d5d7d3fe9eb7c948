#!/bin/sh
# claim-names.sh check|claim|undo|leave OWNER [NAME …]: whose the names are that a shared proxy passes on. Run as root.
#
# Each stack has one file in /etc/berth/routes: lines of Nginx' `map`, a name and the stack. A name that is another stack's
# is refused (exit 1, with the owner). `check` writes nothing; `undo` takes the last claim back. OWNERS are the stacks that
# there are, separated by spaces: what others have claimed is nobody's, and a claim removes it.
set -eu

action=$1
owner=$2
shift 2
mkdir -p /etc/berth/routes
cd /etc/berth/routes
exec 9>.lock
flock 9
case $action in
undo)
    if [ -e "$owner.before" ]; then mv "$owner.before" "$owner.map"; else rm -f "$owner.map"; fi
    exit 0
    ;;
leave)
    rm -f "$owner.map" "$owner.before"
    exit 0
    ;;
esac

taken=""
for name; do
    for file in *.map; do
        if [ "$file" = "*.map" ] || [ "$file" = "$owner.map" ]; then continue; fi
        case " $OWNERS " in *" ${file%.map} "*) ;; *) continue ;; esac
        if awk -v name="$name" '$1 == name { found = 1 } END { exit !found }' "$file"; then
            echo "domain: $name is ${file%.map}'s at this proxy. Fix: leave it out of one of them" >&2
            taken=yes
        fi
    done
done
[ -z "$taken" ] || exit 1
[ "$action" = claim ] || exit 0
for file in *.map; do
    case " $owner $OWNERS " in *" ${file%.map} "*) ;; *) rm -f "$file" "${file%.map}.before" ;; esac
done
rm -f "$owner.before"
if [ -e "$owner.map" ]; then cp "$owner.map" "$owner.before"; fi
for name; do printf '%s %s;\n' "$name" "$owner"; done >"$owner.next"
mv "$owner.next" "$owner.map"
