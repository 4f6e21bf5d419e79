"""Implement `footnote sync`: fill the folders of the sources, once or again and again; returns an exit code."""

import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.commands.announced_rebuild import run_rebuild
from bot.commands.rebuild_command import report_json as rebuild_json
from bot.commands.rebuild_command import report_line as rebuild_line
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import console, print_json, print_list, rejected_json, say
from bot.showing.wording import list_counts, many
from bot.sources.git_lfs import NOT_FETCHED
from bot.sources.sync import Place, SourceReport, sync_source
from bot.sources.sync_errors import SyncError
from bot.sources.sync_lock import syncing
from config.settings import Settings
from config.sync_settings import Source
from retrieval.errors import FootnoteError

JITTER_SHARE = 0.1  # of the interval, so that many bots do not ask one server at once
MINUTE_S = 60


def sync(
    settings: Settings, names: Sequence[str], *, dry_run: bool, accept_deletions: bool, rebuild: bool, as_json: bool
) -> int:
    """Sync the named sources, or all; exit code 0 if all are up to date, 1 if one failed, 2 on an error before."""
    sources, place = _choose(settings, names), _place(settings)
    with syncing(place.seeds):
        reports = [sync_source(source, place, dry_run=dry_run, accept_deletions=accept_deletions) for source in sources]
    content: dict[str, Any] = {"dry_run": dry_run, "sources": [report_json(report) for report in reports]}
    if not as_json:
        for report in reports:
            _print_report(report, dry_run=dry_run)
    code = CHECK_FAILED if any(report.error for report in reports) else SUCCESS
    has_changes = any(report.has_changes for report in reports)
    if rebuild and not dry_run:
        started = time.perf_counter()
        result = run_rebuild(settings)
        elapsed_s = time.perf_counter() - started
        content["rebuild"] = rebuild_json(settings, result, elapsed_s)
        code = CHECK_FAILED if result.refused else code
        if not as_json:
            console(sys.stdout).print(rebuild_line(result, elapsed_s), soft_wrap=True)
    elif has_changes and not as_json:
        say("no document was changed" if dry_run else "to answer from the new state: footnote rebuild")
    if as_json:
        print_json(content)
    return code


def watch(
    settings: Settings,
    names: Sequence[str],
    *,
    rebuild: bool,
    as_json: bool,
    wait: Callable[[float], object] = time.sleep,
    draw: Callable[[], float] = random.random,
) -> int:
    """Sync again and again until Ctrl-C or SIGTERM, with a line for each change and each new failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sources, place = _choose(settings, names), _place(settings)
    interval_s = settings.sync.interval_minutes * MINUTE_S
    last_errors: dict[str, str] = {}
    failure = ""  # of the last rebuild
    say(f"syncing every {many(settings.sync.interval_minutes, 'minute')}; Ctrl-C stops")
    try:
        while True:
            reports = _one_round(sources, place)
            for report in reports:
                if report.has_changes or (report.error and report.error != last_errors.get(report.name)):
                    _print_line(report, as_json=as_json)
                last_errors[report.name] = report.error
            if rebuild and (failure or any(report.has_changes for report in reports)):
                failure = _rebuild(settings, failure, as_json=as_json)
            wait(interval_s * (1 + JITTER_SHARE * draw()))
    except KeyboardInterrupt:  # safe at any time: a switch that is not complete is undone by the next sync
        return SUCCESS


def report_json(report: SourceReport) -> dict[str, Any]:
    """Convert the report of a source to an object for JSON."""
    return {
        "name": report.name,
        "folder": report.folder,
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "skipped": rejected_json(report.skipped),
        "ignored": report.ignored,
        "state": report.state,
        "seconds": report.seconds,
        "error": report.error or None,
    }


def report_line(report: SourceReport) -> str:
    """Word the report of a source in one line."""
    if report.error:
        return f"{report.name}: failed, its documents stay as they are: {one_line(report.error)}"
    counts = {"added": len(report.added), "changed": len(report.changed), "removed": len(report.removed)}
    changes = f"{list_counts(counts)}, " if report.has_changes else ""
    skipped = f"; skipped: {many(len(report.skipped), 'file')}" if report.skipped else ""
    in_lfs = sum(file.reason.startswith(NOT_FETCHED) for file in report.skipped)
    skipped += f", of which {in_lfs:,} only point into Git LFS" if in_lfs else ""
    ignored = f"; no documents: {many(report.ignored, 'file')}" if report.ignored else ""
    return f"{report.name}: {changes}{report.unchanged:,} unchanged{skipped}{ignored} ({report.seconds:.1f} s)"


def _one_round(sources: Sequence[Source], place: Place) -> list[SourceReport]:
    """Sync every source once; while another process syncs, that is the failure of each."""
    try:
        with syncing(place.seeds):
            return [sync_source(source, place) for source in sources]
    except (SyncError, OSError) as error:  # such as a disk that is not there at the moment
        return [SourceReport(source.name, source.target, error=str(error)) for source in sources]


def _rebuild(settings: Settings, last_failure: str, *, as_json: bool) -> str:
    """Rebuild after a round; return what failed, "" if nothing did. A new failure is a line."""
    started = time.perf_counter()
    try:
        result = run_rebuild(settings)
    except (FootnoteError, OSError) as error:
        line = " ".join(str(error).split())
        if line != last_failure:
            say(line)
        return line
    elapsed_s = time.perf_counter() - started
    if as_json:
        print_json(rebuild_json(settings, result, elapsed_s), indent=None)
    else:
        print(rebuild_line(result, elapsed_s), flush=True)
    return ""


def _print_line(report: SourceReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report_json(report), indent=None)
    elif report.error:
        say(report_line(report))
    else:
        print(report_line(report), flush=True)


def _print_report(report: SourceReport, *, dry_run: bool) -> None:
    """Print what changed in a source, one file per line, and a line for the whole."""
    if report.error:
        say(report_line(report))
        return
    for kind, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        print_list([f"{report.folder}/{path}" for path in paths], f"{kind:8} ")
    print_list([f"{report.folder}/{file.path}: {file.reason}" for file in report.skipped], "skipped  ")
    would = " (would be)" if dry_run and report.has_changes else ""
    console(sys.stdout).print(f"{report_line(report)}{would}", soft_wrap=True)


def _choose(settings: Settings, names: Sequence[str]) -> list[Source]:
    """Return the sources of these names, all without any. Raises SyncError."""
    sources = {source.name: source for source in settings.sync.sources}
    if not sources:
        raise SyncError("no source is set up; describe one under [[sync.sources]] in config/footnote.toml")
    for name in names:
        if name not in sources:
            raise SyncError(f"no source is named {name!r}; there are {', '.join(sources)}")
    return [sources[name] for name in dict.fromkeys(names)] if names else list(sources.values())


def _place(settings: Settings) -> Place:
    """Say where to sync to. Raises SyncError if that is missing, or is the folder of sample documents."""
    if not settings.seeds:
        raise SyncError("sources need a folder of documents of your own; name it with seeds or --seeds")
    if not settings.seeds_folder.is_dir():
        raise SyncError(f"the seeds folder {settings.seeds_folder} does not exist; name one with --seeds")
    return Place(settings.seeds_folder, settings.sync, settings.documents.max_bytes)
