#!/bin/sh
# What deploy/ says fits the programs: the image has the libraries they are linked with, and execd takes the environment
# that compose.yaml gives its nodes.
#   containers.sh SOURCE_FOLDER EXECD PROGRAM...
set -eu
source=$1
execd=$2
shift

trouble=0
for tool in dpkg objdump; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "skipped: there is no $tool here"
        exit 77
    }
done
installed=" $(sed -n '/apt-get install/,/rm -rf/p' "$source/deploy/Dockerfile" | tr -s ' \\\n' ' ') "
known=0
for library in $(objdump -p "$@" | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
    package=$(dpkg -S "*/$library" 2>/dev/null | head -n 1 | cut -d: -f1)
    case $package in
        # In every Debian, or there only for this build's sanitizers.
        "" | libc6 | libc6-* | libgcc-s1 | libasan* | libubsan* | libtsan*) continue ;;
    esac
    known=$((known + 1))
    case $installed in
        *" $package "*) ;;
        *)
            echo "$library of $package is needed, which deploy/Dockerfile does not install"
            trouble=1
            ;;
    esac
done
[ "$known" -ge 10 ] || {
    echo "only $known libraries were looked up: the check does not see what it should"
    trouble=1
}

# The settings of the nodes, as compose would pass them on.
settings=$(awk '/&settings/ { on = 1; next } on && !/^    / { on = 0 } on && /^    [A-Z_]+:/ { sub(/^ +/, ""); sub(/: */, "="); gsub(/"/, ""); print }' \
    "$source/deploy/compose.yaml" | sed 's/[$]{POSTGRES_PASSWORD[^}]*}/secret/')
[ "$(echo "$settings" | wc -l)" -ge 5 ] || {
    echo "compose.yaml's settings were not found:$settings"
    trouble=1
}
for setting in $settings; do
    grep -q "^| \`${setting%%=*}\` |" "$source/docs/configuration.md" || {
        echo "compose.yaml sets ${setting%%=*}, which docs/configuration.md does not know"
        trouble=1
    }
done
# shellcheck disable=SC2086  # one word a setting
answer=$(env -i PATH="$PATH" $settings NODE_NAME=alpha "$execd" config check 2>&1) || {
    echo "execd does not take compose.yaml's settings: $answer"
    trouble=1
}
exit $trouble
