#!/usr/bin/env bash
# Every example at 1, 2 and 4 workers, on each backend, some on pretended nodes, and the README's first command. Each asserts its own answer.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --quiet --release --example vec_add
cargo build --quiet --release --examples
for source in examples/*.rs; do
    example=$(basename "$source" .rs)
    for run in "process 1" "process 2" "process 4" "thread 1" "thread 2" "thread 4" "serial 4"; do
        read -r backend workers <<< "$run"
        echo "+ DSM_BACKEND=$backend $example --workers $workers"
        DSM_BACKEND=$backend timeout 120 "${CARGO_TARGET_DIR:-target}/release/examples/$example" --workers "$workers" \
            > /tmp/dsm-example.$$ 2>&1 \
            || { cat /tmp/dsm-example.$$; echo "$example failed at $workers workers on the backend $backend"; exit 1; }
    done
done
# On pretended nodes, those whose constructs nodes share.
for example in heat histogram matmul monte_carlo pairwise prefix_sum primes; do
    echo "+ DSM_PRETEND_NODES=3 $example"
    DSM_PRETEND_NODES=3 timeout 120 "${CARGO_TARGET_DIR:-target}/release/examples/$example" --workers 6 > /tmp/dsm-example.$$ 2>&1 \
        || { cat /tmp/dsm-example.$$; echo "$example failed on pretended nodes"; exit 1; }
done
rm -f /tmp/dsm-example.$$
