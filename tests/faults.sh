#!/usr/bin/env bash
# Tests the promises with many faults:  tests/faults.sh [PROMISE...]
#
#   tests/faults.sh                    every promise, at the figures of a night
#   tests/faults.sh P2 P5              these
#   PROMISE_TIER=pr|night|release      how much; tests/run.sh runs the same tests at those of pr
#   PROMISE_SEED=4711                  draws again what a run has drawn; without it a new one, which is printed
#   PROMISE_LOG=FILE                   gets one JSON line a run; without it a file under artifacts/
#   BROKER_TEST, BROKER_URI, BROKER_IMAGE      the broker, as for tests/run.sh
#
# The tests run one after the other: some say how long an outage may be. The last line counts the runs that held, that found
# a promise broken, and that are void because a fault did not bite; the exit code is 0 only when all held.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/broker.sh

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
project=tests/Broker.Client.IntegrationTests
promises=("$@")
((${#promises[@]})) || promises=(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 C1 C2 C3 C4 C5 C6 C7 C8 E1 L1 L2 L3 L4 L5 L6 S7)
export PROMISE_TIER=${PROMISE_TIER:-night} PROMISE_SEED=${PROMISE_SEED:-$((RANDOM * 32768 + RANDOM))}
PROMISE_LOG=${PROMISE_LOG:-artifacts/promises-$PROMISE_TIER-$PROMISE_SEED.jsonl}
PROMISE_LOG=$(realpath --canonicalize-missing "$PROMISE_LOG") && export PROMISE_LOG # the test runner has a folder of its own

filters=()
for promise in "${promises[@]}"; do filters+=(-trait "Promise=$promise"); done

# count RESULT: the lines of this run with this result.
count() { tail -n "+$((before + 1))" "$PROMISE_LOG" | grep -c "\"result\":\"$1\""; }

command -v dotnet >/dev/null || { say "the .NET SDK is not on PATH"; exit 1; }
[[ ${BROKER_TEST:-} == testbroker ]] || choose_broker || { say "there is no broker to test on"; exit 1; }
dotnet build "$project" -c Release -v quiet --disable-build-servers || exit 1
mkdir -p "$(dirname "$PROMISE_LOG")" && touch "$PROMISE_LOG" || exit 1
before=$(wc -l <"$PROMISE_LOG")

say "${promises[*]} at the figures of $PROMISE_TIER, PROMISE_SEED=$PROMISE_SEED, into $PROMISE_LOG"
dotnet exec "$project/bin/Release/net10.0/Broker.Client.IntegrationTests.dll" -noColor -noLogo -parallel none "${filters[@]}"
status=$?

held=$(count held)
printf '\n%d held, %d broken, %d void: %s\n' "$held" "$(count broken)" "$(count void)" "$PROMISE_LOG"
((status == 0 && held > 0))
