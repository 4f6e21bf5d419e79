"""Follow the folder of documents by looking at it again and again.

Events of the operating system would be cheaper, but they do not come from network disks and from folders that
another machine or a container writes, and they stop in silence when the folder itself is replaced or when there are
more folders than the system watches. Looking always finds what a rebuild would find, for it lists the same way.
"""

import time
from collections.abc import Callable, Hashable
from pathlib import Path

from retrieval.errors import SeedsError
from retrieval.reading.folder import list_files

SECONDS = 1.0  # between two looks
SHARE = 20  # a look takes at most this part of the time: a large folder is looked at less often
LONGEST_BURST = 30.0  # seconds; saves that never end are taken up in between
RETRY = 30.0  # seconds after which what failed is tried again although nothing changed


def look(seeds: Path, golden: Path | None) -> Hashable:
    """Return what is another value when a rebuild might find something else."""
    try:
        entries, rejected = list_files(seeds)
    except SeedsError as error:
        return str(error)
    return (*((one.id, one.size, one.mtime_ns, one.metadata) for one in entries), *rejected, _state(golden))


def follow(
    look: Callable[[], Hashable],
    attempt: Callable[[], bool],
    wait: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call `attempt` at first, and whenever what `look` sees has changed and come to rest.

    `attempt` returns whether it came to an end; where not, it is called again after a while. Ends only when one of
    the callables raises.
    """
    done: Hashable = None
    due = clock()
    while True:
        started = clock()
        seen = look()
        pause = max(SECONDS, SHARE * (clock() - started))
        if seen != done or clock() >= due:
            done = _settled(seen, look, wait, pause, clock) if done is not None else seen
            due = float("inf") if attempt() else clock() + RETRY
        wait(pause)


def _settled(
    seen: Hashable,
    look: Callable[[], Hashable],
    wait: Callable[[float], object],
    pause: float,
    clock: Callable[[], float],
) -> Hashable:
    """Return what is seen twice in a row, or after LONGEST_BURST what is seen then."""
    started = clock()
    while clock() - started < LONGEST_BURST:
        wait(pause)
        before, seen = seen, look()
        if seen == before:
            break
    return seen


def _state(path: Path | None) -> Hashable:
    try:
        status = path.stat() if path else None
    except OSError as error:
        return str(error)
    return (status.st_size, status.st_mtime_ns) if status else None
