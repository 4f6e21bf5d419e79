"""Watch the seeds folder by polling it.

Events of the operating system would be cheaper, but they do not arrive from network disks and from folders that
another machine or a container writes, and they stop silently if the folder itself is replaced or there are more
folders than the system watches. Polling always finds what a rebuild would find, because it lists the same way.
"""

import time
from collections.abc import Callable, Hashable
from pathlib import Path

from retrieval.errors import SeedsError
from retrieval.reading.folder import GLOSSARY_FILE, list_files

POLL_INTERVAL_S = 1.0
MAX_POLL_SHARE = 1 / 20  # of the time; a large folder is polled less often
MAX_BURST_S = 30.0  # rebuild after this time even if the folder keeps changing
RETRY_DELAY_S = 30.0  # before a failed attempt is repeated although nothing changed


def fingerprint_inputs(seeds: Path, golden: Path | None) -> Hashable:
    """Fingerprint every file that a rebuild depends on, by size, times and metadata."""
    try:
        entries, rejected = list_files(seeds)
    except SeedsError as error:
        return str(error)
    files = ((entry.id, entry.size, entry.mtime_ns, entry.ctime_ns, entry.metadata) for entry in entries)
    return (*files, *rejected, _file_state(seeds / GLOSSARY_FILE), _file_state(golden))


def follow(
    poll: Callable[[], Hashable],
    attempt: Callable[[], bool],
    wait: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call `attempt` at once, and again whenever the value of `poll` has changed and then stays the same.

    `attempt` returns whether it succeeded; if not, it is called again after RETRY_DELAY_S. Ends only if one of the
    functions raises.
    """
    handled: Hashable = None
    due = clock()
    while True:
        started = clock()
        state = poll()
        pause = max(POLL_INTERVAL_S, (clock() - started) / MAX_POLL_SHARE)
        if state != handled or clock() >= due:
            handled = _wait_until_settled(state, poll, wait, pause, clock) if handled is not None else state
            due = float("inf") if attempt() else clock() + RETRY_DELAY_S
        wait(pause)


def _wait_until_settled(
    state: Hashable,
    poll: Callable[[], Hashable],
    wait: Callable[[float], object],
    pause: float,
    clock: Callable[[], float],
) -> Hashable:
    """Poll until two polls in a row give the same state, for MAX_BURST_S at most; return the last state."""
    started = clock()
    while clock() - started < MAX_BURST_S:
        wait(pause)
        before, state = state, poll()
        if state == before:
            break
    return state


def _file_state(path: Path | None) -> Hashable:
    try:
        status = path.stat() if path else None
    except OSError as error:
        return str(error)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if status else None
