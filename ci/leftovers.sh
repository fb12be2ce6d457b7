#!/usr/bin/env bash
# Nothing is left behind: no shared memory, no process.
set -euo pipefail
left=$(ls -A /dev/shm)
[ -z "$left" ] || { echo "left in /dev/shm: $left"; exit 1; }
left=$(ps -eo pid,ppid,comm,args | grep -E '[t]arget/(debug|release)/(deps|examples)/' || true)
[ -z "$left" ] || { echo "processes left behind:"; echo "$left"; exit 1; }
