#!/bin/sh
# Starts Redis as its own user. Contract: images/README.md.
set -eu

case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis '{}' +
    exec setpriv --reuid redis --regid redis --clear-groups -- "$0" "$@"
  fi
  umask 0077
  # Debian's Redis refuses other hosts while it has no password; in a container, the network decides who gets here.
  # A configuration file, or a later option, has the last word.
  config=${2:-}
  case $config in
    '' | -*)
      shift
      set -- redis-server --protected-mode no "$@"
      ;;
    *)
      if ! grep -q '^[[:space:]]*protected-mode' "$config"; then
        shift 2
        set -- redis-server "$config" --protected-mode no "$@"
      fi
      ;;
  esac
fi
exec "$@"
