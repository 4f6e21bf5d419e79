"""Draw plots as SVG that can stand inside an HTML page.

A plot has no colours of its own: each colour is a role for which the page's style sheet has a colour, so that the same
drawing serves light and dark pages. The same numbers give the same bytes. No text in a drawing comes from a document or
a question.
"""

import io
import logging
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retrieval.measuring.curves import CalibrationBin, CurvePoint, MeasuredOperatingPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
UNWANTED_TAGS = (f"{{{SVG}}}metadata", f"{{{SVG}}}style")  # a style inside a drawing would apply to the whole page
LINK_ATTRIBUTE = "{http://www.w3.org/1999/xlink}href"
ROLE_COLOURS = {  # placeholders that matplotlib draws in, each replaced by the page's colour for the role
    "ink": "#010102",
    "faint": "#010103",
    "ours": "#010104",
    "dense": "#010105",
    "BM25": "#010106",
    "wrong": "#010107",
}
DASHES = {"dense": (4, 2), "BM25": (1, 1.5)}
WIDTH_IN, HEIGHT_IN = 5.2, 3.9  # inches of 72 units: about as wide as a phone, so that text stays readable there
MAX_LATENCY_PERCENTILE = 99  # slower questions are counted in the last bar
STACK_WIDTH = 0.02  # of confidence; dots this close are stacked


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, its title, and a description of what it shows."""

    svg: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A golden question in the confidence plot."""

    confidence: float
    answerable: bool
    passed: bool


def precision_plot(curves: Mapping[str, Sequence[CurvePoint]], operating_point: MeasuredOperatingPoint) -> Plot:
    """Draw precision against the share answered for "ours" and each baseline, and mark the operating point."""
    now = operating_point.point
    description = (
        f"At the threshold {now.threshold:.2f}, {now.answered:.0%} are answered, {now.precision:.0%} of these rightly."
    )
    with _new_figure("precision") as figure:
        axes = _label(figure.subplots(), "share of questions answered", "precision")
        for name, points in curves.items():
            axes.plot(
                [point.answered for point in points],
                [point.precision for point in points],
                color=ROLE_COLOURS[name],
                linewidth=2.2 if name == "ours" else 1.6,
                dashes=DASHES.get(name, (None, None)),
                label="Footnote" if name == "ours" else f"{name} alone",
            )
        label = f"threshold {now.threshold:.2f}: {now.answered:.0%} answered, {now.precision:.0%} right"
        axes.plot([now.answered], [now.precision], "o", color=ROLE_COLOURS["ours"], markersize=9, zorder=5, label=label)
        _show_unit_square(axes)
        axes.legend(loc="lower left", frameon=False)
        return _export(figure, "precision", "Precision against share answered", description)


def calibration_plot(bins: Sequence[CalibrationBin], error: float) -> Plot:
    """Draw the share right against the confidence for each bin, and below it the number of questions."""
    filled = [group for group in bins if group.count]
    description = f"In ten bins of confidence the share right is off by {error:.3f} on average (ECE)."
    with _new_figure("calibration", HEIGHT_IN * 1.12) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _label(upper, "", "share right")
        _label(lower, "confidence", "questions")
        faint, ours = ROLE_COLOURS["faint"], ROLE_COLOURS["ours"]
        upper.plot([0, 1], [0, 1], color=faint, dashes=(4, 3), linewidth=1.2, label="perfectly calibrated")
        upper.plot(
            [group.confidence for group in filled],
            [group.right for group in filled],
            "o-",
            color=ours,
            linewidth=1.8,
            markersize=6,
            label="Footnote",
        )
        lower.bar([group.low for group in bins], [group.count for group in bins], 0.1, align="edge", color=ours)
        for group in filled:
            middle_top = (group.low + 0.05, group.count)
            lower.annotate(str(group.count), middle_top, (0, 2), textcoords="offset points", ha="center")
        lower.margins(y=0.3)
        _show_unit_square(upper)
        _use_whole_numbers(lower, 2)
        _put_legend_above(upper)
        return _export(figure, "calibration", "Calibration of the confidence", description)


def latency_plot(elapsed_ms: Sequence[float]) -> Plot:
    """Draw how many questions took how many milliseconds; the slowest are in the last bar."""
    p50, p95, last, slowest = np.percentile(elapsed_ms, [50, 95, MAX_LATENCY_PERCENTILE, 100]).tolist()
    description = (
        f"Half of the questions take under {p50:.1f} ms, 95% under {p95:.1f} ms; the slowest took {slowest:.1f} ms."
    )
    with _new_figure("latency") as figure:
        axes = _label(figure.subplots(), "milliseconds (the last bar: this and more)", "questions")
        axes.hist(np.minimum(elapsed_ms, last), bins=30, color=ROLE_COLOURS["ours"])
        axes.margins(y=0.18)
        for value, name, offset, alignment in ((p50, "p50", -4, "right"), (p95, "p95", 4, "left")):
            axes.axvline(value, color=ROLE_COLOURS["ink"], linewidth=1.2, dashes=(4, 2))
            axes.annotate(
                f"{name} {value:.1f} ms",
                (value, 0.98),
                (offset, 0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha=alignment,
                va="top",
            )
        _use_whole_numbers(axes, 5)
        return _export(figure, "latency", "Latency of a question", description)


def confidence_plot(dots: Sequence[Dot], threshold: float) -> Plot:
    """Draw each golden question at its confidence, those with an answer above those without."""
    failed = sum(not dot.passed for dot in dots)
    description = f"{len(dots)} questions, {failed} of them failed; from {threshold:.2f} on there is an answer."
    with _new_figure("confidence", HEIGHT_IN * 0.85) as figure:
        axes = _label(figure.subplots(), "confidence", "")
        for answerable, base in ((True, 1.0), (False, 0.0)):
            stacked = _stack([dot for dot in dots if dot.answerable is answerable])
            for passed, marker in ((True, "o"), (False, "X")):
                points = [(dot.confidence, base + height) for dot, height in stacked if dot.passed is passed]
                label = ("passed" if passed else "failed") if answerable else None
                colour = ROLE_COLOURS["ours" if passed else "wrong"]
                axes.plot(*zip(*points, strict=True) if points else ([], []), marker, color=colour, label=label)
        axes.axvline(threshold, color=ROLE_COLOURS["ink"], linewidth=1.2, dashes=(4, 2))
        offset, alignment = (4, "left") if threshold < 0.5 else (-4, "right")
        axes.annotate(
            f"threshold {threshold:.2f}",
            (threshold, 1.58),
            (offset, 0),
            textcoords="offset points",
            ha=alignment,
            va="center",
        )
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.5, 1.7)
        axes.set_yticks([0, 1], ["has no\nanswer", "has an\nanswer"])
        _use_percent(axes.xaxis)
        _put_legend_above(axes)
        return _export(figure, "confidence", "Confidence of the golden questions", description)


def _stack(dots: Sequence[Dot]) -> list[tuple[Dot, float]]:
    """Stack dots of about the same confidence; return each dot with its height around 0."""
    stacks: dict[int, list[Dot]] = {}
    for dot in sorted(dots, key=lambda dot: dot.confidence):
        stacks.setdefault(round(dot.confidence / STACK_WIDTH), []).append(dot)
    highest = max(map(len, stacks.values()), default=1)
    step = min(0.11, 0.8 / highest)
    return [
        (dot, step * (number - (len(stack) - 1) / 2)) for stack in stacks.values() for number, dot in enumerate(stack)
    ]


@contextmanager
def _new_figure(name: str, height_in: float = HEIGHT_IN) -> Iterator["Figure"]:
    """Yield an empty figure in our style; the user's own matplotlibrc is ignored."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it reports on its font cache
    import matplotlib.style
    from matplotlib.figure import Figure

    ink, faint = ROLE_COLOURS["ink"], ROLE_COLOURS["faint"]
    style = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": name,  # so that ids depend on nothing but the drawing
        "font.family": ["DejaVu Sans"],  # only for the layout; the page's own font replaces it
        "font.size": 11,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.edgecolor": faint,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": faint,
        "grid.alpha": 0.35,
        "grid.linewidth": 0.6,
        "xtick.color": faint,
        "ytick.color": faint,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
    }
    with matplotlib.style.context(["default", style]):
        yield Figure(figsize=(WIDTH_IN, height_in), layout="constrained")


def _label(axes: "Axes", x: str, y: str) -> "Axes":
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return axes


def _show_unit_square(axes: "Axes") -> None:
    """Show both axes from 0 to 100 %."""
    _use_percent(axes.xaxis)
    _use_percent(axes.yaxis)
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.03)


def _use_percent(axis: "Axis") -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, 0))


def _put_legend_above(axes: "Axes") -> None:
    """Put the legend above the axes, where it cannot hide anything."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


def _use_whole_numbers(axes: "Axes", ticks: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(ticks, integer=True))


def _export(figure: "Figure", name: str, title: str, description: str) -> Plot:
    """Export a figure as SVG for a page: with a title and a description, and without ids or colours of its own."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - drawn here
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in UNWANTED_TAGS:
                parent.remove(child)
    _rename_ids(root, name)
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
    for attribute in ("width", "height"):
        del root.attrib[attribute]
    root.attrib |= {"role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    ET.register_namespace("", SVG)
    svg = ET.tostring(root, "unicode")
    for role, colour in ROLE_COLOURS.items():
        svg = svg.replace(colour, f"var(--{role})")
    return Plot(svg, title, description)


def _rename_ids(root: ET.Element, name: str) -> None:
    """Prefix every id that is referred to with the drawing's name, and drop the others: a page has several drawings."""
    used = _references(root)
    for element in root.iter():
        identifier = element.attrib.pop("id", None)
        if identifier in used:
            element.set("id", f"{name}-{identifier}")
        target = element.attrib.pop(LINK_ATTRIBUTE, None)
        if target:
            element.set("href", f"#{name}-{target[1:]}")
        for key, value in element.attrib.items():
            element.set(key, value.replace("url(#", f"url(#{name}-"))


def _references(root: ET.Element) -> set[str]:
    """Find the ids that elements of a drawing refer to."""
    ids = set()
    for element in root.iter():
        for value in element.attrib.values():
            if value.startswith("#"):
                ids.add(value[1:])
            elif value.startswith("url(#"):
                ids.add(value[5:].rstrip(")"))
    return ids
