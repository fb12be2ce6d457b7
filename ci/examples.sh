#!/usr/bin/env bash
# Every example at 1, 2 and 4 workers, and the README's first command. Each asserts its own answer.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --quiet --release --example vec_add
cargo build --quiet --release --examples
for source in examples/*.rs; do
    example=$(basename "$source" .rs)
    for workers in 1 2 4; do
        echo "+ $example --workers $workers"
        timeout 120 "target/release/examples/$example" --workers "$workers" > /tmp/dsm-example.$$ 2>&1 \
            || { cat /tmp/dsm-example.$$; echo "$example failed at $workers workers"; exit 1; }
    done
done
rm -f /tmp/dsm-example.$$
