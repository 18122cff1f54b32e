#!/usr/bin/env bash
# The integration tests in Debian's package of amqp091-go:  go.sh LABEL URI [REFUSED]
# REFUSED names a file of tests that must fail, NAME | REASON a line.
set -uo pipefail
label=$1 uri=$2 refused=${3:-/dev/null} bad=0
packages=/usr/share/gocode
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-go.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
# A copy in a GOPATH of its own: as a module it would be looked for on the network.
mkdir -p "$work/src/github.com/rabbitmq"
cp -r "$packages/src/github.com/rabbitmq/amqp091-go" "$work/src/github.com/rabbitmq/" &&
  cd "$work/src/github.com/rabbitmq/amqp091-go" || exit 1
export GO111MODULE=off GOPATH=$work:$packages GOCACHE=${TMPDIR:-/tmp}/broker-client-gocache GOFLAGS=
tests=$(grep -ho '^func Test[A-Za-z0-9_]*' integration_test.go connection_test.go | cut -d' ' -f2 | paste -sd'|')
AMQP_URL=$uri timeout --kill-after=10 300 \
  go test -tags integration -timeout 240s -v -run "^($tests)\$" . >"$work/output" 2>&1
is_refused() { cut -d' ' -f1 "$refused" | grep -qxF -- "$1"; }

while read -r mark result name _; do
  [[ $mark == --- ]] || continue
  title="gates: amqp091-go, $label: $name"
  case ${result%:} in
    PASS) if is_refused "$name"; then echo "not ok $title passes and is listed as refused"; bad=1; else echo "ok $title"; fi ;;
    FAIL) if is_refused "$name"; then echo "ok $title is refused"; else echo "not ok $title"; bad=1; fi ;;
    SKIP) echo "skip $title" ;;
  esac
done < <(grep '^--- ' "$work/output")
if ! grep -qE '^(ok|FAIL)\s' "$work/output" || grep -q '^panic: ' "$work/output"; then
  echo "not ok gates: amqp091-go, $label: its tests did not run to the end"; bad=1
fi
((bad == 0)) || grep -v '^=== ' "$work/output" | tail -n 60 | sed 's/^/# /'
exit "$bad"
