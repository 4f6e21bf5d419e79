"""Implement `footnote eval`: measure, compare with the previous run, print, and write a page if asked to."""

import datetime
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

import bot
from bot import answering_stack, building
from bot.report import comparison
from bot.report.comparison import FigureChange, FigureRow, format_change, format_figure
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.reply import format_confidence
from bot.showing.safe_text import one_line
from bot.showing.terminal import console, print_json, progress, say
from config.settings import RANKER, Settings
from retrieval import files
from retrieval.errors import DataError
from retrieval.measuring import runs
from retrieval.measuring.runs import EvalRun, flatten_figures
from retrieval.store.manifest import read_manifest

if TYPE_CHECKING:
    from retrieval.asking.ranker import Ranker
    from retrieval.index.index import Index
    from retrieval.measuring.tallies import Tally
    from retrieval.measuring.verdicts import GoldenCase


def evaluate(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    """Measure with golden questions or with a SQuAD file; return an exit code. Raises DataError for any other file."""
    if page is not None and not page.parent.is_dir():  # noticed before minutes are spent on measuring
        raise DataError(f"cannot write {page}: its folder does not exist")
    if file.suffix.lower() in (".yaml", ".yml", ".jsonl"):
        return _evaluate_golden(settings, file, page=page, as_json=as_json)
    if file.suffix.lower() == ".json":
        return _evaluate_squad(settings, file, page=page, as_json=as_json)
    raise DataError(f"{file} is neither a file of golden questions (.yaml, .jsonl) nor a SQuAD file (.json)")


def _evaluate_squad(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    from retrieval.measuring.measure import baseline_figures, eval_figures, measure
    from retrieval.measuring.squad import read_squad

    corpus = read_squad(file)
    if all(question.answer_start is None for question in corpus.questions):
        raise DataError(f"{file} contains no question with an answer")
    fingerprint = building.compile_models(settings)
    encoder = answering_stack.load_encoder(settings.index_folder, fingerprint, settings.threads)
    cross_encoder = answering_stack.load_cross_encoder(settings)
    reader = answering_stack.load_reader(settings)
    ranker = answering_stack.load_ranker(settings)
    with progress() as show:
        measured = measure(corpus, encoder, ranker, settings.documents.language, show, cross_encoder, reader)
    figures = eval_figures(measured)
    run = _record_run(
        settings, file, ranker, flatten_figures(figures), model=settings.model, fingerprint=encoder.fingerprint
    )
    previous, notices = _read_previous(settings, file, run)
    notices += _warn_if_fitted_on(file)
    baselines = {name: flatten_figures(baseline) for name, baseline in baseline_figures(measured).items()}
    rows = comparison.compare_figures(comparison.SQUAD_FIGURES, run.figures, previous, baselines)
    if page is not None:
        from bot.report.html_page import PageHeader, squad_page

        _write_page(page, squad_page(PageHeader(file.name, run, previous, notices), measured, ranker, rows, figures))
    notices += _save_run(settings, file, run)
    if as_json:
        print_json(figures)
    else:
        console(sys.stdout).print(f"{one_line(file.name)}: {figures['questions']:,} questions")
        _print_rows(rows, list(baselines))
        console(sys.stdout).print(one_line(comparison.describe_comparison(run, previous)))
    for notice in notices:
        say(one_line(notice))
    return SUCCESS


def _evaluate_golden(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    from retrieval.measuring.golden import read_golden
    from retrieval.measuring.quotable import check_quotable, count_fragments, find_unquotable, unquotable_json
    from retrieval.measuring.tallies import count_by_kind, count_cases, tally_json
    from retrieval.measuring.verdicts import golden_json, run_golden

    questions = read_golden(file)
    stack = building.open_or_build(settings)
    unquotable = find_unquotable(stack.retriever.index, stack.manifest.rejected_files, questions)
    check_quotable(file, unquotable)
    with progress() as show:
        cases = run_golden(questions, stack.retriever, stack.threshold, show, explained=page is not None)
    total = count_cases(cases)
    result = golden_json(cases) | {
        "total": tally_json(total),
        "kinds": {kind: tally_json(tally) for kind, tally in count_by_kind(cases).items()},
        "fragments": count_fragments(questions),
        "not_quotable": unquotable_json(questions, unquotable),
    }
    run = _record_golden_run(settings, file, answering_stack.load_ranker(settings), stack.retriever.index, cases)
    previous, notices = _read_previous(settings, file, run)
    if page is not None:
        from bot.report.html_page import PageHeader, golden_page

        rows = comparison.compare_figures(comparison.golden_figures(cases), run.figures, previous, {})
        _write_page(page, golden_page(PageHeader(file.name, run, previous, notices), cases, rows))
    notices += _save_run(settings, file, run)
    if as_json:
        print_json(result)
    else:
        _print_golden(cases)
        _print_tallies(cases, total)
        if unquotable:
            console(sys.stdout).print(f"{len(unquotable)} of {result['fragments']} fragments cannot be quoted now")
        console(sys.stdout).print(one_line(comparison.describe_comparison(run, previous)))
        _print_changed_cases(cases, previous)
    for notice in notices:
        say(one_line(notice))
    return CHECK_FAILED if result["failed"] else SUCCESS


def _record_golden_run(
    settings: Settings, file: Path, ranker: "Ranker", index: "Index", cases: Sequence["GoldenCase"]
) -> EvalRun:
    """Record a run of golden questions."""
    passed = [case.passed for case in cases]
    counts = {
        "passed": sum(passed),
        "failed": len(passed) - sum(passed),
        "answerable_passed": sum(case.passed for case in cases if case.golden.answerable),
        "unanswerable_passed": sum(case.passed for case in cases if not case.golden.answerable),
    }
    model = read_manifest(settings.index_folder / index.generation).model
    run = _record_run(settings, file, ranker, flatten_figures(counts), model=model, fingerprint=index.fingerprint)
    return replace(run, generation=index.generation, passed=passed)


def _record_run(
    settings: Settings, file: Path, ranker: "Ranker", figures: dict[str, float | None], *, model: str, fingerprint: str
) -> EvalRun:
    """Record a run that ends now and asked no index but the documents of the file itself."""
    return EvalRun(
        sha256=files.sha256(file),
        created=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        version=bot.__version__,
        generation=None,
        model=model,
        fingerprint=fingerprint,
        weights=hashlib.sha256(repr(ranker).encode()).hexdigest()[:8],
        threshold=answering_stack.answer_threshold(settings, ranker),
        figures=figures,
        passed=[],
    )


def _read_previous(settings: Settings, file: Path, run: EvalRun) -> tuple[EvalRun | None, list[str]]:
    """Read the previous run with the same file; if it cannot be compared with this one, return None and the reason."""
    path = runs.run_path(settings.index_folder, file, run.sha256)
    try:
        previous = runs.read_run(path, run.sha256)
        if previous and len(previous.passed) != len(run.passed):
            raise DataError(f"{path} has a different number of questions")
    except DataError as error:
        return None, [f"the previous run is ignored: {error}"]
    return previous, []


def _save_run(settings: Settings, file: Path, run: EvalRun) -> list[str]:
    """Save a run to compare the next one with; return why if that fails."""
    try:
        runs.write_run(runs.run_path(settings.index_folder, file, run.sha256), run)
    except OSError as error:
        return [f"this run is not saved for comparison: {error.filename}: {error.strerror}"]
    return []


def _warn_if_fitted_on(file: Path) -> list[str]:
    """Return a warning if the ranker's weights were fitted on a file of this name."""
    provenance = json.loads(RANKER.read_text("utf-8")).get("provenance", {})
    if file.name not in provenance.get("files", []):
        return []
    return [f"the weights were fitted on a file named {file.name}, so these figures are too good"]


def _write_page(page: Path, content: str) -> None:
    files.replace(page, content.encode())
    say(one_line(f"the page is in {page}"))


def _print_rows(rows: Sequence[FigureRow], baselines: Sequence[str]) -> None:
    out = console(sys.stdout)
    names = "".join(f"{f'{name} alone':>13}" for name in baselines)
    out.print(f"{'':20}{'now':>8}{'before':>9}{'':17}{names}")
    for row in rows:
        decimals, before = row.figure.decimals, row.previous
        change = f"{format_change(before.change, decimals)} {before.verdict}" if before else ""
        line = f"{row.figure.label:20}{format_figure(row.value, decimals):>8}"
        line += f"{_format_value(before, decimals):>9}  {change:15}"
        out.print(line + "".join(f"{_format_value(baseline, decimals):>13}" for baseline in row.baselines))


def _format_value(other: FigureChange | None, decimals: int) -> str:
    return format_figure(other.value if other else None, decimals)


def _print_golden(cases: Sequence["GoldenCase"]) -> None:
    """Print each case that fails: what was expected, and what is shown."""
    from retrieval.measuring.visible_text import shown_text

    out = console(sys.stdout)
    for case in cases:
        if not case.passed:
            out.print(f"FAILED ({case.verdict}) {one_line(case.golden.question)}")
            expected = [f"{' + '.join(answer.fragments)} ({answer.document})" for answer in case.golden.answers]
            for text in expected or ["no answer"]:
                out.print(f"  expected: {one_line(text)}")
            confidence = format_confidence(case.answer.confidence)
            given = f"{one_line(shown_text(case.given))} ({confidence})" if case.given else None
            out.print(f"  given: {given or f'no answer (closest: {confidence})'}")
    for label, answerable in (("answerable", True), ("unanswerable", False)):
        passed = [case.passed for case in cases if case.golden.answerable is answerable]
        out.print(f"{label:13} {sum(passed)} of {len(passed)} right")


def _print_tallies(cases: Sequence["GoldenCase"], total: "Tally") -> None:
    """Print the verdicts of each kind, if the questions have kinds, and of all."""
    from bot.report.verdict_table import format_tallies, named_kinds

    for line in format_tallies([*named_kinds(cases), ("all", total)]):
        console(sys.stdout).print(line, soft_wrap=True)


def _print_changed_cases(cases: Sequence["GoldenCase"], previous: EvalRun | None) -> None:
    out = console(sys.stdout)
    for case in comparison.changed_cases(cases, previous):
        out.print(f"{'now passes' if case.passed else 'now fails'}: {one_line(case.golden.question)}")
