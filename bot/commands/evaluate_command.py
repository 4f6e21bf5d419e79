"""The eval command: measure, compare with the run before, print, and write the page where one is wanted."""

import datetime
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

import bot
from bot import answering_stack, building
from bot.report import comparison
from bot.report.comparison import FigureChange, Row, shown, signed
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
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
    from retrieval.measuring.golden import GoldenCase


def evaluate(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    """Measure on golden questions or on a SQuAD file."""
    if page is not None and not page.parent.is_dir():
        raise DataError(f"the folder of {page} does not exist")  # before minutes are spent on measuring
    if file.suffix.lower() in (".yaml", ".yml"):
        return _evaluate_golden(settings, file, page=page, as_json=as_json)
    if file.suffix.lower() == ".json":
        return _evaluate_squad(settings, file, page=page, as_json=as_json)
    raise DataError(f"{file} is neither golden questions (.yaml) nor a SQuAD file (.json)")


def _evaluate_squad(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    from retrieval.asking.ranker import read_ranker
    from retrieval.measuring.measure import baseline_figures, eval_figures, measure
    from retrieval.measuring.squad import read_squad

    corpus = read_squad(file)
    if not corpus.questions:
        raise DataError(f"{file} holds no questions")
    fingerprint = building.compile_models(settings)
    encoder, ranker = (
        answering_stack.load_encoder(settings.index_folder, fingerprint, settings.threads),
        read_ranker(RANKER),
    )
    second = answering_stack.load_cross_encoder(settings)
    with progress() as show:
        measured = measure(corpus, encoder, ranker, settings.documents.language, show, second)
    figures = eval_figures(measured)
    run = _run(settings, file, ranker, flatten_figures(figures), model=settings.model, fingerprint=encoder.fingerprint)
    previous, notices = _previous(settings, file, run)
    notices += _fitted_on(file)
    baselines = {name: flatten_figures(found) for name, found in baseline_figures(measured).items()}
    rows = comparison.compare(comparison.SQUAD, run.figures, previous, baselines)
    if page is not None:
        from bot.report.html_page import About, squad_page

        _write(page, squad_page(About(file.name, run, previous, notices), measured, ranker, rows, figures))
    notices += _keep(settings, file, run)
    if as_json:
        print_json(figures)
    else:
        console(sys.stdout).print(f"{one_line(file.name)}: {figures['questions']:,} questions")
        _print_rows(rows, list(baselines))
        console(sys.stdout).print(one_line(comparison.compared(run, previous)))
    _say_all(notices)
    return SUCCESS


def _evaluate_golden(settings: Settings, file: Path, *, page: Path | None, as_json: bool) -> int:
    from retrieval.asking.ranker import read_ranker
    from retrieval.measuring.golden import golden_json, read_golden, run_golden

    questions = read_golden(file)
    ready = building.open_or_build(settings)
    cases = run_golden(questions, lambda text: ready.retriever.ask(text, threshold=ready.threshold))
    result = golden_json(cases)
    run = _golden_run(settings, file, read_ranker(RANKER), ready.retriever.index, cases)
    previous, notices = _previous(settings, file, run)
    if page is not None:
        from bot.report.html_page import About, golden_page

        rows = comparison.compare(comparison.golden_figures(cases), run.figures, previous, {})
        _write(page, golden_page(About(file.name, run, previous, notices), cases, rows))
    notices += _keep(settings, file, run)
    if as_json:
        print_json(result)
    else:
        _print_golden(result["cases"])
        console(sys.stdout).print(one_line(comparison.compared(run, previous)))
        _print_changed(cases, previous)
    _say_all(notices)
    return CHECK_FAILED if result["failed"] else SUCCESS


def _golden_run(
    settings: Settings, file: Path, ranker: "Ranker", index: "Index", cases: Sequence["GoldenCase"]
) -> EvalRun:
    """Return the record of a run of golden questions."""
    passed = [one.passed for one in cases]
    right = {wanted: sum(one.passed for one in cases if one.golden.answerable is wanted) for wanted in (True, False)}
    counts = {
        "passed": sum(passed),
        "failed": len(passed) - sum(passed),
        "answerable_passed": right[True],
        "unanswerable_passed": right[False],
    }
    made = read_manifest(settings.index_folder / index.generation).model
    run = _run(settings, file, ranker, flatten_figures(counts), model=made, fingerprint=index.fingerprint)
    return replace(run, generation=index.generation, passed=passed)


def _run(
    settings: Settings, file: Path, ranker: "Ranker", figures: dict[str, float | None], *, model: str, fingerprint: str
) -> EvalRun:
    """Return the record of a run that ends now, on documents of the file's own."""
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


def _previous(settings: Settings, file: Path, run: EvalRun) -> tuple[EvalRun | None, list[str]]:
    """Return the run of the same file before this one; where its record is of no use, None and why."""
    path = runs.run_path(settings.index_folder, file, run.sha256)
    try:
        previous = runs.read_run(path, run.sha256)
        if previous and len(previous.passed) != len(run.passed):
            raise DataError(f"{path} has another number of questions")
    except DataError as error:
        return None, [f"the run before is ignored: {error}"]
    return previous, []


def _keep(settings: Settings, file: Path, run: EvalRun) -> list[str]:
    """Keep a run for the next one to compare with; returns why not where that fails."""
    try:
        runs.write_run(runs.run_path(settings.index_folder, file, run.sha256), run)
    except OSError as error:
        return [f"this run is not kept: {error.filename}: {error.strerror}"]
    return []


def _fitted_on(file: Path) -> list[str]:
    """Return a warning where the weights were fitted on a file of this name."""
    provenance = json.loads(RANKER.read_text("utf-8")).get("provenance", {})
    if file.name not in provenance.get("files", []):
        return []
    return [f"the weights were fitted on a file named {file.name}: on it these figures flatter"]


def _write(page: Path, content: str) -> None:
    files.replace(page, content.encode())
    say(one_line(f"the page is in {page}"))


def _say_all(notices: Sequence[str]) -> None:
    for notice in notices:
        say(one_line(notice))


def _print_rows(rows: Sequence[Row], baselines: Sequence[str]) -> None:
    out = console(sys.stdout)
    names = [f"{name} alone" for name in baselines]
    out.print(f"{'':20}{'now':>8}{'before':>9}{'':17}" + "".join(f"{name:>13}" for name in names))
    for row in rows:
        places, before = row.figure.places, row.previous
        change = f"{signed(before.change, places)} {before.verdict}" if before else ""
        line = f"{row.figure.label:20}{shown(row.value, places):>8}"
        line += f"{_value(before, places):>9}  {change:15}"
        out.print(line + "".join(f"{_value(other, places):>13}" for other in row.baselines))


def _value(other: FigureChange | None, places: int) -> str:
    return shown(other.value if other else None, places)


def _print_golden(cases: Sequence[Mapping[str, Any]]) -> None:
    out = console(sys.stdout)
    for case in cases:
        if not case["passed"]:
            expected, given = case["expected"], case["given"]
            out.print(f"FAILED {one_line(case['question'])}")
            out.print(f"  expected: {one_line(expected['fragment']) if expected else 'no answer'}")
            out.print(f"  given ({case['confidence']:.0%}): {one_line(given['text']) if given else 'no answer'}")
    for name, wanted in (("answerable", True), ("unanswerable", False)):
        chosen = [case["passed"] for case in cases if (case["expected"] is not None) is wanted]
        out.print(f"{name:13} {sum(chosen)} of {len(chosen)} right")


def _print_changed(cases: Sequence["GoldenCase"], previous: EvalRun | None) -> None:
    out = console(sys.stdout)
    for case in comparison.changed(cases, previous):
        out.print(f"{'now passes' if case.passed else 'now fails'}: {one_line(case.golden.question)}")
