#!/usr/bin/env bash
# Runs the tutorials, each program with its own counterpart and with Python's pika, both ways:
#   tests/tutorials.sh [URI]       (or BROKER_URI) of a running broker
set -euo pipefail
export BROKER_URI=${1:-${BROKER_URI:?the URI of a broker}}
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-tutorials.XXXXXX")
part=tutorials
. tests/programs.sh
trap 'stop_all; rm -rf "$work"' EXIT

# The yardstick: Python's twelve programs of tutorials 1 to 6 have 285 lines of code, those of .NET 364.
code_lines() { cat "$@" | grep -cvE '^[[:space:]]*(//.*)?$'; }
twelve() {
  local lines; lines=$(code_lines examples/Tutorials/[1-6]-*/*.cs)
  echo "The programs of tutorials 1 to 6 have $lines lines of code."
  ((lines <= 140))
}
not_wide() { ! grep -nE '^.{141,}' examples/Tutorials/*/*.cs examples/FromPika/*.cs; }
check "the twelve programs have at most 140 lines of code" twelve
check "no line is a wide one" not_wide

find_pika || { echo "not ok tutorials: there is no Python with pika; install python3-pika, or run this as root once"; exit 1; }
py() { timeout "$patience" "$python" -u "tests/interop/$1.py" "${@:2}"; }
start_py() { start "$1" "$python" -u "tests/interop/$2.py" "${@:3}"; }

declare -A dll=()
for file in examples/Tutorials/*/*.cs; do
  name=$(basename "$file" .cs)
  if ! dll[$name]=$(built "$file"); then
    echo "${dll[$name]}"; echo "not ok tutorials: $name builds"; exit 1
  fi
done
# ours NAME ARGS..., start_ours JOB NAME ARGS...
ours() { timeout "$patience" dotnet exec "${dll[$1]}" "${@:2}"; }
start_ours() { start "$1" dotnet exec "${dll[$2]}" "${@:3}"; }
clean() { py delete hello task_queue rpc_queue logs direct_logs topic_logs; }
holds() { [[ $(py count "$1") == "$2" ]]; }
clean

# 1. Hello World
check "Send sends" ours Send
start_ours receive Receive
check "Receive receives" prints receive '[x] Received Hello World!'
check "pika sends to Receive" py send hello 'hello from pika' 'über alles 日本語'
check "Receive has what pika sent" prints receive '[x] Received hello from pika' '[x] Received über alles 日本語'
check "Receive ends on Ctrl+C" ends_on_interrupt receive
start_py receive-py receive hello
check "Send sends to pika" ours Send
check "pika has what Send sent" prints receive-py '[py] received Hello World! (persistent, text/plain; charset=utf-8)'
check "pika ends on Ctrl+C" ends_on_interrupt receive-py
start with-run dotnet run -c Release examples/Tutorials/1-HelloWorld/Receive.cs
prints with-run 'To exit press Ctrl+C' >/dev/null || true
check "a tutorial ends on Ctrl+C under dotnet run, too" ends_on_interrupt with-run

# 2. Work queues
start_ours one Worker
start_ours two Worker
check "both workers wait" eval 'prints one "[*] Waiting" && prints two "[*] Waiting"'
check "NewTask sends a long task" ours NewTask 'ours long...'
check "pika sends one too" py send task_queue 'theirs long...'
at_work() { cat "$work/one.out" "$work/two.out" | grep -cF 'long...' | grep -qx 2; }
check "both are worked at" soon at_work
check "one each" eval 'printed one "long..." && printed two "long..."'
check "more tasks wait" py send task_queue waiting1 waiting2
check "a worker that is interrupted finishes its task and ends" ends_on_interrupt one
check "it says so" eval 'printed one "[x] Done" && printed one waiting 0'
check "the other one does the rest" prints two waiting1 waiting2
check "and ends" ends_on_interrupt two
check "nothing is left" soon holds task_queue 0
start_py worker-py receive task_queue
check "NewTask sends to pika" ours NewTask A very easy task
check "pika has it" prints worker-py '[py] received A very easy task (persistent'
check "pika's worker ends" ends_on_interrupt worker-py

# 3. Publish/subscribe
start_ours logs1 ReceiveLogs
start_ours logs2 ReceiveLogs
start_py logs3 subscribe logs fanout ''
check "three listen" eval 'prints logs1 "[*] Waiting" && prints logs2 "[*] Waiting" && prints logs3 "[py] waiting"'
check "EmitLog sends" ours EmitLog 'info: from us'
check "pika emits" py emit logs fanout '' 'info: from pika'
for job in logs1 logs2 logs3; do check "$job hears both" prints $job 'from us' 'from pika'; done
for job in logs1 logs2 logs3; do check "$job ends" ends_on_interrupt $job; done
check "EmitLog sends where nobody listens" says '[x] Sent info: Hello World!' dotnet exec "${dll[EmitLog]}"

# 4. Routing
check "ReceiveLogsDirect without a severity says how it is used" fails_with 'Usage: ReceiveLogsDirect' dotnet exec "${dll[ReceiveLogsDirect]}"
start_ours grave ReceiveLogsDirect warning error
start_py grave-py subscribe direct_logs direct warning error
check "two listen" eval 'prints grave "[*] Waiting" && prints grave-py "[py] waiting"'
check "EmitLogDirect sends info, which nobody wants" ours EmitLogDirect
check "EmitLogDirect sends an error" ours EmitLogDirect error 'our error'
check "pika emits info" py emit direct_logs direct info 'nothing'
check "pika emits a warning" py emit direct_logs direct warning 'their warning'
for job in grave grave-py; do
  check "$job hears both" prints $job 'error: our error' 'warning: their warning'
  check "$job hears nothing else" printed $job 'info' 0
  check "$job ends" ends_on_interrupt $job
done

# 5. Topics
check "ReceiveLogsTopic without a pattern says how it is used" fails_with 'Usage: ReceiveLogsTopic' dotnet exec "${dll[ReceiveLogsTopic]}"
start_ours topics ReceiveLogsTopic 'kern.*' '*.critical'
start_py topics-py subscribe topic_logs topic 'kern.*' '*.critical'
check "two listen to topics" eval 'prints topics "[*] Waiting" && prints topics-py "[py] waiting"'
check "EmitLogTopic sends what both patterns match" ours EmitLogTopic kern.critical 'ours twice'
check "pika emits what none matches" py emit topic_logs topic cron.info 'none'
check "EmitLogTopic sends what none matches" ours EmitLogTopic
check "pika emits what one matches" py emit topic_logs topic cron.critical 'theirs once'
for job in topics topics-py; do
  check "$job hears both" prints $job 'kern.critical: ours twice' 'cron.critical: theirs once'
  check "$job hears each once and nothing else" eval "printed $job ours && printed $job theirs && printed $job info 0"
  check "$job ends" ends_on_interrupt $job
done

# 6. RPC
check "RpcClient is told that nobody serves" fails_with "rpc_queue" dotnet exec "${dll[RpcClient]}"
start_ours server RpcServer
check "RpcServer waits" prints server '[*] Awaiting requests'
check "RpcClient asks RpcServer" says '[.] Got 832040' dotnet exec "${dll[RpcClient]}"
check "pika asks RpcServer" says '[py] got 55' "$python" tests/interop/rpc_client.py rpc_queue 10
check "pika asks it over direct reply-to" says '[py] got 144' "$python" tests/interop/rpc_client.py rpc_queue 12 direct
check "RpcServer has served them" prints server '[.] fib(30)' '[.] fib(10)' '[.] fib(12)'
check "RpcServer ends on Ctrl+C" ends_on_interrupt server
start_py server-py rpc_server rpc_queue
check "pika serves" prints server-py '[py] waiting'
check "RpcClient asks pika" says '[.] Got 49' dotnet exec "${dll[RpcClient]}" 7
check "pika has answered" prints server-py '[py] answered 7'
check "pika's server ends" ends_on_interrupt server-py

# 7. Publisher confirms
start_ours confirms PublisherConfirms 2000
check "all are confirmed in three ways" prints confirms '2,000 confirmed one by one' '2,000 confirmed in batches' '2,000 confirmed as fast'
check "PublisherConfirms ends" ends confirms

# What somebody who comes from pika meets on the first day: pika declares classic queues.
clean
check "pika declares a classic queue" py declare hello durable
check "Send is told what to write" fails_with 'declare it with `new QueueOptions { Type = QueueType.Classic }`' dotnet exec "${dll[Send]}"
clean
exit "$bad"
