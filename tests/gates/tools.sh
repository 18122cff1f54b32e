#!/usr/bin/env bash
# Round trips of Debian's amqp-tools:  tools.sh LABEL URI
set -uo pipefail
label=$1 uri=$2
queue=gate.tools.$$ bad=0
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-tools.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
check() {
  if "${@:2}" >"$work/last" 2>&1; then echo "ok gates: amqp-tools, $label: $1"
  else sed 's/^/# /' "$work/last"; echo "not ok gates: amqp-tools, $label: $1"; bad=1; fi
}
tool() { timeout 30 "amqp-$1" --url "$uri" "${@:2}"; }
prints() {
  local text=$1 status=0
  "${@:2}" >"$work/output" || status=$?
  cat "$work/output"
  [[ $status == 0 && $(<"$work/output") == "$text" ]]
}
fails_with() {
  local text=$1
  ! "${@:2}" >"$work/output" 2>&1 || return 1
  cat "$work/output"
  grep -qF -- "$text" "$work/output"
}
ends_with() { local wanted=$1; shift; "$@"; [[ $? == "$wanted" ]]; }
publish_lines() { printf 'one\ntwo\nthree\n' | tool publish -r "$queue" -l; }
publish_large() { head -c 1000000 /dev/zero | tr '\0' x | tool publish -r "$queue" -p -C text/plain; }
get_large() { [[ $(tool get -q "$queue" | wc -c) == 1000000 ]]; }

check "declares a queue" prints "$queue" tool declare-queue -q "$queue"
check "declares it again" prints "$queue" tool declare-queue -q "$queue"
check "refuses to declare it durable" fails_with 406 tool declare-queue -q "$queue" -d
check "publishes" tool publish -r "$queue" -b hello
check "gets" prints hello tool get -q "$queue"
check "gets nothing from an empty queue" ends_with 2 tool get -q "$queue"
check "publishes lines" publish_lines
check "consumes so many" prints $'one\ntwo\nthree' tool consume -q "$queue" -c 3 cat
check "publishes a message of many frames" publish_large
check "gets it" get_large
check "publishes through an exchange" tool publish -e amq.fanout -r key -b gone
check "is refused an exchange that is not there" fails_with '' tool publish -e gate.none -r key -b gone
check "publishes for a consumer with prefetch" tool publish -r "$queue" -b last
check "consumes with prefetch" prints last tool consume -q "$queue" -p 1 -c 1 cat
check "deletes an empty queue" prints 0 tool delete-queue -q "$queue" -e
check "cannot get from it then" fails_with 404 tool get -q "$queue"
uri=${uri/:\/\/*@/:\/\/guest:wrong@}
check "cannot log in with a wrong password" fails_with '' tool get -q "$queue"
exit "$bad"
