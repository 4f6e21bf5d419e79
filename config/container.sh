#!/bin/sh
# Run footnote in a container with the given arguments. For `discord`, also slow restarts down, since those of Docker are
# too fast: Discord allows 1,000 new sessions a day, one every 86 s, and revokes the token of a bot that starts more.
# If DATABASE_PASSWORD_FILE names a file, addresses of PostgreSQL need no password.
if [ -n "${DATABASE_PASSWORD_FILE:-}" ]; then
    # The drivers of PostgreSQL read passwords from a file with a line of this form, which only its owner can read.
    PGPASSFILE=$(mktemp) && password=$(cat "$DATABASE_PASSWORD_FILE") || exit 2
    case $password in
        *\\*)  # psycopg reads it as an escape, asyncpg does not
            echo "footnote: the password in $DATABASE_PASSWORD_FILE contains a backslash; choose another" >&2
            exit 2
            ;;
    esac
    printf '*:*:*:*:%s\n' "$password" >"$PGPASSFILE"
    unset password
    export PGPASSFILE
fi
[ "$1" = discord ] || exec footnote "$@"

stopping=
child=
trap 'stopping=early; [ -z "$child" ] || { stopping=1; kill -TERM "$child" 2>/dev/null; }' TERM INT

# Run a command and wait for it. A signal ends only the first wait: the child still has work to finish.
await() {
    child=
    "$@" &
    child=$!
    # A signal that came before the child's process id was known has not reached the child.
    [ "$stopping" != early ] || kill -TERM "$child" 2>/dev/null
    wait "$child"
    code=$?
    if [ -n "$stopping" ]; then
        if [ "$code" -gt 128 ]; then
            wait "$child"
            code=$?
        fi
        exit "$code"
    fi
}

await footnote "$@"
case $code in
    0) exit 0 ;;
    3)
        # A final error, such as a token that Discord refuses: another start would not help.
        echo "footnote: stopped for good; fix the error above, then restart the container" >&2
        while :; do
            await sleep 3600
        done
        ;;
esac
echo "footnote: ended with code $code; starting again in 100 s" >&2
await sleep 100
exit 1
