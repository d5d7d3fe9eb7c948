#!/usr/bin/env bash
# Starts PostgreSQL; makes the database cluster first when PGDATA is empty. Contract: images/README.md.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

# setting NAME [DEFAULT]: prints $NAME, or the content of the file that $NAME_FILE names.
setting() {
  local name=$1 default=${2:-} file_name=${1}_FILE
  local value=${!name:-} file=${!file_name:-}
  [[ -z $value || -z $file ]] || fail "Both $name and $file_name are set; keep one of them."
  if [[ -n $file ]]; then
    [[ -r $file ]] || fail "$file_name names $file, which user $(id -u) cannot read."
    value=$(<"$file")
  fi
  printf '%s' "${value:-$default}"
}

# Gives the folders to postgres and starts over as that user.
step_down() {
  mkdir -p "$PGDATA" /run/postgresql
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  chmod 0700 "$PGDATA"
  chown postgres /run/postgresql 2>/dev/null || true
  chmod 3777 /run/postgresql 2>/dev/null || true
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
    chmod 0700 "$POSTGRES_INITDB_WALDIR"
  fi
  exec setpriv --reuid postgres --regid postgres --init-groups -- "$0" "$@"
}

# Needs user, password and auth_method.
make_cluster() {
  local -a options=(--username="$user" --auth-local=trust) extra
  [[ -z ${POSTGRES_INITDB_WALDIR:-} ]] || options+=(--waldir="$POSTGRES_INITDB_WALDIR")
  # One value holds several options, with shell quoting, as in the official image.
  eval "extra=(${POSTGRES_INITDB_ARGS:-})"
  if [[ -n $password ]]; then
    # Through a descriptor: neither an argument nor a file.
    initdb "${options[@]}" --pwfile=<(printf '%s\n' "$password") "${extra[@]}"
  else
    initdb "${options[@]}" "${extra[@]}"
  fi
  printf '\nhost all all all %s\n' "$auth_method" >>"$PGDATA/pg_hba.conf"
}

sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$user" "$@"; }

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        say "Running $file."
        # A script that is not executable shares this shell, its functions and variables.
        # shellcheck disable=SC1090
        if [[ -x $file ]]; then "$file"; else . "$file"; fi
        ;;
      *.sql) say "Running $file." && sql --dbname "$database" -f "$file" ;;
      *.sql.gz) say "Running $file." && gunzip -c "$file" | sql --dbname "$database" ;;
      *.sql.xz) say "Running $file." && xz -dc "$file" | sql --dbname "$database" ;;
      *.sql.zst) say "Running $file." && zstd -dc "$file" | sql --dbname "$database" ;;
      */'*') ;;
      *) say "Ignoring $file." ;;
    esac
  done
}

# A server for the init files alone, out of reach of the network; the real one then starts with a clean slate.
initialise() {
  local user password database auth_method
  user=$(setting POSTGRES_USER postgres)
  password=$(setting POSTGRES_PASSWORD)
  database=$(setting POSTGRES_DB "$user")
  auth_method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [[ -z $password && $auth_method != trust ]]; then
    fail "The database has no superuser password. Set POSTGRES_PASSWORD_FILE (or POSTGRES_PASSWORD) to one," \
      "or, for a database that nobody else can reach, POSTGRES_HOST_AUTH_METHOD=trust."
  fi
  [[ -n $password ]] || say "Anyone who reaches this database may use it: POSTGRES_HOST_AUTH_METHOD is trust."

  make_cluster
  # Scripts may connect without naming the user and the database.
  export PGUSER=$user PGDATABASE=$database POSTGRES_USER=$user POSTGRES_DB=$database POSTGRES_PASSWORD=$password
  local -a arguments=("$@" -c "listen_addresses=" -p 5432)
  pg_ctl -D "$PGDATA" -w -t 120 -o "$(printf '%q ' "${arguments[@]}")" start
  if [[ $database != postgres ]]; then
    sql --dbname postgres -v name="$database" <<<'create database :"name";'
  fi
  run_init_files
  pg_ctl -D "$PGDATA" -m fast -w stop
}

# Makes the cluster in a folder of its own inside PGDATA, and moves it up when it is complete. A container killed on
# the way therefore starts over, or finishes the move, at its next start; it never serves a half-made database.
initialise_in_place() {
  local making=$PGDATA/.making made=$PGDATA/.made
  if [[ ! -d $made ]]; then
    [[ -z $(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name .making ! -name lost+found -print -quit) ]] ||
      fail "PGDATA ($PGDATA) holds files, but no database (no PG_VERSION). Empty it, or mount the right volume."
    rm -rf "$making"
    (PGDATA=$making initialise "$@")
    mv "$making" "$made"
  fi
  find "$made" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" '{}' +
  mv "$made/PG_VERSION" "$PGDATA/"
  rmdir "$made"
  say "The database is made; starting it."
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
if [[ ${1:-} == postgres && ! " $* " =~ \ (--help|-\?|--version|-V|--describe-config)\  ]]; then
  ((EUID != 0)) || step_down "$@"
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" 2>/dev/null || true
  [[ -s $PGDATA/PG_VERSION ]] || initialise_in_place "${@:2}"
  unset POSTGRES_PASSWORD
fi
exec "$@"
