#!/usr/bin/env bash
# A BROWSER for tests by hand and by script: a window of chromium of its own for one address, that keeps nothing, asks nothing,
# reaches this machine only and stays in front until it is closed. MUSTER_BROWSER_DIR is its folder; MUSTER_BROWSER_DARK=1 is the dark scheme.
set -euo pipefail
url=$1
for program in chromium chromium-browser google-chrome google-chrome-stable none; do command -v $program >/dev/null && break; done
[ $program != none ] || { echo "browser_window: neither chromium nor Chrome is installed; packaging/dev/setup.sh test installs chromium on Debian" >&2; exit 1; }
[ "$url" != --version ] || exec $program --version 2>/dev/null
dir=${MUSTER_BROWSER_DIR:-$(mktemp -d)}
mkdir -p "$dir/data/Default"
cat >"$dir/data/Default/Preferences" <<'JSON'
{"credentials_enable_service": false, "profile": {"password_manager_enabled": false}, "browser": {"has_seen_welcome_page": true}}
JSON
flags=(--user-data-dir="$dir/data" --new-window --start-maximized --lang=en-GB --password-store=basic
  --no-first-run --no-default-browser-check --disable-gpu --disable-background-networking --disable-component-update --disable-sync
  --disable-quic --disable-domain-reliability --disable-breakpad --no-proxy-server --disable-features=Translate,PasswordLeakDetection
  --host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
[ "$(id -u)" != 0 ] || flags+=(--no-sandbox --test-type) # chromium's sandbox refuses root; test-type keeps its bar about that off the page
[ -z "${MUSTER_BROWSER_DARK:-}" ] || flags+=(--force-dark-mode)
echo $$ >"$dir/pid"
exec $program "${flags[@]}" "$url" >"$dir/log" 2>&1
