#!/bin/sh
# two_commands.sh ROOT: what the README's first command does in a fresh clone of the last commit. The second one is
# what runs this.
set -eu
root=$1
[ -d "$root/.git" ] || {
    echo "skipped: $root is no clone" >&2
    exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone -q "$root" "$folder/clone"
cd "$folder/clone"
began=$(date +%s)
./dev run --once >"$folder/said" 2>&1 || {
    cat "$folder/said"
    echo "./dev run --once failed" >&2
    exit 1
}
for number in 1 2 3 4 5; do
    grep -Eq "^\[$number\] .* (CONFIRMED|FAILED|EXPIRED) " "$folder/said" || {
        cat "$folder/said"
        echo "order $number did not end" >&2
        exit 1
    }
done
echo "five orders ended, $(($(date +%s) - began)) seconds after the clone"
