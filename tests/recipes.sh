#!/usr/bin/env bash
# Runs the recipes of examples/FromPika on a RabbitMQ of their own, with TLS, that may have alarms: a rabbitmq-server of the
# machine. It tells what it has skipped where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-recipes.XXXXXX")
part=recipes
. tests/programs.sh
. tests/broker.sh
trap 'stop_all; rm -rf "$work"' EXIT

find_pika || { echo "not ok recipes: there is no Python with pika; install python3-pika, or run this as root once"; exit 1; }
scripts_folder >/dev/null || { echo "skip recipes: there is no rabbitmq-server on this machine"; exit 0; }

# authority NAME, certificate AUTHORITY NAME EXTENSIONS
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext basicConstraints=critical,CA:TRUE -keyout "$work/$1.key" -out "$work/$1.pem"
}
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$work/$2.key" -out "$work/$2.csr" &&
    openssl x509 -req -in "$work/$2.csr" -CA "$work/$1.pem" -CAkey "$work/$1.key" -CAcreateserial -days 2 \
      -extfile <(printf '%s\n' "$3") -out "$work/$2.pem"
}
certificates() {
  authority root && authority stranger && certificate root server "subjectAltName=DNS:localhost" &&
    certificate root gustav "extendedKeyUsage=clientAuth" && certificate stranger nobody "extendedKeyUsage=clientAuth"
}
certificates >"$work/openssl" 2>&1 || { cat "$work/openssl"; echo "not ok recipes: openssl makes certificates"; exit 1; }

node=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-node.XXXXXX")
port=$(free_port); tls_port=$(free_port)
cp "$work"/{root.pem,server.pem,server.key} "$node"; chmod 644 "$node/server.key"; chmod 755 "$node"
echo '[rabbitmq_auth_mechanism_ssl].' >"$node/plugins"
cat >"$node/more.conf" <<CONF
listeners.ssl.local = 127.0.0.1:$tls_port
ssl_options.cacertfile = $node/root.pem
ssl_options.certfile = $node/server.pem
ssl_options.keyfile = $node/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
ssl_cert_login_from = common_name
CONF
start_node "$node" "$port" || { echo "not ok recipes: a broker with TLS starts"; exit 1; }

py() { timeout "$patience" "$python" -u "tests/interop/$1.py" "${@:2}"; }
declare -A dll=()
for file in examples/FromPika/*.cs; do
  name=$(basename "$file" .cs)
  if ! dll[$name]=$(built "$file"); then
    echo "${dll[$name]}"; echo "not ok recipes: $name builds"; exit 1
  fi
done
# with URI NAME ARGS...; start_with URI JOB NAME ARGS...
with() { timeout "$patience" env "BROKER_URI=$1" dotnet exec "${dll[$2]}" "${@:3}"; }
ours() { with "$BROKER_URI" "$@"; }
start_with() { start "$2" env "BROKER_URI=$1" dotnet exec "${dll[$3]}" "${@:4}"; }
holds() { [[ $(py count "$1") == "$2" ]]; }

# Getting, reading, confirms, threads
check "pika sends twelve" py send recipes m{1..12}
check "ReadTen reads in order" says '[x] m10' env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[ReadTen]}"
check "ten of them" eval '[[ $(grep -c "^\[x\]" "$work/said") == 10 ]]'
check "ReadTen leaves the rest" soon holds recipes 2
check "BasicGet gets them" says '[x] m12' env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[BasicGet]}"
check "BasicGet ends where there is nothing" says '[*] Nothing left' env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[BasicGet]}"
check "Confirms tells what came back" says "(312 NO_ROUTE)" env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[Confirms]}"
check "Confirms tells each outcome" eval '[[ $(grep -c ": Confirmed$" "$work/said") == 2 && $(grep -c ": Returned$" "$work/said") == 1 ]]'
check "ThreadedPublish loses nothing" says '[x] 5000 messages' env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[ThreadedPublish]}"

# Calls
check "DirectReplyTo gets an answer to each call" says '[x] Polo to Marco 3' env "BROKER_URI=$BROKER_URI" dotnet exec "${dll[DirectReplyTo]}"
check "DirectReplyTo does not wait for ever" grep -qF 'had no reply within 1 s' "$work/said"

# A queue of pika's
check "pika declares a classic queue" py declare recipes.classic durable
start_with "$BROKER_URI" classic ClassicQueue
check "ClassicQueue consumes from it" prints classic '[*] Waiting'
check "pika sends to it" "$python" -c "import pika; c = pika.BlockingConnection(pika.URLParameters('$BROKER_URI')); c.channel().basic_publish('', 'recipes.classic', 'from pika'); c.close()"
check "ClassicQueue receives" prints classic '[x] from pika'
check "ClassicQueue ends on Ctrl+C" ends_on_interrupt classic

# Work that blocks for longer than the broker waits for heartbeats
start_with "$BROKER_URI?heartbeat=1" threaded ThreadedWork
check "ThreadedWork waits" prints threaded '[*] Waiting'
check "pika sends work" py send recipes a..... b..... c..... d..... e..... f.....
check "ThreadedWork works on four at a time" prints threaded 'Received a.....' 'Received b.....' 'Received c.....' 'Received d.....'
check "and on the next when one is done" prints threaded 'Done a.....' 'Received e.....' 'Received f.....'
check "pika sends more" py send recipes g h
check "ThreadedWork ends on Ctrl+C" ends_on_interrupt threaded
check "what it had begun is done" prints threaded 'Done e.....' 'Done f.....'
check "no message came twice" printed threaded 'Again' 0
undone() { local n; n=$(grep -c 'Done' "$work/threaded.out"); soon holds recipes $((8 - n)); }
check "what it had not begun went back" undone
check "BasicGet takes it" ours BasicGet

# A publisher that is idle for longer than the heartbeats
mkfifo "$work/typed"
start idle env "BROKER_URI=$BROKER_URI?heartbeat=1" sh -c 'exec dotnet exec "$1" <"$2"' sh "${dll[IdlePublisher]}" "$work/typed"
exec 7>"$work/typed"
echo first >&7
check "IdlePublisher publishes" prints idle '[x] Sent first'
sleep 5
echo second >&7
check "and again after five heartbeats" prints idle '[x] Sent second'
exec 7>&-
check "IdlePublisher ends with its input" ends idle
check "both are there" soon holds recipes 2

# Several hosts: one that refuses, one that is killed
relay=$(free_port); dead=$(free_port)
start relay "$python" -u tests/interop/relay.py "$relay" "$port"
check "a relay runs" prints relay relaying
start_with "amqp://guest:guest@127.0.0.1:$dead,127.0.0.1:$relay,127.0.0.1:$port" hosts SeveralHosts
check "SeveralHosts receives through the second host" prints hosts '[x] first' '[x] second'
kill -9 "${running[relay]}"
check "SeveralHosts notices the loss" prints hosts '[!] Connecting'
check "pika sends another" py send recipes third
check "SeveralHosts receives through the third host" prints hosts '[!] Connected' '[x] third'
check "SeveralHosts ends on Ctrl+C" ends_on_interrupt hosts

# An alarm
start_with "$BROKER_URI?blocked_connection_timeout=1" blocked BlockedConnection
check "BlockedConnection publishes" prints blocked '[x] Confirmed'
check "the broker has an alarm" control "$node" set_vm_memory_high_watermark 0
check "BlockedConnection is told of it" prints blocked '[!] Blocked low on memory'
check "and gives each publish up in its time" prints blocked '[x] NotSent'
check "the alarm ends" control "$node" set_vm_memory_high_watermark 0.6
check "BlockedConnection publishes again" prints blocked '[!] Connected'
after_the_alarm() { sed '1,/Connected/d' "$work/blocked.out" | grep -q Confirmed; }
check "and is confirmed" soon after_the_alarm
check "BlockedConnection ends on Ctrl+C" ends_on_interrupt blocked

# TLS
tls=amqps://guest:guest@localhost:$tls_port
certificate_of() { echo "$work/root.pem" "$work/$1.pem" "$work/$1.key"; }
tls_says() { says "$1" env "BROKER_URI=$2" dotnet exec "${dll[TlsClientCertificate]}" "${@:3}"; }
# One attempt: a refusal in the handshake looks like a lost connection, which would be tried again until the deadline.
tls_fails() { fails_with "$1" env "BROKER_URI=$2" dotnet exec "${dll[TlsClientCertificate]}" "${@:3}"; }
# shellcheck disable=SC2046
{
  check "a client with a certificate logs in by password" tls_says '[x] Received Hello World!' "$tls" $(certificate_of gustav)
  check "a certificate that is no user's does not log in alone" tls_fails "refused the login by client certificate" "amqps://localhost:$tls_port?auth_mechanism=EXTERNAL" $(certificate_of gustav)
  check "the broker learns of a user" control "$node" add_user gustav none
  check "who has no password" control "$node" clear_password gustav
  check "and is permitted" control "$node" set_permissions gustav '.*' '.*' '.*'
  check "a certificate logs its user in" tls_says '[x] Received Hello World!' "amqps://localhost:$tls_port?auth_mechanism=EXTERNAL" $(certificate_of gustav)
  check "a certificate of another authority is refused" tls_fails "a client certificate" "$tls?connection_attempts=1" $(certificate_of nobody)
  check "a host name that is not in the broker's certificate is refused" tls_fails RemoteCertificateNameMismatch "amqps://guest:guest@127.0.0.1:$tls_port?connection_attempts=1" $(certificate_of gustav)
}
check "a client without a certificate is refused" fails_with "a client certificate" env "BROKER_URI=$tls?cacertfile=$work/root.pem&connection_attempts=1" dotnet exec "${dll[BasicGet]}"
exit "$bad"
