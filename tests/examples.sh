#!/usr/bin/env bash
# Runs the examples and checks what they print and answer:
#   tests/examples.sh [URI]       (or BROKER_URI) of a running broker
set -euo pipefail
uri=${1:-${BROKER_URI:?the URI of a broker}}
unset BROKER_URI
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-examples.XXXXXX")
part=examples
. tests/programs.sh
trap 'stop_all; rm -rf "$work"' EXIT
new_queue() { echo "examples.$1.$$.$(date +%s)"; }

# program NAME: the built program, built first if it is not.
program() {
  local dll=examples/$1/bin/Release/net10.0/$1.dll
  [[ -e $dll ]] || dotnet build "examples/$1" -c Release -v quiet >&2 || return 1
  echo "$dll"
}
quickstart=$(program Quickstart); producing=$(program Producer); consuming=$(program Consumer)
testing=$(program TestYourHandler); testing_app=$(program TestWebOrders)
bus=$(program EventBus); packing=$(program MessagePackFormat); tokens=$(program OAuth2); polling=$(program Polling)
offsets=$(program PostgresOffsets)
program Worker >"$work/last"; shop=$(program WebOrders)
sends() { timeout 60 dotnet exec "$producing" "$@"; }

check "Quickstart sends and receives" says '[x] Received Hello World!' dotnet exec "$quickstart" --uri "$uri"
check "Quickstart brings a broker of its own" says '[x] Received Hello World!' dotnet exec "$quickstart"
check "Quickstart takes BROKER_URI" says '[x] Received Hello World!' env "BROKER_URI=$uri" dotnet exec "$quickstart"
check "TestYourHandler passes, on a broker of its own" says 'Total: 1, Errors: 0, Failed: 0, Skipped: 0' dotnet exec "$testing" -noColor
check "TestWebOrders passes, on a broker of its own" says 'Total: 3, Errors: 0, Failed: 0, Skipped: 0' dotnet exec "$testing_app" -noColor

for mode in after-handler before-handler manual; do
  queue=$(new_queue "$mode")
  check "Producer sends its argument ($mode)" sends --uri "$uri" --queue "$queue" "Hello $mode"
  start consumer dotnet exec "$consuming" --uri "$uri" --queue "$queue" --ack "$mode"
  check "Consumer receives it ($mode)" prints consumer "[x] Received Hello $mode"
  check "Consumer ends on an interrupt ($mode)" ends_on_interrupt consumer
done

queue=$(new_queue lines)
export BROKER_URI=$uri
start consumer dotnet exec "$consuming" --queue "$queue"
check "Producer sends the lines of its input" sends --queue "$queue" < <(printf 'first line\nsecond line\n')
check "Consumer receives them, in its default mode" prints consumer '[x] Received first line' '[x] Received second line'
check "Consumer ends on an interrupt" ends_on_interrupt consumer
unset BROKER_URI

# start_app NAME ARGS...: with dotnet run, and a port of its own; sets $at to its address.
start_app() {
  start "$1" dotnet run --no-build -c Release --project "examples/$1" -- --urls http://127.0.0.1:0 "${@:2}"
  prints "$1" 'Application started' >/dev/null
  at=$(sed -n 's/.*Now listening on: \(http[^ ]*\).*/\1/p' "$work/$1.out")
}
# ask PATH CURL'S OPTIONS...: prints the answer and then its status.
ask() { curl -sS --noproxy '*' --max-time 30 -w '\n%{http_code}\n' "${@:2}" "$at$1"; }
# answers TEXT PATH CURL'S OPTIONS...
answers() { local answer; answer=$(ask "${@:2}"); echo "$answer"; grep -qF -- "$1" <<<"$answer"; }
order() { ask /orders -H 'Content-Type: application/json' -d "{\"item\":\"$1\",\"quantity\":$2}" | tee "$work/order"; tail -n 1 "$work/order" | grep -qx 202; }
ordered() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$work/order"; }

for broker in inside real; do
  if [[ $broker == inside ]]; then arguments=() own=1; else arguments=("--ConnectionStrings:broker=$uri") own=0; fi
  check "WebOrders starts ($broker)" start_app WebOrders "${arguments[@]}"
  check "it brings a broker where none is configured, and only there ($broker)" printed WebOrders 'using a test broker' "$own"
  check "WebOrders is healthy ($broker)" soon answers Healthy /health
  check "it takes an order ($broker)" order rope 2
  check "it ships it ($broker)" soon answers '"quantity":2' "/orders/$(ordered)"
  check "it takes an order for what it has not ($broker)" order anvil 7
  check "that one is parked after three attempts ($broker)" soon answers '"attempts":3' /parked
  check "and says why ($broker)" answers 'There are 0 of anvil, and 7 are wanted.' /parked
  check "it is not shipped ($broker)" answers 404 "/orders/$(ordered)"
  check "anvils come ($broker)" answers 200 '/stock/anvil?quantity=10' -X PUT
  check "the order is sent home ($broker)" answers '{"count":1}' /parked/home -X POST
  check "and is shipped ($broker)" soon answers '"item":"anvil"' "/orders/$(ordered)"
  check "nothing is parked any more ($broker)" answers '[]' /parked
  check "WebOrders ends on Ctrl+C ($broker)" ends_on_interrupt WebOrders
done
check "WebOrders does not start in production without a broker" \
  fails_with 'does not run in production' env ASPNETCORE_ENVIRONMENT=Production dotnet exec "$shop"

check "Worker starts, on a broker of its own" start_app Worker
inside=$(sed -n 's/.*inside this program, \(amqp[^ ]*\).*/\1/p' "$work/Worker.out")
check "Worker is ready" soon answers Healthy /health/ready
check "Worker is alive" answers Healthy /health/live
check "somebody sends it a reading" sends --uri "$inside" --queue readings '{"sensor":"oven","celsius":99}'
check "Worker raises an alarm" prints Worker 'Too hot in oven: 99 degrees'
check "Worker tells of it in traces" prints Worker 'Activity.DisplayName:        process readings' 'Activity.DisplayName:        publish alarms'
check "Worker ends on Ctrl+C" ends_on_interrupt Worker
check "Worker has told its metrics" grep -F 'messaging.client.consumed.messages' "$work/Worker.out"

start EventBus dotnet exec "$bus"
check "EventBus tells each subscriber of every event, on a broker of its own" prints EventBus \
  'totals: 1500 after event 4' 'journal: event 4 is a trade of 500' 'late: replayed event 4'
check "it ends on Ctrl+C" ends_on_interrupt EventBus
check "and has stored its position" printed EventBus 'totals stopped at 5'

packed='[x] Received Parcel { Id = 7, Item = anvil, Kilograms = 40.5 }, 17 bytes of application/x-msgpack'
check "MessagePackFormat sends and receives, on a broker of its own" says "$packed" dotnet exec "$packing"
check "MessagePackFormat sends and receives" says "$packed" dotnet exec "$packing" "--ConnectionStrings:broker=$uri"

start tokens dotnet exec "$tokens"
check "OAuth2 logs in with a token" prints tokens '[x] Received tick 1'
# Two for the two connections, and two for each renewal: when the sixth comes, the first two are over.
check "OAuth2 renews it again and again" prints tokens '[x] Token 6 is given out'
check "and stays connected" printed tokens 'was lost' 0
check "OAuth2 ends on Ctrl+C" ends_on_interrupt tokens

start polling dotnet exec "$polling" --urls "http://127.0.0.1:$(shuf -i 20000-31999 -n 1)" --broker "$uri"
check "Polling gets what was new" prints polling '[x] Got {"id":' 'anvil 3'
check "it asks for nothing, too, and gets no body then" grep -E 'Asked [0-9]+ times, [1-9][0-9]* of them for nothing' "$work/polling.out"
check "each came once" printed polling '"item":"anvil 1"' 1
check "Polling ends on Ctrl+C" ends_on_interrupt polling

# A PostgreSQL of its own; it runs as nobody who is root.
start_postgres() {
  local bin run=()
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || { can_install && install_package postgresql; }
  bin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | sort -V | tail -n 1)")
  mkdir "$work/postgres"
  if [[ $(id -u) == 0 ]]; then chmod 755 "$work"; chown postgres "$work/postgres"; run=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
  (cd "$work/postgres" && "${run[@]}" "$bin/initdb" -D data -A trust -U postgres) || return 1
  postgres_port=$(shuf -i 20000-31999 -n 1)
  start postgres env -C "$work/postgres" "${run[@]}" "$bin/postgres" -D data -k "$work/postgres" -p "$postgres_port" -c listen_addresses=127.0.0.1
  soon "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port"
}
check "a PostgreSQL starts" start_postgres
for run in 0 3; do
  start offsets dotnet exec "$offsets" "Host=127.0.0.1;Port=$postgres_port;Username=postgres" "$uri"
  check "PostgresOffsets handles from event $run on" prints offsets "20 degrees, event $run" "23 degrees, event $((run + 2))"
  check "and nothing before ($run)" printed offsets '[x]' 3
  check "it ends on Ctrl+C ($run)" ends_on_interrupt offsets
  check "and says where the next run begins ($run)" grep -F "begins at event $((run + 3))" "$work/offsets.out"
done
exit "$bad"
