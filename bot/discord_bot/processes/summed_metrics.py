"""Sum the metrics of several processes, in Prometheus's text format.

What a process counted stays in the sum after its end: a counter must not fall.
"""

from collections import defaultdict
from typing import Final

LOWEST: Final = ("footnote_generation",)  # of the processes; all others are added up
LASTING_TYPES: Final = ("counter", "histogram")
CREATED_SUFFIX: Final = "_created"  # when a counter began; sums have no such time


class SummedMetrics:
    """The last figures of each process, and those of the processes that ended."""

    def __init__(self) -> None:
        self._pages: dict[str, dict[str, float]] = {}  # value by name with labels, by process
        self._ended: defaultdict[str, float] = defaultdict(float)
        self._types: dict[str, str] = {}  # by name of the metric
        self._heads: dict[str, list[str]] = {}  # the comments before a metric

    def update(self, process: str, page: str) -> None:
        """Take the page of a process."""
        values: dict[str, float] = {}
        for line in page.splitlines():
            if line.startswith("# "):
                _, kind, name, text = line.split(" ", 3)
                if kind == "HELP":
                    self._heads[name] = [line]
                elif kind == "TYPE":
                    self._heads[name].append(line)
                    self._types[name] = text
            elif line:
                key, _, value = line.rpartition(" ")
                values[key] = float(value)
        self._pages[process] = values

    def end(self, process: str) -> None:
        """Keep what a process counted that has ended."""
        for key, value in self._pages.pop(process, {}).items():
            if self._types.get(self._metric(key)) in LASTING_TYPES:
                self._ended[key] += value

    def render(self) -> bytes:
        """Format the sums."""
        sums: dict[str, float] = dict(self._ended)
        for values in self._pages.values():
            for key, value in values.items():
                sums[key] = min(sums.get(key, value), value) if key in LOWEST else sums.get(key, 0.0) + value
        lines: list[str] = []
        for name, head in self._heads.items():
            own = [key for key in sums if self._metric(key) == name]
            if not name.endswith(CREATED_SUFFIX):
                lines += [*head, *(f"{key} {sums[key]}" for key in own)]
        return ("\n".join(lines) + "\n").encode()

    def _metric(self, key: str) -> str:
        """Return the name of the metric of a value, without the suffix of its kind."""
        name = key.partition("{")[0]
        if name in self._types:
            return name
        return next((name.removesuffix(end) for end in ("_bucket", "_sum", "_count") if name.endswith(end)), name)
