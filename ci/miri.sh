#!/usr/bin/env bash
# What the runtime does with memory, under miri: with each of its two models of aliasing, side by side.
set -euo pipefail
cd "$(dirname "$0")/.."

have() {
    cargo +nightly miri --version && ls "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock"
}
fetch() {
    if rustup run nightly true; then
        rustup component add miri rust-src --toolchain nightly
    else
        rustup toolchain install nightly --profile minimal --component miri,rust-src
    fi
}
if ! have &> /dev/null && ! { fetch && have; }; then
    echo "miri: SKIPPED, no component can be had here"
    exit 0
fi

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
under_miri() {
    MIRIFLAGS="-Zmiri-strict-provenance $1" cargo +nightly miri test --quiet --package dsm-runtime --lib "${@:2}"
}
under_miri "" --no-run
under_miri "" -- tests::memory &> "$output/stacked" &
stacked=$!
# Sums that hand out no references are the same under both.
under_miri "-Zmiri-tree-borrows" -- tests::memory \
    --skip memory::axis_lengths --skip memory::overlap --skip memory::layout &> "$output/tree" &
tree=$!
failed=0
wait $stacked || { failed=1; echo "under Stacked Borrows:"; cat "$output/stacked"; }
wait $tree || { failed=1; echo "under Tree Borrows:"; cat "$output/tree"; }
# A filter that no longer matches must not pass for a check.
grep -h '^test result: ok. [1-9]' "$output"/* || failed=1
exit $failed
