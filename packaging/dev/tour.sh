#!/usr/bin/env bash
# Signs in, searches, opens a case, fills the form and delivers it over the demonstration force, for real, and leaves a
# picture of every screen. Needs no display: the software renderer draws.
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=$1 out=$2
mkdir -p "$out/tour" bin
go build -trimpath -tags "$tags" -o bin/muster-tour ./ui/tour/muster-tour
MUSTER_PRIVATE_KEYRING=1 packaging/dev/with-keyring.sh bin/muster-tour --out "$out/tour"
