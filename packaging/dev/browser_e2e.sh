#!/usr/bin/env bash
# The sign-in as an officer does it: a real browser in a real window, worked by the keyboard alone. First musterctl's sign-in with a
# wrong and then the right password and its sign-in with a code, in the light and the dark scheme, then make run's window.
# Pictures of every page in $ARTIFACTS/browser.  Usage: browser_e2e.sh TAGS
set -euo pipefail
cd "$(dirname "$0")/../.."
tags=${1:-migrated_fynedo,accessibility}
if [ -z "${MUSTER_BROWSER_E2E:-}" ]; then
  packaging/dev/browser_window.sh --version >/dev/null
  mkdir -p bin
  CGO_ENABLED=0 go build -o bin/musterctl ./app/musterctl
  go build -trimpath -tags "$tags" -o bin/muster .
  out=${ARTIFACTS:-artifacts}/browser; rm -rf "$out"; mkdir -p "$out"
  work=$(mktemp -d)
  export MUSTER_BROWSER_E2E=screen WORK=$work OUT=$(cd "$out" && pwd) LIBGL_ALWAYS_SOFTWARE=1 LANG=en_GB.UTF-8 BROWSER=$PWD/packaging/dev/browser_window.sh
  unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_CURRENT_DESKTOP
  # Whatever happens nothing stays: every process of this run has its folder in its surroundings or in its command line.
  sweep() {
    rc=$?; trap - EXIT; local p left=() tries=50
    [ $rc != 143 ] || tries=1
    for _ in $(seq $tries); do
      left=()
      for p in /proc/[0-9]*; do ! grep -qsaF -- "$work" "$p/environ" "$p/cmdline" || left+=("${p#/proc/}"); done
      [ ${#left[@]} -gt 0 ] || break
      sleep 0.2
    done
    if [ ${#left[@]} -gt 0 ]; then
      echo "browser_e2e: still running afterwards:" >&2; ps -o pid,args -p "$(IFS=,; echo "${left[*]}")" >&2 || true
      kill "${left[@]}" 2>/dev/null || true
      [ $rc != 0 ] || rc=1
    fi
    rm -rf "$work"
    [ $rc != 0 ] || echo "browser_e2e: all of it holds"
    exit $rc
  }
  trap sweep EXIT
  trap 'exit 143' INT TERM
  timeout --foreground -k 20 420 xvfb-run -a -s "-screen 0 1280x800x24" bash "$0" "$tags" & rc=0; wait $! || rc=$?
  [ $rc != 124 ] || echo "browser_e2e: not done within seven minutes" >&2
  exit $rc
fi

say() { printf '%s\n' "$*"; }
fail() { echo "NOT SO: $*" >&2; import -window root "$OUT/failed.png" || true; echo "the window in front: $(title)" >&2; tail -n 5 "$WORK"/*.err >&2 || true; exit 1; }
want() { say "  $1"; shift; "$@" || fail "$*"; }
shot() { settle; import -window root "$OUT/$1.png"; }
key() { xdotool key --clearmodifiers "$@"; }
typed() { xdotool type --delay 15 -- "$1"; }
title() { xdotool getactivewindow getwindowname 2>/dev/null || true; }
# front waits until the window in front has this title.
front() {
  for _ in $(seq 300); do case $(title) in "$1"*) settle; return ;; esac; sleep 0.1; done
  fail "no window '$1' came to the front"
}
# settle waits until nothing has moved for a while; a text cursor that blinks counts as still.
settle() {
  declare -A seen=(); local sum
  for _ in $(seq 40); do
    sum=$(import -window root -depth 8 rgb:- | md5sum); seen[$sum]=$((${seen[$sum]:-0} + 1))
    [ "${seen[$sum]}" -lt 3 ] || return 0
    sleep 0.1
  done
}
# page_says copies the whole page as the officer would and looks for words in it. The focus must not be in a field.
page_says() { key ctrl+a ctrl+c; sleep 0.3; timeout 5 xclip -o -selection clipboard | tr '\n' ' ' | grep -qF -- "$1"; }
address() { key ctrl+l ctrl+c; sleep 0.3; timeout 5 xclip -o -selection clipboard; }
has() { jq -se "$1" "$2" >/dev/null; }
# ended waits until a process is gone, for a while.
ended() { for _ in $(seq 150); do grep -qs '^State:.[^ZX]' "/proc/$1/status" || return 0; sleep 0.1; done; return 1; }
# closed closes the page by its key and waits for the browser, which has no other.
closed() { key ctrl+w; ended "$(cat "$MUSTER_BROWSER_DIR/pid")"; }

if [ "$MUSTER_BROWSER_E2E" = screen ]; then
  openbox >"$WORK/openbox.log" 2>&1 & wm=$!
  trap 'kill $wm 2>/dev/null || true; wait $wm 2>/dev/null || true' EXIT
  for _ in $(seq 100); do xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q window && break; sleep 0.1; done
  MUSTER_BROWSER_E2E=terminal MUSTER_PRIVATE_KEYRING=1 packaging/dev/with-keyring.sh bash "$0" "$tags"
  MUSTER_BROWSER_E2E=window bash "$0" "$tags"
  exit
fi

cleanup() {
  local p
  for p in $(jobs -p); do kill "$p" 2>/dev/null || true; done
  for p in $(cat "$WORK"/*/pid 2>/dev/null); do ! grep -qsaF -- "$WORK" "/proc/$p/cmdline" || kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap cleanup EXIT
trap 'echo "browser_e2e failed at line $LINENO" >&2' ERR

if [ "$MUSTER_BROWSER_E2E" = window ]; then
  export XDG_CONFIG_HOME=$WORK/config
  for n in 3 4; do
    [ $n = 3 ] && say "make run on a display without a desktop session" || say "make run a second time, when the keyring of the first is gone"
    export MUSTER_BROWSER_DIR=$WORK/window$n
    make -s run >"$WORK/run$n.out" 2>"$WORK/run$n.err" & run=$!
    want "the window asks for a sign-in" front "Sign in · Muster"
    shot "${n}0-window-signin"
    key Return
    want "Enter opens the sign-in page in the browser" front "Sign in · Northmoor Police"
    shot "${n}1-window-page"
    key Return
    want "Enter on the page signs in the officer who is filled in" front "You are signed in · Muster"
    shot "${n}2-window-end"
    want "the browser ends with its page" closed
    want "the window stands at the desk, in front" front "Desk · Muster"
    shot "${n}3-window-desk"
    key alt+F4
    want "closing the window ends make run" ended "$run"
    rc=0; wait "$run" || rc=$?
    want "with no error" test $rc = 0
  done
  exit
fi

profile=$WORK/profile
ctl=(bin/musterctl --profile "$profile" --json) # no function: what runs beside the script must be its own child
say "demo"
"${ctl[@]}" demo --latency 0 >"$WORK/demo.json" 2>"$WORK/demo.err" &
for _ in $(seq 200); do [ -s "$WORK/demo.json" ] && break; sleep 0.1; done
want "the demonstration force runs" has '.[0].accounts | length >= 2' "$WORK/demo.json"
password=$(jq -r '.accounts[0].password' "$WORK/demo.json")

# login signs an officer in by musterctl login; what the page holds already is typed over.
login() { # SCHEME USER COLLAR NUMBER
  local n=$4 run
  export MUSTER_BROWSER_DIR=$WORK/$1
  "${ctl[@]}" login >"$WORK/login-$1.json" 2>"$WORK/login-$1.err" & run=$!
  front "Sign in · Northmoor Police"
  shot "${n}0-signin-$1"
  key shift+Tab shift+Tab; typed "$2"; key Tab; typed "not-the-password"; key Return
  front "Error: Sign in · Northmoor Police"
  shot "${n}1-wrong-password-$1"
  key Tab
  want "a wrong password is refused, and the page says so" page_says "User name or password is wrong. Attempt 1 of 5."
  want "nobody is signed in by it" test ! -s "$WORK/login-$1.json"
  key shift+Tab; typed "$password"; key Return
  front "You are signed in · Muster"
  shot "${n}2-end-$1"
  want "the right one ends on Muster's own page" page_says "You can close this page and go back to Muster."
  want "whose address holds nothing of the sign-in" bash -c '[[ $1 =~ ^http://127\.0\.0\.1:[0-9]+/done$ ]]' _ "$(address)"
  wait "$run" || fail "musterctl login ended with an error"
  want "musterctl says who is signed in" has ".[0].officer.collar == \"$3\" and .[0].state == \"signed-in\"" "$WORK/login-$1.json"
  want "the browser ends with its page" closed
}

say "login in the browser, light"
login light whitelaw 4471 0
"${ctl[@]}" whoami >"$WORK/who.json" 2>"$WORK/who.err"
want "a second musterctl knows who it is" has '.[0].officer.collar == "4471"' "$WORK/who.json"
"${ctl[@]}" logout >"$WORK/out.json" 2>"$WORK/out.err"

say "login with a code, light"
export MUSTER_BROWSER_DIR=$WORK/device
"${ctl[@]}" login --device >"$WORK/device.json" 2>"$WORK/device.err" & run=$!
for _ in $(seq 100); do [ -s "$WORK/device.json" ] && break; sleep 0.1; done
want "musterctl shows a code and an address" has '.[0].type == "device" and (.[0].code|length) >= 8 and (.[0].url|startswith("http://127.0.0.1"))' "$WORK/device.json"
"$BROWSER" "$(jq -r .url "$WORK/device.json")" &
front "Sign in another device · Northmoor Police"
shot 10-device-light
typed BCDFGHJK; key Tab; typed singh; key Tab; typed "$password"; key Return
front "Error: Sign in another device · Northmoor Police"
shot 11-device-wrong-light
key Tab Tab Tab
want "a code that no device shows is refused, and the page says so" page_says "No device is waiting with this code."
key shift+Tab shift+Tab shift+Tab; typed "$(jq -r .code "$WORK/device.json")"; key Return
front "The device is signed in · Northmoor Police"
shot 12-device-done-light
want "the page says that the device is signed in" page_says "You can close this page and go on at the device."
wait "$run" || fail "musterctl login --device ended with an error"
want "musterctl says who is signed in" has '.[1].officer.collar == "1187" and .[1].state == "signed-in"' "$WORK/device.json"
want "the browser ends with its page" closed
"${ctl[@]}" logout >"$WORK/out.json" 2>"$WORK/out.err"

say "login in the browser, dark"
export MUSTER_BROWSER_DARK=1
login dark brennan 8051 2
say "nothing readable"
want "no password and no name in the profile folder or on standard error" bash -c '! grep -rlaiE "whitelaw|brennan|not-the-password|$1" "$2" "$3"/*.err' _ "$password" "$profile" "$WORK"
