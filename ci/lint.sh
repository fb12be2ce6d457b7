#!/usr/bin/env bash
# Format, clippy without warnings, and the list of files with unsafe code.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
ci/unsafe_files.sh
