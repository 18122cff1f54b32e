# Debian's packages, where a machine has less than the tests want. Sourced by the scripts that do.
# shellcheck shell=bash

can_install() { command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; }

# install_package NAME: one at a time, since apt-get waits for nobody.
install_package() {
  (
    flock 9
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$1"
  ) 9>"${TMPDIR:-/tmp}/broker-client-apt.lock" >&2
}
