"""Implement `footnote rebuild --watch`: rebuild whenever documents change, until Ctrl-C or SIGTERM."""

import signal
import time

from bot.commands.announced_rebuild import run_rebuild
from bot.commands.rebuild_command import report_json, report_line
from bot.showing.exit_codes import SUCCESS
from bot.showing.terminal import print_json, say
from config.settings import Settings
from retrieval.errors import FootnoteError


def watch(settings: Settings, *, full: bool, no_gate: bool, as_json: bool) -> int:
    """Watch the documents and the golden questions, printing a line for each rebuild and each new failure."""
    from retrieval.upkeep.watch import fingerprint_inputs, follow

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    watcher = _Watcher(settings, full=full, no_gate=no_gate, as_json=as_json)
    try:
        say(f"watching {settings.seeds_folder}; Ctrl-C stops")
        follow(lambda: fingerprint_inputs(settings.seeds_folder, settings.golden_file), watcher.attempt)
    except KeyboardInterrupt:  # safe at any time, since an index that is half written is never live
        return SUCCESS
    return SUCCESS


class _Watcher:
    """Rebuilds on each call and prints the result in one line."""

    def __init__(self, settings: Settings, *, full: bool, no_gate: bool, as_json: bool) -> None:
        self._settings = settings
        self._full = full
        self._no_gate = no_gate
        self._as_json = as_json
        self._last_failure = ""

    def attempt(self) -> bool:
        """Rebuild; return whether that succeeded. The same failure is printed once; only the first success is full."""
        started = time.perf_counter()
        try:
            report = run_rebuild(self._settings, full=self._full, gate="off" if self._no_gate else None)
        except Exception as error:  # watching goes on, whatever went wrong
            self._print_failure(error)
            return False
        self._full, self._last_failure = False, ""
        elapsed_s = time.perf_counter() - started
        if self._as_json:
            print_json(report_json(self._settings, report, elapsed_s), indent=None)
        else:
            print(report_line(report, elapsed_s), flush=True)
        return True

    def _print_failure(self, error: Exception) -> None:
        expected = isinstance(error, FootnoteError | OSError)
        line = " ".join(str(error).split()) if expected else f"unexpected {type(error).__name__}: {error!s:.200}"
        if line == self._last_failure:
            return
        self._last_failure = line
        if self._as_json:
            print_json({"error": line}, indent=None)
        else:
            say(line)
