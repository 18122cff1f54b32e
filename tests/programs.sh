# Programs in the background, by name: what they print and how they end. Sourced by the scripts that run the examples;
# the caller has made the folder $work.
# shellcheck shell=bash disable=SC2154

. tests/install.sh

declare -A running=()
patience=${PATIENCE:-60} # seconds, far above what anything needs
bad=0

# check WHAT COMMAND...: one test.
check() {
  if "${@:2}" >"$work/last" 2>&1; then echo "ok $part: $1"; else cat "$work/last"; echo "not ok $part: $1"; bad=1; fi
}

# built FILE: the program of one file, built; prints its DLL. Another run may want the same one at the same time.
built() { flock "${TMPDIR:-/tmp}/broker-client-built.lock" dotnet build "$1" -c Release -v quiet -t:Build -getProperty:TargetPath; }

# start NAME COMMAND...: in a job of its own, so that an interrupt is not ignored as in other background programs.
start() {
  local name=$1
  set -m
  "${@:2}" >"$work/$name.out" 2>&1 </dev/null &
  running[$name]=$!
  set +m
}

# soon COMMAND...: until it succeeds.
soon() {
  for _ in $(seq $((patience * 10))); do "$@" && return 0; sleep 0.1; done
  return 1
}

has_printed() { grep -qF -- "$2" "$work/$1.out" || ! kill -0 "${running[$1]}" 2>/dev/null; }

# prints NAME TEXT...: waits until it has printed each of them.
prints() {
  local text
  for text in "${@:2}"; do
    soon has_printed "$1" "$text"
    grep -qF -- "$text" "$work/$1.out" || { echo "$1 did not print: $text"; cat "$work/$1.out"; return 1; }
  done
}

# printed NAME TEXT [TIMES]: so often, up to now.
printed() {
  local times; times=$(grep -cF -- "$2" "$work/$1.out")
  [[ $times == "${3:-1}" ]] || { echo "$1 printed $times times: $2"; cat "$work/$1.out"; return 1; }
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# ends NAME: by itself, with exit code 0.
ends() {
  local pid=${running[$1]} status=0
  soon has_ended "$pid" || { kill -9 -- "-$pid"; echo "$1 still runs"; cat "$work/$1.out"; return 1; }
  wait "$pid" || status=$?
  unset "running[$1]"
  [[ $status == 0 ]] || { echo "$1 ended with $status"; cat "$work/$1.out"; return 1; }
}

# ends_on_interrupt NAME: with exit code 0.
ends_on_interrupt() { kill -INT -- "-${running[$1]}" && ends "$1"; } # to the group of processes, as a terminal does

# says TEXT COMMAND...: it ends with exit code 0 and has printed the text.
says() { timeout "$patience" "${@:2}" >"$work/said" 2>&1 || { echo "ended with $?"; cat "$work/said"; return 1; }; cat "$work/said"; grep -qF -- "$1" "$work/said"; }

# fails_with TEXT COMMAND...: it ends with another exit code and has printed the text.
fails_with() { ! timeout "$patience" "${@:2}" >"$work/said" 2>&1 || { echo "succeeded"; return 1; }; cat "$work/said"; grep -qF -- "$1" "$work/said"; }

stop_all() {
  local name
  for name in "${!running[@]}"; do kill -9 -- "-${running[$name]}" 2>/dev/null || true; done
  true
}

# find_pika: sets $python to a Python that has pika; installs Debian's where there is none and this is root.
find_pika() {
  for python in /usr/bin/python3 python3; do
    "$python" -c 'import pika' 2>/dev/null && return 0
  done
  can_install && install_package python3-pika || return 1
  python=/usr/bin/python3
  "$python" -c 'import pika'
}
