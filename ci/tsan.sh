#!/usr/bin/env bash
# The thread backend under ThreadSanitizer: what the words of dsm don't order is reported as a race.
set -euo pipefail
cd "$(dirname "$0")/.."

have() {
    cargo +nightly --version && ls "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock"
}
fetch() {
    if rustup run nightly true; then
        rustup component add rust-src --toolchain nightly
    else
        rustup toolchain install nightly --profile minimal --component rust-src
    fi
}
if ! have &> /dev/null && ! { fetch && have; }; then
    echo "tsan: SKIPPED, no nightly toolchain with the sources of std can be had here"
    exit 0
fi

host=$(rustc +nightly -vV | sed -n 's/^host: //p')
programs=${CARGO_TARGET_DIR:-target}/tsan
export RUSTFLAGS="-Zsanitizer=thread" TSAN_OPTIONS="halt_on_error=1 exitcode=66" DSM_BACKEND=thread
cargo +nightly build --quiet --release -Zbuild-std --target "$host" --target-dir "$programs" \
    --examples --bench random_programs --test conformance
programs=$programs/$host/release
built() {
    find "$programs/deps" -name "$1-*" -executable -type f -printf '%T@ %p\n' | sort -n | tail -1 | cut -d ' ' -f 2
}

# The regions of a pool lie sparse in a part of this (in KiB): the sanitizer's own map of memory has no room for more.
ulimit -f $((64 << 20))
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
"$programs/examples/race" &> "$output" || status=$?
if [ $status != 66 ] || ! grep -q 'data race' "$output"; then
    cat "$output"
    echo "tsan: the race in ci/race.rs was not found"
    exit 1
fi
under_tsan() {
    echo "+ ${*##*/}"
    timeout 300 "$@" &> "$output" || { cat "$output"; echo "tsan: ${*##*/} failed"; exit 1; }
}
for source in examples/*.rs; do
    example=$(basename "$source" .rs)
    # Workers that are killed are processes.
    [ "$example" = survivor ] && continue
    for workers in 2 4; do
        under_tsan "$programs/examples/$example" --workers $workers
    done
done
under_tsan "$(built random_programs)" --programs 2000 --deadlocks 20
# Skipped: what forks, and what counts threads and memory, of which the sanitizer has its own.
under_tsan "$(built conformance)" --skip backends:: --skip workers_can_be_forked_right_after_a_sort \
    --skip a_child_that_a_worker_forks --skip a_cluster_is_filled_from_a_file --skip thousands_made_and_dropped
grep '^test result: ok. [1-9]' "$output"
