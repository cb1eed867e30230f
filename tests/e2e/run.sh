#!/bin/sh
# Runs one end-to-end test: run.sh SCRIPT [ARG...], with EXECD and EXECCTL naming the programs.
# Without Node 18 or the npm packages the test counts as skipped, and says so.
set -eu
cd "$(dirname "$0")"

skip() {
    echo "skipped: $*" >&2
    exit 77
}

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || skip "Node is not installed"
[ "$major" -ge 18 ] || skip "Node 18 or later is needed, this is $major"
[ -d node_modules/ws ] || skip "run 'npm ci' in tests/e2e first ('./dev test' does)"
exec node "$@"
