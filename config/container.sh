#!/bin/sh
# What a container runs: footnote with the given arguments. For `discord` it also slows restarts down,
# since Docker's own are too quick: Discord allows 1,000 new sessions a day, one every 86 s, and takes
# the token away beyond them.
[ "$1" = discord ] || exec footnote "$@"

stopping=
child=
trap 'stopping=early; [ -z "$child" ] || { stopping=1; kill -TERM "$child" 2>/dev/null; }' TERM INT

# Run a command and wait for it; a signal ends the first wait, not the child, which then still has work to finish.
await() {
    child=
    "$@" &
    child=$!
    # A signal that came before the child's number was known has not reached it.
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
        # Final, such as a token that Discord refuses: starting again would change nothing.
        echo "footnote: stopped for good; put right what the line above says, then restart the container" >&2
        while :; do
            await sleep 3600
        done
        ;;
esac
echo "footnote: ended with code $code; starting again in 100 s" >&2
await sleep 100
exit 1
