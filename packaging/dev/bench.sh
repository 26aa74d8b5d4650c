#!/usr/bin/env bash
# Prints the figures of the README. Without a display the window's figures are measured under Xvfb.
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=$1; shift
export LIBGL_ALWAYS_SOFTWARE=1
mkdir -p bin
go build -o bin/muster-bench ./packaging/bench # go run would hide the exit code
run=(bin/muster-bench -tags "$tags" "$@")
CGO_ENABLED=0 go build -o bin/musterctl ./app/musterctl
CGO_ENABLED=0 go build -o bin/muster-benchmatch ./packaging/benchmatch
BIG='' bin/muster-benchmatch
export MUSTER_PRIVATE_KEYRING=1
if [ -n "${DISPLAY:-}" ]; then exec packaging/dev/with-keyring.sh "${run[@]}"; fi
exec packaging/dev/with-keyring.sh xvfb-run -a -s "-screen 0 1600x1000x24" "${run[@]}"
