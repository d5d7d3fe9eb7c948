#!/usr/bin/env bash
# github.com/letsencrypt/pebble/v2 2.10.1, certbot 5.8.0. Needs Go, Python's venv and OpenSSL.
#
# Behaviour: Pebble, the ACME server to test clients against, picks one of its profiles at random for each
# order that names none. So the same command, run again for the same names, gives a certificate of 90 days
# at one time and of six at another.
# An expert expects: a default profile, as Let's Encrypt has one: orders without a profile are alike.
# Seen: of sixteen orders without a profile some are for 90 days, others for six. With a profile, all are
# as asked.
# Why it matters: with a second profile in the server's settings, tests of renewal that order without one
# fail now and then, and look flaky.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir module && (cd module && go_packages github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1)
(cd module && CGO_ENABLED=0 go build -o ../pebble github.com/letsencrypt/pebble/v2/cmd/pebble)
python3 -m venv python && python/bin/pip --quiet --disable-pip-version-check install certbot==5.8.0 acme==5.8.0

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>openssl.log
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >pebble.json <<EOF
{ "pebble": {
    "listenAddress": "127.0.0.1:$port", "certificate": "cert.pem", "privateKey": "key.pem",
    "httpPort": 5002, "tlsPort": 5001,
    "profiles": {
      "classic": { "description": "90 days", "validityPeriod": 7776000 },
      "shortlived": { "description": "six days", "validityPeriod": 518400 } } } }
EOF
PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_VA_NOSLEEP=1 ./pebble -config pebble.json >pebble.log 2>&1 &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
export REQUESTS_CA_BUNDLE=$folder/cert.pem
until python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>connect.log; do
  kill -0 $server || { cat pebble.log >&2; exit 2; }
done

# Orders a certificate, and prints for how many days it is.
ordered() {
  python/bin/certbot certonly --non-interactive --quiet --agree-tos --register-unsafely-without-email --force-renewal \
    --server "https://localhost:$port/dir" --config-dir acme --work-dir acme --logs-dir acme \
    --manual --manual-auth-hook true --cert-name try --domains shop.example "$@"
  local from until
  from=$(openssl x509 -in acme/live/try/cert.pem -noout -startdate)
  until=$(openssl x509 -in acme/live/try/cert.pem -noout -enddate)
  echo $((($(date -d "${until#*=}" +%s) - $(date -d "${from#*=}" +%s) + 3600) / 86400))
}

# Orders several, and prints each length once.
lengths() {
  local count=$1
  shift
  for ((i = 0; i < count; i++)); do ordered "$@"; done | sort -n | uniq | paste -sd ' '
}

as_described "$(
  echo "shortlived: $(lengths 3 --required-profile shortlived) days"
  echo "classic: $(lengths 3 --required-profile classic) days"
  echo "no profile: $(lengths 16) days"
)" <<'EOF'
shortlived: 6 days
classic: 90 days
no profile: 6 90 days
EOF
