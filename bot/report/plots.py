"""Plots as SVG to put inside a page; the only module that names matplotlib.

A plot has no colours of its own: each is a role that the page's style sheet gives a colour, so that
one drawing serves light and dark. Same numbers, same bytes. Nothing that is drawn comes from a
document or a question.
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
FOREIGN = (f"{{{SVG}}}metadata", f"{{{SVG}}}style")  # a style inside a drawing would hold for the whole page
LINK = "{http://www.w3.org/1999/xlink}href"
ROLES = {  # colours that matplotlib draws in, each replaced by the page's colour for the role
    "ink": "#010102",
    "faint": "#010103",
    "ours": "#010104",
    "dense": "#010105",
    "BM25": "#010106",
    "wrong": "#010107",
}
DASHES = {"dense": (4, 2), "BM25": (1, 1.5)}
WIDTH, HEIGHT = 5.2, 3.9  # inches of 72 units: about the width of a phone, so that its text stays readable
SLOWEST_SHOWN = 99  # percentile; the rest of the latencies is counted in the last bar
STACK = 0.02  # confidences this close are drawn over each other


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, what it is called, and in words what it shows."""

    svg: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A question of the confidence plot."""

    confidence: float
    answerable: bool
    passed: bool


def precision_plot(curves: Mapping[str, Sequence[CurvePoint]], point: MeasuredOperatingPoint) -> Plot:
    """Draw precision against the share answered for "ours" and each baseline, the operating point marked."""
    at = point.point
    words = f"At the threshold {at.threshold:.2f}, {at.answered:.0%} are answered, {at.precision:.0%} of these rightly."
    with _drawing("precision") as figure:
        axes = _axes(figure, "share of questions answered", "precision")
        for name, points in curves.items():
            axes.plot(
                [one.answered for one in points],
                [one.precision for one in points],
                color=ROLES[name],
                linewidth=2.2 if name == "ours" else 1.6,
                dashes=DASHES.get(name, (None, None)),
                label="Footnote" if name == "ours" else f"{name} alone",
            )
        label = f"threshold {at.threshold:.2f}: {at.answered:.0%} answered, {at.precision:.0%} right"
        axes.plot([at.answered], [at.precision], "o", color=ROLES["ours"], markersize=9, zorder=5, label=label)
        _unit_square(axes)
        axes.legend(loc="lower left", frameon=False)
        return _plot(figure, "precision", "Precision against share answered", words)


def calibration_plot(bins: Sequence[CalibrationBin], error: float) -> Plot:
    """Draw the share right against the confidence, bin by bin, over how many fall into each."""
    held = [one for one in bins if one.count]
    words = f"In ten bins of confidence the share right is off by {error:.3f} on average (ECE)."
    with _drawing("calibration", HEIGHT * 1.12) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _label(upper, "", "share right")
        _label(lower, "confidence", "questions")
        upper.plot([0, 1], [0, 1], color=ROLES["faint"], dashes=(4, 3), linewidth=1.2, label="perfectly calibrated")
        upper.plot(
            [one.confidence for one in held],
            [one.right for one in held],
            "o-",
            color=ROLES["ours"],
            linewidth=1.8,
            markersize=6,
            label="Footnote",
        )
        lower.bar([one.low for one in bins], [one.count for one in bins], 0.1, align="edge", color=ROLES["ours"])
        for one in held:
            lower.annotate(str(one.count), (one.low + 0.05, one.count), (0, 2), textcoords="offset points", ha="center")
        lower.margins(y=0.3)
        _unit_square(upper)
        _whole_numbers(lower, 2)
        _legend_above(upper)
        return _plot(figure, "calibration", "Calibration of the confidence", words)


def latency_plot(elapsed: Sequence[float]) -> Plot:
    """Draw how many questions took how many milliseconds; the slowest are in the last bar."""
    p50, p95, last, slowest = np.percentile(elapsed, [50, 95, SLOWEST_SHOWN, 100]).tolist()
    words = f"Half of the questions take under {p50:.1f} ms, 95% under {p95:.1f} ms; the slowest took {slowest:.1f}."
    with _drawing("latency") as figure:
        axes = _axes(figure, "milliseconds (the last bar: this and more)", "questions")
        axes.hist(np.minimum(elapsed, last), bins=30, color=ROLES["ours"])
        axes.margins(y=0.18)
        for value, name, aside, side in ((p50, "p50", -4, "right"), (p95, "p95", 4, "left")):
            axes.axvline(value, color=ROLES["ink"], linewidth=1.2, dashes=(4, 2))
            axes.annotate(
                f"{name} {value:.1f} ms",
                (value, 0.98),
                (aside, 0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha=side,
                va="top",
            )
        _whole_numbers(axes, 5)
        return _plot(figure, "latency", "Latency of a question", words)


def confidence_plot(dots: Sequence[Dot], threshold: float) -> Plot:
    """Draw each golden question at its confidence: those with an answer above, those without below."""
    failed = sum(not one.passed for one in dots)
    words = f"{len(dots)} questions, {failed} of them failed; from {threshold:.2f} on there is an answer."
    with _drawing("confidence", HEIGHT * 0.85) as figure:
        axes = _axes(figure, "confidence", "")
        for answerable, base in ((True, 1.0), (False, 0.0)):
            for passed, marker in ((True, "o"), (False, "X")):
                places = _stacked([one for one in dots if one.answerable is answerable])
                chosen = [(x, base + y) for one, x, y in places if one.passed is passed]
                label = ("passed" if passed else "failed") if answerable else None
                colour = ROLES["ours" if passed else "wrong"]
                axes.plot(*zip(*chosen, strict=True) if chosen else ([], []), marker, color=colour, label=label)
        axes.axvline(threshold, color=ROLES["ink"], linewidth=1.2, dashes=(4, 2))
        aside, side = (4, "left") if threshold < 0.5 else (-4, "right")
        axes.annotate(
            f"threshold {threshold:.2f}",
            (threshold, 1.58),
            (aside, 0),
            textcoords="offset points",
            ha=side,
            va="center",
        )
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.5, 1.7)
        axes.set_yticks([0, 1], ["has no\nanswer", "has an\nanswer"])
        _percent(axes.xaxis)
        _legend_above(axes)
        return _plot(figure, "confidence", "Confidence of the golden questions", words)


def _stacked(dots: Sequence[Dot]) -> list[tuple[Dot, float, float]]:
    """Return dots with their places, those of about the same confidence over each other around 0."""
    stacks: dict[int, list[Dot]] = {}
    for one in sorted(dots, key=lambda dot: dot.confidence):
        stacks.setdefault(round(one.confidence / STACK), []).append(one)
    highest = max(map(len, stacks.values()), default=1)
    step = min(0.11, 0.8 / highest)
    return [
        (one, one.confidence, step * (number - (len(stack) - 1) / 2))
        for stack in stacks.values()
        for number, one in enumerate(stack)
    ]


@contextmanager
def _drawing(name: str, height: float = HEIGHT) -> Iterator["Figure"]:
    """Yield an empty figure; whatever the user's own matplotlibrc says does not count."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache
    import matplotlib.style
    from matplotlib.figure import Figure

    ink, faint = ROLES["ink"], ROLES["faint"]
    ours = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": name,  # ids that depend on nothing but the drawing
        "font.family": ["DejaVu Sans"],  # what the layout is worked out with; the page's own font replaces it
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
    with matplotlib.style.context(["default", ours]):
        yield Figure(figsize=(WIDTH, height), layout="constrained")


def _axes(figure: "Figure", x: str, y: str) -> "Axes":
    return _label(figure.subplots(), x, y)


def _label(axes: "Axes", x: str, y: str) -> "Axes":
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return axes


def _unit_square(axes: "Axes") -> None:
    """Show both axes from 0 to 100 %."""
    _percent(axes.xaxis)
    _percent(axes.yaxis)
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.03)


def _percent(axis: "Axis") -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, 0))


def _legend_above(axes: "Axes") -> None:
    """Name the marks where no mark can be."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


def _whole_numbers(axes: "Axes", ticks: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(ticks, integer=True))


def _plot(figure: "Figure", name: str, title: str, description: str) -> Plot:
    """Return a figure as SVG that fits into a page: named, described, without ids or colours of its own."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(drawn.getvalue())  # noqa: S314 - drawn here
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in FOREIGN:
                parent.remove(child)
    used = _references(root)
    for element in root.iter():
        identity = element.attrib.pop("id", None)
        if identity in used:
            element.set("id", f"{name}-{identity}")
        target = element.attrib.pop(LINK, None)
        if target:
            element.set("href", f"#{name}-{target[1:]}")
        for key, value in element.attrib.items():
            element.set(key, value.replace("url(#", f"url(#{name}-"))
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        label = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        label.text = text
        root.insert(place, label)
    for attribute in ("width", "height"):
        del root.attrib[attribute]
    root.attrib |= {"role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    ET.register_namespace("", SVG)
    svg = ET.tostring(root, "unicode")
    for role, colour in ROLES.items():
        svg = svg.replace(colour, f"var(--{role})")
    return Plot(svg, title, description)


def _references(root: ET.Element) -> set[str]:
    """Return the ids that something in a drawing refers to."""
    found = set()
    for element in root.iter():
        for value in element.attrib.values():
            if value.startswith("#"):
                found.add(value[1:])
            elif value.startswith("url(#"):
                found.add(value[5:].rstrip(")"))
    return found
