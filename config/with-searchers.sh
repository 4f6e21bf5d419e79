#!/bin/sh
# Run a command of Footnote that asks N searchers on this machine, which are stopped afterwards:
#
#     config/with-searchers.sh 2 ask "When does the library open?"
#     config/with-searchers.sh 2 serve
#
# FOOTNOTE_INDEX is the folder of the index, which must exist; its mirror is in a folder that is removed in the end. PYTHON
# is the interpreter, by default the one of the checkout.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$top/.venv/bin/python}
export PYTHONPATH="$top"
count=$1
shift
folder=$(mktemp -d)
running=""  # process ids, the newest first
stop() {
    trap '' INT TERM
    for child in $running; do
        kill "$child" 2>/dev/null && wait "$child" || true
    done
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
umask 077
"$python" -c 'import secrets; print(secrets.token_hex(32))' >"$folder/key"
export FOOTNOTE_SEARCH__KEY_FILE="$folder/key"
servers=""
for number in $(seq "$count"); do
    mkfifo "$folder/$number"
    "$python" -P -m bot.commands.cli searcher --port 0 >"$folder/$number" &
    running="$! $running"
    read -r line <"$folder/$number" || exit 2  # the searcher said why
    servers="$servers${servers:+, }\"${line##* }\""
done
export FOOTNOTE_SEARCH__SERVERS="[$servers]" FOOTNOTE_INDEX="$folder/mirror"
exec 3<&0  # in the background, a command gets no input unless it is told, but a signal is dealt with at once
"$python" -P -m bot.commands.cli "$@" <&3 &
running="$! $running"
code=0
wait "$!" || code=$?
running=${running#* }
exit "$code"
