#!/usr/bin/env bash
# Runs the examples and checks what they print:
#   tests/examples.sh [URI]       (or BROKER_URI) of a running broker
set -euo pipefail
uri=${1:-${BROKER_URI:?the URI of a broker}}
unset BROKER_URI
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-examples.XXXXXX")
trap 'rm -rf "$work"; [[ -n ${consumer:-} ]] && kill -9 "$consumer" 2>/dev/null' EXIT
consumer='' bad=0
check() { if "${@:2}" >"$work/last" 2>&1; then echo "ok examples: $1"; else cat "$work/last"; echo "not ok examples: $1"; bad=1; fi; }
new_queue() { echo "examples.$1.$$.$(date +%s)"; }

# program NAME: the built program, built first if it is not.
program() {
  local folder=examples/$1/bin/Release/net10.0 found
  ls "$folder"/*.runtimeconfig.json >/dev/null 2>&1 ||
    dotnet build "examples/$1" -c Release -v quiet >&2 || return 1
  found=$(ls "$folder"/*.runtimeconfig.json); echo "${found%.runtimeconfig.json}.dll"
}
quickstart=$(program Quickstart); producing=$(program Producer); consuming=$(program Consumer)
testing=$(program TestYourHandler)

prints() { local text=$1; shift; timeout 60 "$@" >"$work/output" 2>&1 || { cat "$work/output"; return 1; }; cat "$work/output"; grep -qF -- "$text" "$work/output"; }
sends() { timeout 60 dotnet exec "$producing" "$@"; }

# start_consumer ARGS...: in a job of its own, so that an interrupt is not ignored as in other background programs.
start_consumer() {
  set -m
  dotnet exec "$consuming" "$@" >"$work/consumer" 2>&1 </dev/null &
  consumer=$!
  set +m
}
# receives TEXT...
receives() {
  local text
  for text in "$@"; do
    for _ in $(seq 150); do
      grep -qF -- "[x] Received $text" "$work/consumer" && continue 2
      kill -0 "$consumer" 2>/dev/null || break
      sleep 0.2
    done
    echo "did not receive $text:"; cat "$work/consumer"; return 1
  done
}
# ends_on_interrupt: within 20 s, with exit code 0.
ends_on_interrupt() {
  local pid=$consumer status=0
  kill -INT "$pid" || { cat "$work/consumer"; return 1; }
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  kill -9 "$pid" 2>/dev/null && { echo "still runs after 20 s"; cat "$work/consumer"; return 1; }
  wait "$pid" || status=$?
  consumer=''
  [[ $status == 0 ]] || { echo "ended with $status"; cat "$work/consumer"; return 1; }
}

check "Quickstart sends and receives" prints '[x] Received Hello World!' dotnet exec "$quickstart" --uri "$uri"
check "Quickstart brings a broker of its own" prints "[x] Received Hello World!" env -u BROKER_URI dotnet exec "$quickstart"
check "Quickstart takes BROKER_URI" prints '[x] Received Hello World!' env "BROKER_URI=$uri" dotnet exec "$quickstart"
check "TestYourHandler passes, on a broker of its own" prints 'Total: 1, Errors: 0, Failed: 0, Skipped: 0' dotnet exec "$testing" -noColor

for mode in after-handler before-handler manual; do
  queue=$(new_queue "$mode")
  check "Producer sends its argument ($mode)" sends --uri "$uri" --queue "$queue" "Hello $mode"
  start_consumer --uri "$uri" --queue "$queue" --ack "$mode"
  check "Consumer receives it ($mode)" receives "Hello $mode"
  check "Consumer ends on an interrupt ($mode)" ends_on_interrupt
done

queue=$(new_queue lines)
export BROKER_URI=$uri
start_consumer --queue "$queue"
check "Producer sends the lines of its input" sends --queue "$queue" < <(printf 'first line\nsecond line\n')
check "Consumer receives them, in its default mode" receives 'first line' 'second line'
check "Consumer ends on an interrupt" ends_on_interrupt
exit "$bad"
