#!/usr/bin/env bash
# make run: the window over the embedded demonstration force; with no display, the same tour as pictures.
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=$1
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "No display here (neither DISPLAY nor WAYLAND_DISPLAY is set): taking the same tour with the software renderer." >&2
  exec packaging/dev/tour.sh "$tags" "${ARTIFACTS:-artifacts}"
fi
echo "Building Muster; the first build compiles the window's C code and takes a few minutes." >&2
go build -trimpath -tags "$tags" -o bin/muster .
if [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] && [ -z "${MUSTER_PRIVATE_KEYRING:-}" ]; then exec bin/muster --demo; fi
# A private keyring ends with this command, and with it the key to everything that was kept: so does the folder.
profile=$(mktemp -d); trap 'rm -rf "$profile"' EXIT
packaging/dev/with-keyring.sh bin/muster --demo --profile "$profile"
