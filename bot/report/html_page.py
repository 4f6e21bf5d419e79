"""The page of a run of eval: one file that needs nothing else, not even a script; the only module that names jinja2.

Whatever a file, question or document says is made harmless twice: what could mislead a reader is
replaced when it is put into the page, and markup is escaped. `safe` marks our own drawings alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.report import comparison, plots
from bot.report.comparison import Row, described
from bot.report.plots import Dot
from bot.showing.safe_text import one_line
from retrieval.asking.ranker import Ranker
from retrieval.measuring.curves import CurvePoint, calibration_bins, measure_operating_point, precision_curve
from retrieval.measuring.golden import GoldenCase
from retrieval.measuring.levels import NEAR
from retrieval.measuring.measure import Measurement
from retrieval.measuring.runs import EvalRun
from retrieval.measuring.wrong_answers import WrongCase, overconfident_cases, wrong_cases

PAGES = Path(__file__).parent / "templates"
NEAR_MISS = 5
TENTHS = 10


@dataclass(frozen=True, slots=True)
class About:
    """What every page says of its run: of which file, the run, the one before, and what to beware of."""

    name: str
    run: EvalRun
    previous: EvalRun | None
    notices: Sequence[str] = ()


def squad_page(
    about: About, measurement: Measurement, ranker: Ranker, rows: Sequence[Row], figures: Mapping[str, Any]
) -> str:
    """Return the page of a SQuAD file as HTML."""
    near = measurement.results[NEAR]
    curves = {"ours": precision_curve(near)}
    curves |= {name: precision_curve(levels[NEAR]) for name, levels in measurement.baselines.items()}
    point, bins = measure_operating_point(near, about.run.threshold), calibration_bins(near)
    wrong, overconfident = wrong_cases(measurement, ranker), overconfident_cases(measurement, ranker)
    return _render(
        "squad.html",
        about,
        rows=rows,
        baselines=list(measurement.baselines),
        questions=figures["questions"],
        first=figures["p_at_1"],
        point=point,
        unanswerable_share=sum(not result.answerable for result in near) / max(len(near), 1),
        precision=plots.precision_plot(curves, point),
        tenths=_tenths(curves["ours"]),
        calibration=plots.calibration_plot(bins, figures["ece"]),
        bins=bins,
        latency=plots.latency_plot(measurement.elapsed_ms),
        wrong_count=len(wrong),
        groups=_by_how_wrong(wrong),
        overconfident=overconfident,
        over_threshold=sum(one.confidence >= about.run.threshold for one in overconfident),
    )


def golden_page(about: About, cases: Sequence[GoldenCase], rows: Sequence[Row]) -> str:
    """Return the page of a golden file as HTML."""
    dots = [Dot(one.answer.confidence, one.golden.answerable, one.passed) for one in cases]
    return _render(
        "golden.html",
        about,
        rows=rows,
        cases=cases,
        passed=sum(one.passed for one in cases),
        failed=[one for one in cases if not one.passed],
        changed=comparison.changed(cases, about.previous),
        threshold=about.run.threshold,
        confidences=plots.confidence_plot(dots, about.run.threshold),
    )


def _by_how_wrong(cases: Sequence[WrongCase]) -> list[tuple[str, list[WrongCase]]]:
    """Return the cases in groups, each with its heading."""
    return [
        ("Among the first five", [one for one in cases if one.rank and one.rank <= NEAR_MISS]),
        ("Further down", [one for one in cases if one.rank and one.rank > NEAR_MISS]),
        ("Not a candidate", [one for one in cases if one.rank is None]),
    ]


def _tenths(curve: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Return the first point of a curve at or after each tenth of the questions."""
    found = [next((one for one in curve if one.answered >= tenth / TENTHS), None) for tenth in range(1, TENTHS + 1)]
    return [one for one in found if one]


def _render(template: str, about: About, **content: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "shown": comparison.shown,
        "signed": comparison.signed,
        "percent": lambda share: f"{share:.0%}",
        "counted": lambda count: f"{count:,}",
    }
    return pages.get_template(template).render(
        name=about.name,
        version=about.run.version,
        made=described(about.run),
        compared=comparison.compared(about.run, about.previous),
        first_run=about.previous is None,
        notices=about.notices,
        **content,
    )


def _harmless(value: Any) -> Any:
    """Return what is put into a page: text on one line without characters that could mislead a reader."""
    return one_line(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
