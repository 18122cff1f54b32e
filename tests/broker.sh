# Which broker to test on, and a private one for the checks that are scripts. Sourced by run.sh.
# shellcheck shell=bash

. tests/install.sh

image=${BROKER_IMAGE:-rabbitmq:4-management}

say() { echo "tests: $*" >&2; }

scripts_folder() {
  local folder
  for folder in /usr/lib/rabbitmq/bin /opt/homebrew/sbin /usr/local/sbin /usr/local/opt/rabbitmq/sbin \
    "$(dirname "$(readlink -f "$(command -v rabbitmq-server || true)" 2>/dev/null || true)" 2>/dev/null || true)"; do
    [[ -x $folder/rabbitmq-server ]] && { echo "$folder"; return 0; }
  done
  return 1
}

docker_answers() { command -v docker >/dev/null && timeout 20 docker info >/dev/null 2>&1; }

docker_has_image() {
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  say "pulling $image"
  timeout 300 docker pull -q "$image" >/dev/null 2>&1
}

# Debian's package, without the service that it would start.
install_rabbitmq() {
  scripts_folder >/dev/null && return 0
  command -v apt-get >/dev/null || { say "rabbitmq-server is not installed, and there is no apt-get to install it with"; return 1; }
  [[ $(id -u) == 0 ]] || { say "rabbitmq-server is not installed; run this as root once, or install it"; return 1; }
  say "installing rabbitmq-server"
  local policy=/usr/sbin/policy-rc.d ours='' installed=0
  [[ -e $policy ]] || { ours=1; printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; }
  install_package rabbitmq-server || installed=1
  [[ -n $ours ]] && rm -f "$policy"
  if [[ $installed == 0 && -d /run/systemd/system ]]; then systemctl disable -q rabbitmq-server >/dev/null 2>&1; fi
  scripts_folder >/dev/null
}

# Sets BROKER_TEST to what will be used, so that every part of the run uses the same.
choose_broker() {
  if [[ -z ${BROKER_TEST:-} && -n ${BROKER_URI:-} ]]; then BROKER_TEST=uri; fi
  case ${BROKER_TEST:-} in
    uri) [[ -n ${BROKER_URI:-} ]] || { say "BROKER_TEST=uri needs BROKER_URI"; return 1; } ;;
    docker)
      docker_answers || { say "BROKER_TEST=docker, but Docker does not answer"; return 1; }
      docker_has_image || { say "BROKER_TEST=docker, but $image is not here and cannot be pulled"; return 1; } ;;
    process) install_rabbitmq || return 1 ;;
    '')
      if docker_answers && docker_has_image; then BROKER_TEST=docker
      else
        say "no Docker that has or can pull $image; using rabbitmq-server as a process"
        install_rabbitmq || { say "no broker: set BROKER_URI, or start Docker, or install rabbitmq-server"; return 1; }
        BROKER_TEST=process
      fi ;;
    *) say "BROKER_TEST is uri, docker or process, not '$BROKER_TEST'; TEST_PARTS=testbroker is for the test broker"; return 1 ;;
  esac
  export BROKER_TEST
  if [[ $BROKER_TEST == docker ]]; then
    # The tests remove their containers themselves; Testcontainers' own reaper would be one more image to pull.
    export TESTCONTAINERS_RYUK_DISABLED=${TESTCONTAINERS_RYUK_DISABLED:-true}
    DOCKER_API_VERSION=${DOCKER_API_VERSION:-$(docker version --format '{{.Server.APIVersion}}')}
    export DOCKER_API_VERSION
  fi
}

# Below the range of the ports that clients get.
free_port() {
  local port
  for port in $(shuf -i 20000-31999 -n 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
  return 1
}

# Starts a broker for the scripts, until this one ends; sets BROKER_URI.
start_broker() {
  local folder port
  [[ $BROKER_TEST == uri ]] && return 0
  folder=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-node.XXXXXX") || return 1
  port=$(free_port) || return 1
  if [[ $BROKER_TEST == docker ]]; then
    docker run -d --rm -p "127.0.0.1:$port:5672" -e RABBITMQ_DEFAULT_USER=tester -e RABBITMQ_DEFAULT_PASS=tester \
      "$image" >"$folder/container" || return 1
    guard "$folder" 'docker rm -f -v "$(cat "$folder/container")"'
    for _ in $(seq 120); do
      docker logs "$(cat "$folder/container")" 2>&1 | grep -q 'Server startup complete' &&
        { export BROKER_URI=amqp://tester:tester@127.0.0.1:$port; return 0; }
      sleep 0.5
    done
    docker logs "$(cat "$folder/container")" 2>&1 | tail -n 30 >&2
    return 1
  fi

  start_node "$folder" "$port"
}

# start_node FOLDER PORT: a rabbitmq-server of the machine, until this script ends; sets BROKER_URI. What the folder has
# by then as more.conf and as plugins is its configuration.
start_node() {
  local folder=$1 port=$2 scripts
  scripts=$(scripts_folder) || return 1
  mkdir -p "$folder/home"
  head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/home/.erlang.cookie"
  chmod 400 "$folder/home/.erlang.cookie"
  [[ -f $folder/plugins ]] || echo '[].' >"$folder/plugins"
  printf 'listeners.tcp.local = 127.0.0.1:%s\ndisk_free_limit.absolute = 50MB\n' "$port" >"$folder/rabbitmq.conf"
  [[ ! -f $folder/more.conf ]] || cat "$folder/more.conf" >>"$folder/rabbitmq.conf"
  free_port >"$folder/epmd.port"
  guard "$folder" 'kill -9 "$(tr -dc 0-9 <"$folder/pid")"
    for _ in 1 2 3 4 5; do ERL_EPMD_PORT=$(cat "$folder/epmd.port") epmd -kill && break; sleep 1; done'
  (
    export HOME=$folder/home ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=broker@localhost RABBITMQ_CONF_ENV_FILE=/dev/null \
      RABBITMQ_CONFIG_FILE=$folder/rabbitmq RABBITMQ_MNESIA_BASE=$folder/data RABBITMQ_LOG_BASE=$folder/log \
      RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins RABBITMQ_PID_FILE=$folder/pid \
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +sbwt none'
    ERL_EPMD_PORT=$(cat "$folder/epmd.port"); RABBITMQ_DIST_PORT=$(free_port); export ERL_EPMD_PORT RABBITMQ_DIST_PORT
    setsid "$scripts/rabbitmq-server" >"$folder/output" 2>&1 </dev/null &
    for _ in $(seq 300); do [[ -s $folder/pid ]] && break; sleep 0.1; done
    control "$folder" await_startup --timeout 60 >/dev/null 2>&1
  ) || { tail -n 30 "$folder/output" >&2; return 1; }
  export BROKER_URI=amqp://guest:guest@127.0.0.1:$port
}

# control FOLDER ARGS...: rabbitmqctl on the node of this folder.
control() {
  HOME=$1/home ERL_EPMD_PORT=$(cat "$1/epmd.port") RABBITMQ_CONF_ENV_FILE=/dev/null "$(scripts_folder)/rabbitmqctl" -n broker@localhost "${@:2}"
}

# guard FOLDER COMMANDS: runs them and removes the folder as soon as this script has ended, in whatever way.
guard() {
  setsid bash -c 'folder=$2
    while kill -0 "$1"; do sleep 0.5; done
    eval "$3"
    rm -rf "$folder"' guard "$$" "$@" </dev/null >/dev/null 2>&1 &
  disown
}
