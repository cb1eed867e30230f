#!/bin/sh
# excerpts.sh ROOT DOCUMENT...
# A block of code below `<!-- from: FILE -->` stands in ROOT/FILE, line by line, whatever its indentation; a line of
# three dots leaves something out. Fails and names the first line that does not.
set -eu
root=$1
shift
blocks=0
for document in "$@"; do
    found=$(awk -v root="$root" -v document="$document" '
        function trim(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
        function load(name,   line) {
            size = 0
            while ((getline line < (root "/" name)) > 0) source[++size] = trim(line)
            close(root "/" name)
            if (size == 0) fail(document ": " name " is not there or empty")
        }
        function fail(why) { print why > "/dev/stderr"; failed = 1; exit 1 }
        # The first place at or after `from` where lines first..last of the block stand, or 0.
        function place(from, first, last,   at, i) {
            for (at = from; at + last - first <= size; ++at) {
                for (i = first; i <= last && source[at + i - first] == block[i]; ++i) {}
                if (i > last) return at
            }
            return 0
        }
        function check(   from, first, last, at) {
            from = 1
            for (first = 1; first <= count; first = last + 2) {
                for (last = first; last < count && block[last + 1] != "..."; ++last) {}
                at = place(from, first, last)
                if (at == 0) fail(document ": the lines from \"" block[first] "\" on are not in " file)
                from = at + last - first + 1
            }
            ++blocks
        }
        /^<!-- from: .* -->$/ { file = $3; wanted = 1; next }
        wanted && /^```/ { inside = 1; wanted = 0; count = 0; load(file); next }
        inside && /^```/ { inside = 0; check(); next }
        inside { block[++count] = trim($0); next }
        wanted && NF { fail(document ": no code below the mark of " file) }
        END { if (!failed) print blocks + 0 }
    ' "$document")
    blocks=$((blocks + found))
done
[ "$blocks" -gt 0 ] || { echo "no excerpt in $*" >&2; exit 1; }
echo "$blocks excerpts are what their files say"
