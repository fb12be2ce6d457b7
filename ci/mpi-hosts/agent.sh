#!/usr/bin/env bash
# agent.sh [-OPTION...] HOST COMMAND...: in place of ssh, runs COMMAND as if on HOST: in its network namespace, with a host
# name, processes, IPC, mounts and /dev/shm of its own.
set -euo pipefail
while [[ ${1:-} == -* ]]; do shift; done
host=${1#*@}
shift
# shellcheck disable=SC2016  # The inner shell expands them: $0 is the host, $* the command.
exec ip netns exec "$host" unshare --uts --ipc --mount --pid --fork --kill-child --mount-proc \
    sh -c 'hostname "$0"; mount -t tmpfs -o size=2g tmpfs /dev/shm; exec sh -c "$*"' "$host" "$@"
