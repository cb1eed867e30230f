#!/bin/sh
# A PostgreSQL of its own for a test: no network, no durable disk, in a folder under /tmp.
#   postgres.sh start PID        prints the folder and then the URL, a line each; removes all of it when
#                                the process PID is gone
#   postgres.sh again FOLDER     starts it again after a stop or a crash
#   postgres.sh stop FOLDER      stops it like a crash would
#   postgres.sh sql FOLDER SQL   runs one statement
#   postgres.sh remove FOLDER    stops it and removes the folder
set -eu

# The newest server there is.
bin=
for candidate in /usr/lib/postgresql/*/bin; do
    [ ! -x "$candidate/initdb" ] || bin=$candidate
done
[ -n "$bin" ] || {
    echo "postgres.sh: no PostgreSQL server is installed (Debian package postgresql)" >&2
    exit 3
}

# The server refuses to run as root.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

begin() {
    as_owner "$bin/pg_ctl" start -s -w -t 60 -D "$1/data" -l "$1/log" || {
        cat "$1/log" >&2
        exit 1
    }
}

end() { as_owner "$bin/pg_ctl" stop -s -m immediate -D "$1/data" || true; }

remove() {
    end "$1"
    rm -rf "$1"
}

# Only folders that `start` made.
checked() {
    case $1 in
        /tmp/libexec-postgres-*) [ -d "$1/data" ] ;;
        *) false ;;
    esac || {
        echo "postgres.sh: '$1' is not a folder of mine" >&2
        exit 2
    }
}

case ${1-} in
start)
    owner=${2:?the process that uses it}
    folder=$(mktemp -d /tmp/libexec-postgres-XXXXXX)
    [ "$(id -u)" -ne 0 ] || chown postgres:postgres "$folder"
    as_owner "$bin/initdb" -D "$folder/data" -U libexec --auth=trust --no-sync --no-locale -E UTF8 >"$folder.log" 2>&1 || {
        cat "$folder.log" >&2
        exit 1
    }
    rm -f "$folder.log"
    as_owner tee -a "$folder/data/postgresql.conf" >/dev/null <<EOT
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
shared_buffers = 16MB
max_connections = 200
EOT
    begin "$folder"
    (
        trap '' INT TERM HUP
        while kill -0 "$owner" && [ -d "$folder" ]; do sleep 0.5; done
        [ ! -d "$folder" ] || remove "$folder"
    ) >/dev/null 2>&1 </dev/null &
    printf '%s\npostgres:///postgres?host=%s&user=libexec\n' "$folder" "$folder"
    ;;
again)
    checked "${2-}"
    begin "$2"
    ;;
stop)
    checked "${2-}"
    end "$2"
    ;;
sql)
    checked "${2-}"
    "$bin/psql" -q -X -v ON_ERROR_STOP=1 -h "$2" -U libexec -d postgres -c "$3" >/dev/null
    ;;
remove)
    checked "${2-}"
    remove "$2"
    ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
