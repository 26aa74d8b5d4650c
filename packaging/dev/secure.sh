#!/usr/bin/env bash
# gosec over the whole tree, as .golangci.yml sets it, and govulncheck. The tools are built once into .toolchain/bin.
# Where the module proxy or the database of vulnerabilities cannot be reached at all, that half is left out, and said so;
# where they can, whatever goes wrong fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=$1
lint=v2.15.0 vuln=v1.9.0 # as in the Makefile's lint and vuln
bin=$PWD/.toolchain/bin; mkdir -p "$bin"
say() { printf 'secure: %s\n' "$*" >&2; }

tool() { # tool NAME VERSION PACKAGE: builds it unless it is there in this version
  local marker=$bin/$1-$2
  [ -x "$bin/$1" ] && [ -e "$marker" ] && return 0
  if ! (cd / && GOFLAGS=-mod=mod timeout 30 go list -m "${3%%/cmd/*}@$2" >/dev/null 2>"$bin/$1.err"); then
    if grep -qiE 'no such host|dial tcp|i/o timeout|connection refused|network is unreachable|GOPROXY=off' "$bin/$1.err"; then
      say "NOT DONE: $1 is not here, and there is no network to fetch it"; return 1
    fi
    cat "$bin/$1.err" >&2; exit 1
  fi
  say "building $1 $2, once"
  GOBIN=$bin timeout 600 go install "$3@$2" >&2 || { say "$1 $2 cannot be built"; exit 1; }
  touch "$marker"
}

if tool golangci-lint $lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint; then
  # gosec's own cache makes a second run take seconds. Findings that may stand are listed in .golangci.yml with their reason.
  "$bin/golangci-lint" run --enable-only gosec --timeout 10m ./...
  say "gosec: nothing to answer for"
fi
if tool govulncheck $vuln golang.org/x/vuln/cmd/govulncheck; then
  db=${GOVULNDB:-https://vuln.go.dev}
  if [ "${db#file:}" = "$db" ] && ! curl -sS --max-time 15 -o /dev/null "$db/index/db.json" 2>"$bin/vuln.err"; then
    grep -qiE 'resolve host|timed out|refused|unreachable|connect' "$bin/vuln.err" || { cat "$bin/vuln.err" >&2; exit 1; }
    say "NOT DONE: the database of vulnerabilities at $db cannot be reached from here; run make vuln where it can"
  else
    # The terminal and all that is behind it; the window adds Fyne, whose packages make vuln looks at too.
    timeout 300 "$bin/govulncheck" ./app/musterctl/... ./plugins/... ./store/...
  fi
fi
