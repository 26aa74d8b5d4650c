#!/usr/bin/env bash
# The key journeys in a real window, by keyboard alone; screenshots in the given folder. Without a display it brings its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=$1 out=$2
mkdir -p bin "$out"
# Without migrated_fynedo Fyne checks that the window is touched from its own thread only; the test fails on what it finds.
go build -trimpath -tags "${tags//migrated_fynedo,/}" -o bin/muster-checked .
CGO_ENABLED=0 go build -o bin/muster-browser ./plugins/demoforce/browser
ARTIFACTS=$(cd "$out" && pwd)
export ARTIFACTS MUSTER_BIN=$PWD/bin LIBGL_ALWAYS_SOFTWARE=1 MUSTER_PRIVATE_KEYRING=1
exec packaging/dev/with-keyring.sh xvfb-run -a -s "-screen 0 1600x1000x24" go test -count 1 -v -timeout 15m -tags "$tags,e2e" -run '^Test' ./ui/e2e
