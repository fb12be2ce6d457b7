#!/usr/bin/env bash
# The README's test command, taken from the README.
set -euo pipefail
cd "$(dirname "$0")/.."
command=$(sed -n '/^## Try it/,/^## /p' README.md | grep -m1 '^cargo test')
echo "+ $command"
$command
