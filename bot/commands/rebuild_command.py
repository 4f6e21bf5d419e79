"""Implement `footnote rebuild` and its --dry-run; each function returns an exit code."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from bot import building
from bot.commands import announced_rebuild
from bot.index_notices import quality_notices, unread_notice
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import console, print_json, print_list, print_rejected, rejected_json, say
from bot.showing.wording import duration, list_counts, many, sizes
from config.settings import Settings

if TYPE_CHECKING:
    from retrieval.store.manifest import Manifest
    from retrieval.types import Rejected
    from retrieval.upkeep.changes import Changes
    from retrieval.upkeep.gate import GoldenOutcome, Verdict
    from retrieval.upkeep.plan import Forecast, GateRule
    from retrieval.upkeep.rebuild import Report

MAX_ANSWER_LENGTH = 80  # characters of an answer to a golden question


def rebuild(settings: Settings, *, full: bool, no_gate: bool, wait: bool, as_json: bool) -> int:
    """Bring the index up to date, after another process that writes it if `wait`, and print a report."""
    started = time.perf_counter()
    gate: GateRule | None = "off" if no_gate else None
    report = announced_rebuild.run_rebuild(settings, full=full, wait=wait, gate=gate)
    elapsed_s = time.perf_counter() - started
    if as_json:
        print_json(report_json(settings, report, elapsed_s))
    else:
        _print_report(settings, report, elapsed_s)
    return CHECK_FAILED if report.refused else SUCCESS


def dry_run(settings: Settings, *, full: bool, as_json: bool) -> int:
    """Print what a rebuild would find and how long it would take, without writing anything."""
    from retrieval.encoding.index_cross_encoder import would_compile
    from retrieval.upkeep.plan import preview

    forecast = preview(building.rebuild_options(settings), full=full)
    cross_encoder = settings.ranker.cross_encoder
    compiles = bool(cross_encoder) and would_compile(settings.index_folder, cross_encoder, settings.model_cache_folder)
    if as_json:
        content = {
            "changes": asdict(forecast.changes),
            "rejected": rejected_json(forecast.rejected),
            "glossary_changed": forecast.other_glossary,
            "why_full": forecast.announcement,
            "expected": {"windows": forecast.windows, "seconds": forecast.seconds, "compiles": forecast.compiles},
        }
        print_json(content | ({"compiles_cross_encoder": compiles} if cross_encoder else {}))
        return SUCCESS
    out = console(sys.stdout)
    changes = forecast.changes
    _print_unread(
        forecast.rejected, changes.unchanged + len(changes.added) + len(changes.changed) + len(changes.renamed)
    )
    if compiles:
        out.print(f"A rebuild would compile the cross-encoder {one_line(cross_encoder)}.")
    _print_changes(changes)
    counts = f"{list_counts(changes.counts)}, " if changes else ""
    out.print(f"Documents: {counts}{changes.unchanged:,} unchanged. Nothing was written.")
    if forecast.other_glossary:
        out.print("The glossary changed.")
    if forecast.announcement:
        out.print(f"Besides, {one_line(forecast.announcement)}.", soft_wrap=True)
    out.print(_word_effort(forecast))
    print_rejected(forecast.rejected)
    return SUCCESS


def report_json(settings: Settings, report: "Report", elapsed_s: float) -> dict[str, Any]:
    """Convert a report to the object of `rebuild --json`."""
    from retrieval.upkeep.gate import verdict_json

    names = ("generation", "counts", "recall", "cut_sentences")
    content: dict[str, Any] = {name: to_builtins(getattr(report.live, name, None)) for name in names}
    content |= {"published": report.published, "changes": asdict(report.changes)}
    notice = unread_notice(report.rejected, report.live.counts.documents if report.live else 0)
    content |= {"rejected": rejected_json(report.rejected), "unread": notice, "encoded_windows": report.encoded_windows}
    content |= {"why_full": str(report.why_full) if report.why_full else None, "seconds": round(elapsed_s, 2)}
    if report.verdict:
        content["gate"] = verdict_json(report.verdict)
    if settings.ranker.cross_encoder:
        content["compiled_cross_encoder"] = report.compiled_cross_encoder
    return content


def report_line(report: "Report", elapsed_s: float) -> str:
    """Word a report in one line."""
    if report.refused:
        return building.refusal(report)
    name, size = report.manifest.generation, _word_size(report.manifest)
    rejected = f"; not used: {many(len(report.rejected), 'file')}" if report.rejected else ""
    if not report.published:
        return f"nothing changed; {name} stays live: {size}{rejected}"
    changes = f" ({list_counts(report.changes.counts)})" if report.changes else ""
    other_answers = len(report.verdict.changed) if report.verdict else 0
    golden = f"; {many(other_answers, 'golden question')} answered differently" if other_answers else ""
    return f"{name} is live after {elapsed_s:.1f} s: {size}{changes}{rejected}{golden}"


def _print_changes(changes: "Changes") -> None:
    """Print the documents that were added, changed, removed and renamed, one per line."""
    for kind in ("added", "changed", "removed"):
        print_list(getattr(changes, kind), f"{kind:8} ")
    print_list([f"{old} → {new}" for old, new in changes.renamed], "renamed  ")


def _is_first(changes: "Changes") -> bool:
    """Tell whether all documents are new, so that their number is enough."""
    return not (changes.unchanged or changes.changed or changes.removed or changes.renamed)


def _print_report(settings: Settings, report: "Report", elapsed_s: float) -> None:
    out = console(sys.stdout)
    _print_unread(report.rejected, report.live.counts.documents if report.live else 0)
    if report.compiled_cross_encoder:
        out.print(f"Compiled the cross-encoder {one_line(settings.ranker.cross_encoder)}.")
    if not _is_first(report.changes):
        _print_changes(report.changes)
    if report.published:
        manifest, changes = report.manifest, report.changes
        out.print(f"{manifest.generation} is live after {elapsed_s:.1f} s: {_word_size(manifest)}.")
        counts = f"{list_counts(changes.counts)}, " if changes else ""
        out.print(f"Documents: {counts}{changes.unchanged:,} unchanged.")
        out.print(f"Encoded {report.encoded_windows:,} of {many(manifest.counts.windows, 'window')}.")
        out.print(f"Dense search finds {manifest.recall:.3f} of what exact search finds.")
        for notice in quality_notices(manifest):
            say(notice)
    elif not report.refused:
        out.print(f"Nothing changed; {report.manifest.generation} stays live: {_word_size(report.manifest)}.")
    if report.verdict:
        _print_verdict(report.verdict, set(report.changes.removed))
    print_rejected(report.rejected)
    if report.refused:
        say(building.refusal(report))


def _print_unread(rejected: Sequence["Rejected"], documents: int) -> None:
    """Say first that much of the folder is not read, if that is so."""
    if notice := unread_notice(rejected, documents):
        console(sys.stdout).print(one_line(notice), soft_wrap=True)


def _print_verdict(verdict: "Verdict", removed: set[str]) -> None:
    """Print which golden questions broke, which fail, and which get another answer than before."""
    out = console(sys.stdout)
    passed = len(verdict.now) - len(verdict.failed)
    out.print(f"Golden questions: {passed} of {len(verdict.now)} pass.")
    if verdict.silent and not verdict.blocking:
        say("warning: no golden question that has an answer gets one; footnote eval shows how sure each answer was")
    if verdict.before is None and verdict.failed:
        say("golden questions fail, but there is no earlier generation to compare with; see footnote eval")
        print_list([_word_failure(outcome, removed) for outcome in verdict.failed], "fails    ")
        return
    print_list([_word_failure(outcome, removed) for outcome in verdict.broken], "broken   ")
    if verdict.rule == "pass":
        broken = {outcome.golden for outcome in verdict.broken}
        others = [outcome for outcome in verdict.failed if outcome.golden not in broken]
        print_list([_word_failure(outcome, removed) for outcome in others], "fails    ")
    answers = [
        f"{now.golden.question}: {_word_answer(before)} → {_word_answer(now)}" for before, now in verdict.changed
    ]
    print_list(answers, "answer   ")


def _word_failure(outcome: "GoldenOutcome", removed: set[str]) -> str:
    golden = outcome.golden
    line = f"{golden.question}: {_word_answer(outcome)}"
    if not golden.answers or not removed.issuperset(golden.documents):
        return line
    documents = " and ".join(golden.documents)
    return f"{line} ({documents} was removed: remove the question from the golden file, or use --no-gate)"


def _word_answer(outcome: "GoldenOutcome") -> str:
    return "no answer" if outcome.text is None else f"“{outcome.text[:MAX_ANSWER_LENGTH]}” ({outcome.document})"


def _word_size(manifest: "Manifest") -> str:
    return sizes(manifest.counts.documents, manifest.counts.sentences)


def _word_effort(forecast: "Forecast") -> str:
    """Say in one or two sentences how long a rebuild would take."""
    compiling = " It would compile the model first, which takes about 20 seconds." if forecast.compiles else ""
    if forecast.windows is None:
        return f"How long a rebuild would take is not known before the first rebuild.{compiling}"
    windows = f"up to about {many(forecast.windows, 'window')}" if forecast.windows else "nothing"
    if forecast.seconds is None:
        return f"A rebuild would encode {windows}; how long that takes is not known yet.{compiling}"
    return f"A rebuild would encode {windows} and take about {duration(forecast.seconds)}.{compiling}"
