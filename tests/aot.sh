#!/usr/bin/env bash
# Publishes a program as native code, where a warning of the compiler or of the trimmer is an error, and runs it:
#   tests/aot.sh [URI]       (or BROKER_URI) of a running broker
# Beside the SDK that takes a C compiler, which links; it is installed with apt-get where there is none, which wants root.
set -euo pipefail
export BROKER_URI=${1:-${BROKER_URI:?the URI of a broker}}
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-aot.XXXXXX")
part=aot
. tests/programs.sh
trap 'rm -rf "$work"' EXIT

links() { echo 'int main(void) { return 0; }' | "$(command -v clang || command -v gcc)" -x c - -o "$work/linked"; }
install_linker() {
  can_install || { echo "install gcc and libc6-dev, or run this as root once"; return 1; }
  install_package libc6-dev && install_package gcc && links
}
check "there is what links native programs" eval 'links || install_linker'

publishes() {
  dotnet publish tests/Broker.Client.AotSmoke -c Release -v quiet -o "$work/native" >"$work/publish" 2>&1 || { cat "$work/publish"; return 1; }
  ! grep -w warning "$work/publish"
}
check "a program with the client and its hosting publishes as native code, without a warning" publishes
program=$work/native/Broker.Client.AotSmoke
is_native() { [[ -x $program && ! -e $program.dll ]]; }
check "it is one native file" is_native

check "it runs" eval 'timeout "$patience" "$program" >"$work/output" 2>&1 || { cat "$work/output"; false; }'
for what in "publish and consume JSON" "call and serve" "dependency injection" hosting health; do
  check "$what" grep -qxF "[x] $what" "$work/output"
done
echo "The program has $(($(stat -c %s "$program") / 1024)) KiB; it $(sed -n 's/^\[x\] \(started after .*\)/\1/p' "$work/output"), and was $(sed -n 's/^\[x\] \(done after .*\)/\1/p' "$work/output")."
exit "$bad"
