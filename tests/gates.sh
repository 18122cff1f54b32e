#!/usr/bin/env bash
# The gates of the test broker: clients of other languages, unmodified, against a TestBroker of every profile.
#
#   tests/gates.sh [URI]       (or BROKER_URI) runs them on that RabbitMQ too, which finds a gate that is wrong itself
#   GATES="pika amqplib tools go"     the gates to run; go, whose compiler is a large download, only when named
#
# pika, amqp-tools and amqp091-go are Debian's packages, installed with apt-get where they are missing; amqplib comes from
# npm. It and amqp091-go run the tests that are in their own packages; what a TestBroker refuses of them is listed. Lines
# begin with "ok", "not ok" or "skip".
set -uo pipefail
uri=${1:-${BROKER_URI:-}}
unset BROKER_URI
cd "$(dirname "$0")/.." || exit 1
. tests/install.sh
gates=${GATES:-pika amqplib tools}
host_dll=tests/Broker.Client.TestBrokerHost/bin/Release/net10.0/Broker.Client.TestBrokerHost.dll
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-gates.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

has() { [[ " $gates " == *" $1 "* ]]; }
fail() { echo "not ok gates: $*"; bad=1; }

# package NAME COMMAND...: Debian's package, which is here when the command succeeds. Without root it is a skip.
package() {
  "${@:2}" >/dev/null 2>&1 && return 0
  can_install || { echo "skip gates: $1 is not installed"; return 1; }
  install_package "$1"
  "${@:2}" >/dev/null 2>&1 && return 0
  fail "$1 cannot be installed"
  return 1
}

[[ -f $host_dll ]] ||
  dotnet build tests/Broker.Client.TestBrokerHost -c Release -v quiet >&2 ||
  { fail "the host of the test broker is not built"; exit 1; }

# start_host PROFILE: sets broker to the URI of a TestBroker that lives until stop_host.
start_host() {
  coproc HOST { exec dotnet exec "$host_dll" --profile "$1"; }
  read -r -t 30 broker <&"${HOST[0]}" || { fail "no TestBroker $1 started"; return 1; }
}
stop_host() {
  local input=${HOST[1]} pid=$HOST_PID status=0
  exec {input}>&-
  wait "$pid" || status=$?
  ((status == 0)) || fail "TestBroker $1 ended with $status"
}

# amqplib LABEL URI [REFUSED]: one at a time on this machine, since a test of it listens on a port of its choice.
amqplib() {
  local output=$work/amqplib.$BASHPID
  (
    cd tests/gates/amqplib || exit 1
    command -v flock >/dev/null && flock 9
    LABEL="amqplib, $1" URL=$2 REFUSED=${3:-} timeout --kill-after=10 300 node --require ./redirect.cjs --test \
      --test-timeout=60000 --test-reporter=./reporter.mjs \
      node_modules/amqplib/test/{callback_api,channel_api,connect}.test.js
  ) 9>"${TMPDIR:-/tmp}/broker-client-amqplib.lock" >"$output" 2>&1
  cat "$output"
  # All that version 2.2.0 has. Not the exit code, which a refused test makes 1.
  grep -q '^# 75 tests$' "$output" || fail "amqplib, $1: its tests did not run to the end"
  ! grep -q '^not ok ' "$output" || bad=1
}

if has pika && ! package python3-pika /usr/bin/python3 -c 'import pika'; then gates=${gates/pika/}; fi
if has tools && ! package amqp-tools command -v amqp-get; then gates=${gates/tools/}; fi
go_package=golang-github-rabbitmq-amqp091-go-dev
if has go && ! { package golang-go command -v go &&
  package "$go_package" test -d /usr/share/gocode/src/github.com/rabbitmq/amqp091-go &&
  package golang-go.uber-goleak-dev test -d /usr/share/gocode/src/go.uber.org/goleak; }; then gates=${gates/go/}; fi
if has amqplib; then
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "skip gates: there is no node with npm for amqplib"; gates=${gates/amqplib/}
  elif ! (cd tests/gates/amqplib && npm ci --silent >&2); then
    fail "npm cannot install amqplib"; gates=${gates/amqplib/}
  fi
fi

# on_test_broker PROFILE: every gate; their waits are long, so the profiles run side by side.
on_test_broker() {
  if has pika; then
    tests/gates/pika/run.py "TestBroker $1" -- dotnet exec "$host_dll" --profile "$1" || bad=1
  fi
  if has tools || has amqplib || has go; then
    start_host "$1" || exit 1
    if has tools; then tests/gates/tools.sh "TestBroker $1" "$broker" || bad=1; fi
    if has amqplib; then amqplib "TestBroker $1" "$broker" refused.txt; fi
    if has go; then tests/gates/go.sh "TestBroker $1" "$broker" "$PWD/tests/gates/go-refused.txt" || bad=1; fi
    stop_host "$1"
  fi
  exit "$bad"
}

on_rabbit() {
  if has pika; then tests/gates/pika/run.py RabbitMQ "$uri" || bad=1; fi
  if has tools; then tests/gates/tools.sh RabbitMQ "$uri" || bad=1; fi
  # Its tests log in as guest, whatever URL says.
  if has amqplib && [[ $uri == *//guest:guest@* ]]; then amqplib RabbitMQ "$uri"; fi
  if has go; then tests/gates/go.sh RabbitMQ "$uri" || bad=1; fi
  exit "$bad"
}

export PYTHONDONTWRITEBYTECODE=1
jobs=()
for profile in V4_3 V4_0 V3_10; do
  (on_test_broker "$profile") >"$work/$profile" 2>&1 &
  jobs+=($! "$profile")
done
if [[ -n $uri ]]; then
  (on_rabbit) >"$work/RabbitMQ" 2>&1 &
  jobs+=($! RabbitMQ)
fi
for ((i = 0; i < ${#jobs[@]}; i += 2)); do
  wait "${jobs[i]}" || bad=1
  cat "$work/${jobs[i + 1]}"
done
exit "$bad"
