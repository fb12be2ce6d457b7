#!/usr/bin/env bash
# The files with unsafe code are those that ARCHITECTURE.md lists.
set -euo pipefail
cd "$(dirname "$0")/.."
listed=$(sed -n '/unsafe files: begin/,/unsafe files: end/s/^- //p' ARCHITECTURE.md | sort)
found=$(git ls-files -- '*.rs' | grep -v -e '^tests/' -e '^examples/' -e '^benches/' -e '^ci/' -e '/tests/' \
    | xargs grep -lE '^#!\[allow\(unsafe_code\)\]' | sort)
diff <(echo "$listed") <(echo "$found") || { echo "ARCHITECTURE.md and the tree disagree on files with unsafe code"; exit 1; }
