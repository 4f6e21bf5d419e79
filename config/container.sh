#!/bin/sh
# What a container runs: footnote with the given arguments. For `discord` it also slows restarts down,
# since Docker's own are too quick: Discord allows 1,000 new sessions a day, one every 86 s, and takes
# the token away beyond them.
[ "$1" = discord ] || exec footnote "$@"

stopping=
child=
trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT

# Wait for the child; a signal ends the first wait, not the child, which then still has work to finish.
await() {
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

footnote "$@" &
child=$!
await
case $code in
    0) exit 0 ;;
    3)
        # Final, such as a token that Discord refuses: starting again would change nothing.
        echo "footnote: stopped for good; put right what the line above says, then restart the container" >&2
        while :; do
            sleep 3600 &
            child=$!
            await
        done
        ;;
esac
echo "footnote: ended with code $code; starting again in 100 s" >&2
sleep 100 &
child=$!
await
exit 1
