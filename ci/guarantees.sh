#!/usr/bin/env bash
# Every test that docs/guarantees.md names is there, and every row of its tables names one.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/guarantees.md
failed=0
say() { echo "$page: $1"; failed=1; }

# suite::module is a file, and suite::module::test a test in it; ui/folder/case is a case, and ui/folder has some.
declare -A suites=([fault]=tests/fault [conformance]=tests/conformance
    [models]=dsm-runtime/tests/models [memory]=dsm-runtime/src/tests/memory)
named='`(fault|conformance|models|memory)::[a-z0-9_:]+`|`ui/[a-z0-9_/]+`'
count=0
while read -r name; do
    count=$((count + 1))
    if [[ $name == ui/* ]]; then
        [ -f "tests/$name.rs" ] || compgen -G "tests/$name/*.rs" > /dev/null || say "no case $name"
        continue
    fi
    IFS=: read -r suite _ module _ test <<< "$name"
    file=${suites[$suite]}/$module.rs
    if [ ! -f "$file" ]; then
        say "no file $file for $name"
    elif [ -n "$test" ] && ! { grep -A3 -E '^ *#\[(dsm::)?test\]' "$file" | grep -qE "\bfn $test\("; } \
        && ! grep -qE "^scenario!\($test, " "$file"; then
        say "no test $name in $file"
    fi
done < <(grep -oE "$named" "$page" | tr -d '`' | sort -u)
[ "$count" -gt 0 ] || say "names no test"
while read -r name; do
    say "no suite of $name"
done < <(grep -oE '`[a-z_]+::[a-z0-9_:]+`' "$page" | grep -vE "$named" || true)

while IFS=: read -r number row; do
    grep -qE "$named" <<< "${row##*| }" || say "line $number: the row names no test"
done < <(grep -nE '^\|' "$page" | grep -vE '\| shown by \||\|---\|')
[ "$failed" = 0 ] && echo "$page: $count names"
exit $failed
