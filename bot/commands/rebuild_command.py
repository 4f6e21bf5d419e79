"""What `footnote rebuild` does; returns the exit code: 0 done, 1 kept from going live by the gate."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from bot import building
from bot.index_notices import quality_notices
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import console, print_json, print_list, print_rejected, say
from bot.showing.wording import duration, list_counts, sizes
from config.settings import Settings

if TYPE_CHECKING:
    from retrieval.upkeep.changes import Changes
    from retrieval.upkeep.gate import GoldenOutcome, Verdict
    from retrieval.upkeep.plan import Forecast, GateRule
    from retrieval.upkeep.rebuild import Report


def rebuild(settings: Settings, *, full: bool, no_gate: bool, as_json: bool) -> int:
    """Bring the index up to date."""
    started = time.perf_counter()
    gate: GateRule | None = "off" if no_gate else None
    report = building.run_rebuild(settings, full=full, gate=gate)
    elapsed = time.perf_counter() - started
    if as_json:
        print_json(report_json(settings, report, elapsed))
    else:
        _print_report(settings, report, elapsed)
    return CHECK_FAILED if report.refused else SUCCESS


def dry_run(settings: Settings, *, full: bool, as_json: bool) -> int:
    """Say what a rebuild would find and how long it would take; writes nothing."""
    from retrieval.encoding.index_cross_encoder import would_compile
    from retrieval.upkeep.plan import preview

    forecast = preview(building.rebuild_options(settings), full=full)
    second = settings.ranker.cross_encoder
    compiles = bool(second) and would_compile(settings.index_folder, second)
    if as_json:
        facts = {"compiles_cross_encoder": compiles} if second else {}
        expected = {"windows": forecast.windows, "seconds": forecast.seconds, "compiles": forecast.compiles}
        print_json(
            {"changes": asdict(forecast.changes), "rejected": [asdict(one) for one in forecast.rejected]}
            | {"why_full": forecast.announcement, "expected": expected} | facts
        )  # fmt: skip
        return SUCCESS
    out = console(sys.stdout)
    if compiles:
        out.print(f"A rebuild would compile the cross-encoder {one_line(second)}.")
    print_changes(forecast.changes)
    changes = forecast.changes
    out.print(
        f"A rebuild would see: {list_counts(changes.counts)}; {changes.unchanged} unchanged. Nothing was written."
    )
    if forecast.announcement:
        out.print(f"Not only that: {one_line(forecast.announcement)}.", soft_wrap=True)
    out.print(_expected(forecast))
    print_rejected(forecast.rejected)
    return SUCCESS


def report_json(settings: Settings, report: "Report", elapsed: float) -> dict[str, Any]:
    """Return a report as `rebuild --json` prints it."""
    from retrieval.upkeep.gate import verdict_json

    names = ("generation", "counts", "recall", "cut_sentences")
    facts: dict[str, Any] = {name: to_builtins(getattr(report.live, name, None)) for name in names}
    facts |= {"published": report.published, "changes": asdict(report.changes)}
    facts |= {"rejected": [asdict(one) for one in report.rejected], "encoded_windows": report.encoded_windows}
    facts |= {"why_full": str(report.why_full) if report.why_full else None, "seconds": round(elapsed, 2)}
    if report.verdict:
        facts["gate"] = verdict_json(report.verdict)
    if settings.ranker.cross_encoder:
        facts["compiled_cross_encoder"] = report.compiled_cross_encoder
    return facts


def report_line(report: "Report", elapsed: float) -> str:
    """Return a report in one line."""
    if report.refused:
        return building.refusal(report)
    name, counts = report.manifest.generation, report.manifest.counts
    size = sizes(counts.documents, counts.sentences)
    rejected = f"; {len(report.rejected)} files are not used" if report.rejected else ""
    if not report.published:
        return f"nothing changed; {name} stays: {size}{rejected}"
    found = f" ({list_counts(report.changes.counts)})" if report.changes else ""
    changed = report.verdict.changed if report.verdict else []
    golden = f"; {len(changed)} golden questions are answered otherwise" if changed else ""
    return f"{name} is live after {elapsed:.1f} s: {size}{found}{rejected}{golden}"


def print_changes(changes: "Changes") -> None:
    """Print which documents were added, changed, removed and renamed, a line each."""
    for name in ("added", "changed", "removed"):
        print_list(getattr(changes, name), f"{name:8} ")
    print_list([f"{old} → {new}" for old, new in changes.renamed], "renamed  ")


def _print_report(settings: Settings, report: "Report", elapsed: float) -> None:
    out = console(sys.stdout)
    if report.compiled_cross_encoder:
        out.print(f"The cross-encoder {one_line(settings.ranker.cross_encoder)} is compiled.")
    print_changes(report.changes)
    if report.published:
        manifest = report.manifest
        counts = manifest.counts
        size = sizes(counts.documents, counts.sentences)
        out.print(f"{manifest.generation} is live after {elapsed:.1f} s: {size}.")
        found = f"{list_counts(report.changes.counts)}, " if report.changes else ""
        out.print(f"Documents: {found}{report.changes.unchanged} unchanged.")
        out.print(f"Encoded {report.encoded_windows:,} of {counts.windows:,} windows anew.")
        out.print(f"Dense search finds {manifest.recall:.3f} of what exact search does.")
        for notice in quality_notices(manifest):
            say(notice)
    elif not report.refused:
        counts = report.manifest.counts
        size = sizes(counts.documents, counts.sentences)
        out.print(f"Nothing changed; {report.manifest.generation} stays: {size}.")
    if report.verdict:
        _print_verdict(report.verdict, set(report.changes.removed))
    print_rejected(report.rejected)
    if report.refused:
        say(building.refusal(report))


def _print_verdict(verdict: "Verdict", removed: set[str]) -> None:
    """Print what golden questions say: what broke, what fails, whose answer is another one."""
    out = console(sys.stdout)
    passed = len(verdict.now) - len(verdict.failed)
    out.print(f"Golden questions: {passed} of {len(verdict.now)} pass.")
    if verdict.silent:
        say(
            "warning: none of the golden questions that have an answer is answered; footnote eval shows how sure it was"
        )
    if verdict.before is None and verdict.failed:
        say("nothing to compare the golden questions with; these fail: see below, and footnote eval")
        print_list([_failure(one, removed) for one in verdict.failed], "fails    ")
        return
    print_list([_failure(one, removed) for one in verdict.broken], "broken   ")
    if verdict.rule == "pass":
        broken = {one.golden for one in verdict.broken}
        print_list([_failure(one, removed) for one in verdict.failed if one.golden not in broken], "fails    ")
    answers = [f"{now.golden.question}: {_given(before)} → {_given(now)}" for before, now in verdict.changed]
    print_list(answers, "answer   ")


def _failure(one: "GoldenOutcome", removed: set[str]) -> str:
    why = f" ({one.golden.document} was removed: take the question out of the golden file, or rebuild --no-gate)"
    return f"{one.golden.question}: {_given(one)}{why if one.golden.document in removed else ''}"


def _given(one: "GoldenOutcome") -> str:
    return "no answer" if one.text is None else f"“{one.text[:80]}” ({one.document})"


def _expected(forecast: "Forecast") -> str:
    """Return in a sentence how long a rebuild would take."""
    compiling = " The model is compiled first, which takes about 20 seconds." if forecast.compiles else ""
    if forecast.windows is None:
        return f"How long it takes is not known before the first rebuild.{compiling}"
    windows = f"at most about {forecast.windows:,} windows to encode"
    if forecast.seconds is None:
        return f"Expected: {windows}; how long that takes is not known yet.{compiling}"
    return f"Expected: {windows}, about {duration(forecast.seconds)}.{compiling}"
