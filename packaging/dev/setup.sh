#!/usr/bin/env bash
# Installs what building, running and testing Muster needs and this machine lacks, and says what it does.
# Usage: setup.sh build|run|test    Prints nothing when there is nothing to do.
set -euo pipefail
for_what=${1:-build}
here=$(cd "$(dirname "$0")/../.." && pwd)
say() { printf 'setup: %s\n' "$*" >&2; }

build=(gcc pkg-config libgl1-mesa-dev xorg-dev libwayland-dev libxkbcommon-dev)
run=(gnome-keyring dbus-x11 libgl1-mesa-dri xdg-utils)
test=(rsyslog rsyslog-gnutls jq curl poppler-utils xvfb xauth xdotool openbox imagemagick x11-utils xclip)
if ! command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null; then
  # Ubuntu's chromium is a snap, which has no business in a test machine's set-up.
  if [ "$(. /etc/os-release 2>/dev/null; echo "${ID:-}")" != ubuntu ]; then test+=(chromium)
  elif [ "$for_what" = test ]; then say "packaging/dev/browser_e2e.sh needs Chrome or chromium here: install one"; fi
fi
case $for_what in
  build) want=("${build[@]}") ;;
  run)   want=("${build[@]}" "${run[@]}") ;;
  test)  want=("${build[@]}" "${run[@]}" "${test[@]}") ;;
  *) say "want build, run or test, not '$for_what'"; exit 2 ;;
esac

if [ "$(uname -s)" != Linux ] || ! command -v apt-get >/dev/null; then
  if ! command -v go >/dev/null; then
    say "this is not Debian or Ubuntu. Install Go 1.26 or newer and a C compiler, then the equivalents of: ${want[*]}"
    say "Windows: Go, and clang or mingw-w64 for the window. macOS: Go and the Xcode command line tools."
    exit 1
  fi
  say "not Debian or Ubuntu: going on with what is installed. If the build fails, install the equivalents of: ${want[*]}"
  exit 0
fi

missing=()
for p in "${want[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
done
command -v go >/dev/null || [ -x "$here/.toolchain/go/bin/go" ] || missing+=(golang-go ca-certificates)
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

# Debian's own Go may be too old to fetch a newer toolchain by itself; the toolchain is an ordinary module, so fetch it as one.
old=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if ! [ -x "$here/.toolchain/go/bin/go" ] && { [ -z "$old" ] || [ "$old" -lt 21 ]; }; then
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) say "no Go toolchain is known for $(uname -m): install Go 1.26"; exit 1 ;; esac
  say "fetching the Go 1.26.8 toolchain"
  tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
  (cd "$tmp" && echo 'module setup' > go.mod && go mod download "golang.org/toolchain@v0.0.1-go1.26.8.linux-$arch")
  dir=$(cd "$tmp" && go mod download -json "golang.org/toolchain@v0.0.1-go1.26.8.linux-$arch" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p "$here/.toolchain" && cp -r "$dir" "$here/.toolchain/go"
  chmod -R u+w "$here/.toolchain/go" && chmod +x "$here"/.toolchain/go/bin/* "$here"/.toolchain/go/pkg/tool/*/*
fi
