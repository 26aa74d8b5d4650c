#!/usr/bin/env bash
# Installs the real servers that the connectors are proven on (plugins/packs/live), where they are missing. Debian and
# Ubuntu packages as they come; Node modules and Go programs, at fixed versions, into a folder outside this tree.
# Usage: live.sh    Prints nothing when there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
cache=${MUSTER_LIVE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/muster-live}
say() { printf 'live: %s\n' "$*" >&2; }

# One line each, so that a server is added or dropped in one place.
packages=(
  request-tracker5 rt5-db-sqlite rt5-standalone
  postgresql
  mosquitto
  slapd ldap-utils
  krb5-kdc krb5-admin-server krb5-user
)
modules=(
  node@22.23.3 # @sap/cds wants 22; Debian's is older
  @sap/cds@10.1.1 @cap-js/sqlite@3.1.1 express@4.22.3
  soap@1.13.0
  @stoplight/prism-cli@5.14.2
)
programs=(pocketbase) # folders below plugins/packs/live/testdata, each a Go module of its own

if [ "$(uname -s)" != Linux ] || ! command -v apt-get >/dev/null; then
  say "not Debian or Ubuntu: install the equivalents of ${packages[*]} to run all of plugins/packs/live"; exit 0
fi
command -v npm >/dev/null || packages+=(npm)
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { say "not root and no sudo: ask an administrator to install ${missing[*]}"; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

mkdir -p "$cache/bin"
if [ "$(cat "$cache/modules" 2>/dev/null)" != "${modules[*]}" ]; then
  say "installing ${modules[*]}"
  rm -rf "$cache/node_modules" "$cache/package.json" "$cache/package-lock.json"
  (cd "$cache" && echo '{"private": true}' > package.json && npm install --save-exact --no-fund --no-audit --loglevel=error "${modules[@]}" >/dev/null)
  echo "${modules[*]}" > "$cache/modules"
fi
for p in "${programs[@]}"; do
  (cd "$here/plugins/packs/live/testdata/$p" && GOFLAGS=-mod=readonly CGO_ENABLED=0 go build -o "$cache/bin/$p" .)
done
