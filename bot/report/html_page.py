"""Render the page of an evaluation as one HTML file that loads nothing and needs no script.

Text from a file, question or document is made harmless twice: characters that could mislead a reader are replaced when
it is put into the page, and markup is escaped. Only our own drawings are marked as `safe`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.report import plots
from bot.report.comparison import (
    FigureRow,
    changed_cases,
    describe_comparison,
    describe_run,
    format_change,
    format_figure,
)
from bot.report.plots import Dot
from bot.report.verdict_table import GROUPS, named_kinds, tally_values
from bot.showing.explanation_lines import explanation_lines
from bot.showing.pieces import compose_pieces
from bot.showing.safe_text import one_line
from retrieval.asking.ranker import Ranker
from retrieval.measuring.curves import CurvePoint, calibration_bins, measure_operating_point, precision_curve
from retrieval.measuring.levels import NEAR
from retrieval.measuring.measure import Measurement
from retrieval.measuring.runs import EvalRun
from retrieval.measuring.tallies import count_cases
from retrieval.measuring.verdicts import GoldenCase
from retrieval.measuring.wrong_answers import WrongCase, overconfident_cases, wrong_cases

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
TOP_RANKS = 5
TENTHS = 10


@dataclass(frozen=True, slots=True)
class PageHeader:
    """The header of a page: the measured file's name, the run, the previous run, and warnings."""

    name: str
    run: EvalRun
    previous: EvalRun | None
    notices: Sequence[str] = ()


def squad_page(
    header: PageHeader,
    measurement: Measurement,
    ranker: Ranker,
    rows: Sequence[FigureRow],
    figures: Mapping[str, Any],
) -> str:
    """Render the page of a SQuAD file as HTML."""
    near = measurement.results[NEAR]
    threshold = header.run.threshold
    curves = {"ours": precision_curve(near)}
    curves |= {name: precision_curve(levels[NEAR]) for name, levels in measurement.baselines.items()}
    point, bins = measure_operating_point(near, threshold), calibration_bins(near)
    wrong, overconfident = wrong_cases(measurement, ranker), overconfident_cases(measurement, ranker)
    return _render(
        "squad.html",
        header,
        rows=rows,
        baselines=list(measurement.baselines),
        questions=figures["questions"],
        p_at_1=figures["p_at_1"],
        point=point,
        unanswerable_share=sum(not result.answerable for result in near) / max(len(near), 1),
        precision=plots.precision_plot(curves, point),
        tenths=_points_at_tenths(curves["ours"]),
        calibration=plots.calibration_plot(bins, figures["ece"]),
        bins=bins,
        latency=plots.latency_plot(measurement.elapsed_ms),
        wrong_count=len(wrong),
        groups=_group_by_rank(wrong),
        overconfident=overconfident,
        over_threshold=sum(case.confidence >= threshold for case in overconfident),
    )


def golden_page(header: PageHeader, cases: Sequence[GoldenCase], rows: Sequence[FigureRow]) -> str:
    """Render the page of a golden file as HTML."""
    dots = [Dot(case.answer.confidence, case.golden.answerable, case.passed) for case in cases]
    return _render(
        "golden.html",
        header,
        rows=rows,
        cases=cases,
        passed=sum(case.passed for case in cases),
        failed=[case for case in cases if not case.passed],
        column_groups=GROUPS,
        tallies=[(name, tally_values(tally)) for name, tally in [*named_kinds(cases), ("all", count_cases(cases))]],
        changed=changed_cases(cases, header.previous),
        threshold=header.run.threshold,
        confidences=plots.confidence_plot(dots, header.run.threshold),
    )


def _group_by_rank(cases: Sequence[WrongCase]) -> list[tuple[str, list[WrongCase]]]:
    """Group cases by the rank of the right sentence, each group with its heading."""
    return [
        ("Among the first five", [case for case in cases if case.rank and case.rank <= TOP_RANKS]),
        ("Further down", [case for case in cases if case.rank and case.rank > TOP_RANKS]),
        ("Not a candidate", [case for case in cases if case.rank is None]),
    ]


def _points_at_tenths(curve: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Pick the first point of a curve at or after each tenth of the questions answered."""
    shares = [tenth / TENTHS for tenth in range(1, TENTHS + 1)]
    points = [next((point for point in curve if point.answered >= share), None) for share in shares]
    return [point for point in points if point]


def _render(template: str, header: PageHeader, **content: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_make_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "as_figure": format_figure,
        "as_change": format_change,
        "as_percent": lambda share: f"{share:.0%}",
        "as_pieces": compose_pieces,
        "as_explanation": explanation_lines,
        "as_written": _keep_spaces,
        "as_count": lambda count: f"{count:,}",
    }
    return environment.get_template(template).render(
        name=header.name,
        version=header.run.version,
        run=describe_run(header.run),
        comparison=describe_comparison(header.run, header.previous),
        first_run=header.previous is None,
        notices=header.notices,
        **content,
    )


def _make_harmless(value: Any) -> Any:
    """Replace characters in a text that could mislead a reader, and put the text on one line."""
    return one_line(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _keep_spaces(text: str) -> "Markup":
    """Escape the text of a piece, which is harmless already, without putting it on one line."""
    from markupsafe import escape

    return escape(text)
