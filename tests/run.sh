#!/usr/bin/env bash
# Runs every test:  tests/run.sh [FILTER OF THE TEST RUNNER...]
#
#   tests/run.sh                                everything, on a broker that it finds or sets up
#   tests/run.sh -class '*PublisherTests'       some tests only, without the package and the programs
#   BROKER_URI=amqp://user:password@host tests/run.sh
#   BROKER_TEST=docker|process|uri              insists on one kind of broker
#   BROKER_IMAGE=rabbitmq:4-management          the image for Docker
#   TEST_PARTS="unit testbroker integration testing gates package aot examples tutorials recipes pages"
#   BROKER_PROFILE=4.3|4.0|3.10                 the RabbitMQ that the part testbroker is like
#   TEST_WITHOUT='*.Promises'                   leaves out this namespace of the integration tests
#   TEST_BUILT=1                                tests what was built before
#
# The part testbroker runs the integration tests, those of hosting among them, on the library's own test broker and needs
# no other. The rest is for a real one: without BROKER_URI that is Docker's, if it answers and has or can pull the image;
# otherwise rabbitmq-server as a private process on loopback, which is installed with apt-get when it is missing (that needs
# root). The last line is "N passed, N failed, N skipped"; the exit code is 0 only when something ran and nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/broker.sh

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# One warm compiler for the many builds of a run; it goes by itself when it has had nothing to do for a while.
export UseSharedCompilation=true SharedCompilationId=${SharedCompilationId:-broker-client-$$} MSBUILDDISABLENODEREUSE=1
without=(${TEST_WITHOUT:+-namespace- "$TEST_WITHOUT"})
parts=${TEST_PARTS:-unit testbroker integration testing gates package aot examples tutorials recipes pages}
limit=${TEST_LIMIT:-900}
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-run.XXXXXX") || exit 1
guard "$work" :

has() { [[ " $parts " == *" $1 "* ]]; }
heading() { printf '\n=== %s\n' "$*"; }

finish() {
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0 && passed > 0)); exit
}

# give_up WHY: what could not even be started counts as one failure.
give_up() { say "$*"; failed=$((failed + 1)); finish; }

# attribute NAME FILE: a number that the runner's XML report gives for the assembly.
attribute() { grep -o '<assembly [^>]*' "$2" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" | head -n 1; }

# run_project DLL FILTER...
run_project() {
  local report=$work/report.xml status total
  rm -f "$report"
  heading "$(basename "$1" .dll)"
  timeout --kill-after=30 "$limit" dotnet exec "$1" -noColor -noLogo -result-xml "$report" "${@:2}"
  status=$?
  total=$(attribute total "$report" 2>/dev/null)
  if [[ -z $total ]]; then
    say "$(basename "$1") ended with $status and left no report (124 is the limit of $limit s)"
    failed=$((failed + 1)); return
  fi
  local bad=$(($(attribute failed "$report") + $(attribute errors "$report")))
  ((status != 0 && bad == 0 && total > 0)) && { say "$(basename "$1") ended with $status"; bad=1; }
  passed=$((passed + $(attribute passed "$report"))) failed=$((failed + bad)) skipped=$((skipped + $(attribute skipped "$report")))
}

# run_script PATH: its lines "ok ...", "not ok ..." and "skip ..." are its tests.
run_script() {
  [[ -x $1 ]] || { say "there is no $1"; failed=$((failed + 1)); return; }
  local output=$work/script.txt status bad
  heading "$1"
  timeout --kill-after=30 "$limit" "$1" 2>&1 | tee "$output"
  status=${PIPESTATUS[0]}
  bad=$(grep -c '^not ok ' "$output")
  ((status != 0 && bad == 0)) && { say "$1 ended with $status"; bad=1; }
  passed=$((passed + $(grep -c '^ok ' "$output"))) failed=$((failed + bad))
  skipped=$((skipped + $(grep -c '^skip ' "$output")))
}

# scripts FILTERS: whether any of them is to run; not with a filter, which is for the test runner.
scripts() { (($1 == 0)) && { has gates || has package || has aot || has examples || has tutorials || has recipes; }; }

command -v dotnet >/dev/null || give_up "the .NET SDK is not on PATH"
if has integration || has testing || scripts 0; then
  choose_broker || give_up "there is no broker to test on"
  say "broker: $BROKER_TEST"
fi

if [[ -z ${TEST_BUILT:-} ]]; then
  heading build
  dotnet build Broker.Client.sln -c Release -v quiet || give_up "the build failed"
fi

# run_projects PART FILTER...: of the projects under tests/, those of this part.
run_projects() {
  local project name part
  has "$1" || return 0
  for project in tests/*/*.csproj; do
    name=$(basename "$project" .csproj) part=unit
    [[ $name == *Tests ]] || continue
    [[ $name == *IntegrationTests || $name == *Hosting.Tests ]] && part=integration
    [[ $name == *Testing.Tests ]] && part=testing
    [[ $name == *LiveTrends.Tests ]] && part=pages
    [[ $part == "$1" ]] && run_project "tests/$name/bin/Release/net10.0/$name.dll" "${@:2}"
  done
}
run_projects unit "$@"
if has pages; then
  command -v chromium >/dev/null || { can_install && install_package chromium; } || say "there is no Chromium for the pages"
  run_projects pages "$@"
fi
# Most of its time the suite waits for the times of clients, so that more tests at once do no harm here.
if has testbroker; then
  for name in Broker.Client.IntegrationTests Broker.Client.Hosting.Tests; do
    BROKER_TEST=testbroker run_project "tests/$name/bin/Release/net10.0/$name.dll" -maxThreads 8 "${without[@]}" "$@"
  done
fi
run_projects integration "${without[@]}" "$@"

# The rest wants a broker in BROKER_URI.
if has testing || scripts $#; then
  start_broker || give_up "no broker started for the proxy, the gates, the package and the programs"
  run_projects testing "$@"
  if (($# == 0)); then
    for part in gates package aot examples tutorials recipes; do has "$part" && run_script "tests/$part.sh"; done
  fi
fi
finish
