"""What `footnote rebuild --watch` does: rebuild whenever the folder changed, until Ctrl-C or SIGTERM."""

import signal
import time

from bot import building
from bot.commands.rebuild_command import report_json, report_line
from bot.showing.terminal import print_json, say
from config.settings import Settings
from retrieval.errors import FootnoteError


def watch(settings: Settings, *, full: bool, no_gate: bool, as_json: bool) -> int:
    """Follow the folder; each rebuild and each failure is one line. Returns 0 when it is stopped."""
    from retrieval.upkeep.watch import fingerprint_inputs, follow

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    watcher = _Watcher(settings, full=full, no_gate=no_gate, as_json=as_json)
    try:
        say(f"following {settings.seeds_folder}; Ctrl-C ends")
        follow(lambda: fingerprint_inputs(settings.seeds_folder, settings.golden_file), watcher.attempt)
    except KeyboardInterrupt:  # at any time: an index that is half written is never live
        return 0
    return 0


class _Watcher:
    """Rebuilds once for each call, and tells of it in a line."""

    def __init__(self, settings: Settings, *, full: bool, no_gate: bool, as_json: bool) -> None:
        self._settings = settings
        self._full = full
        self._no_gate = no_gate
        self._as_json = as_json
        self._failure = ""

    def attempt(self) -> bool:
        """Rebuild; returns whether that came to an end. The same failure is told once."""
        started = time.perf_counter()
        try:
            report = building.run_rebuild(self._settings, full=self._full, gate="off" if self._no_gate else None)
        except Exception as error:  # watching goes on, whatever is wrong
            self._tell_failure(error)
            return False
        self._full, self._failure = False, ""
        elapsed = time.perf_counter() - started
        if self._as_json:
            print_json(report_json(self._settings, report, elapsed), indent=None)
        else:
            print(report_line(report, elapsed), flush=True)
        return True

    def _tell_failure(self, error: Exception) -> None:
        known = isinstance(error, FootnoteError | OSError)
        line = " ".join(str(error).split()) if known else f"unexpected {type(error).__name__}: {error!s:.200}"
        if line == self._failure:
            return
        self._failure = line
        if self._as_json:
            print_json({"error": line}, indent=None)
        else:
            say(line)
