#!/usr/bin/env bash
# Runs a command with a working Secret Service: the session's own if there is one, else a private one that ends with the command.
# A private one holds its secrets in a temporary folder that is deleted afterwards: fit for a demonstration and for tests only.
set -euo pipefail
if [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] && [ -z "${MUSTER_PRIVATE_KEYRING:-}" ]; then exec "$@"; fi
command -v dbus-run-session >/dev/null && command -v gnome-keyring-daemon >/dev/null || {
  echo "with-keyring: gnome-keyring and dbus-x11 are not installed; packaging/dev/setup.sh run installs them" >&2; exit 1; }
[ -n "${MUSTER_PRIVATE_KEYRING:-}" ] || echo "No desktop session: using a private keyring that ends with this command." >&2
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
mkdir -p -m 700 "$dir/run" "$dir/data/keyrings"
export XDG_RUNTIME_DIR=$dir/run XDG_DATA_HOME=$dir/data LANG=${LANG:-en_GB.UTF-8}
dbus-run-session -- bash -c 'printf "demonstration\n" | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1; "$@"' _ "$@"
