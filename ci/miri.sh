#!/usr/bin/env bash
# What the runtime does with memory, under miri: by the rules of Stacked Borrows; with --both by Tree Borrows, too.
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
models=("")
# Tree Borrows, the other model, doubles the time: the long form.
[ "${1:-}" = --both ] && models+=("-Zmiri-tree-borrows")
under_miri "" --no-run
failed=0
for model in "${models[@]}"; do
    # In two halves, one for each core.
    under_miri "$model" -- memory::views memory::cover memory::accumulate &> "$output/one$model" &
    one=$!
    under_miri "$model" -- tests::memory --skip memory::views --skip memory::cover --skip memory::accumulate \
        &> "$output/other$model" &
    other=$!
    wait $one || { failed=1; echo "miri $model:"; cat "$output/one$model"; }
    wait $other || { failed=1; echo "miri $model:"; cat "$output/other$model"; }
done
# A filter that no longer matches must not pass for a check.
for result in "$output"/*; do
    grep -h '^test result: ok. [1-9]' "$result" || failed=1
done
exit $failed
