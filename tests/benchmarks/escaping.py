"""Measure escaping: PYTHONPATH=. python tests/benchmarks/escaping.py [TEXTS].

Prints how many of so many generated hostile texts did anything once they were escaped, and the slowest of all ways to
fill 64,000 characters, in processor time, the median of nine runs. Exits with 1 when a text does something or when that
is more than 50 ms.
"""

import json
import statistics
import sys
import time

from bot.showing.discord_markdown import escape
from bot.showing.safe_text import one_line
from tests.support.discord_client_markdown import kinds, noticed, parse, shown
from tests.support.hostile_texts import REPEATED, repeated, texts

LENGTH, MOST_MS = 64_000, 50


def main(count: int) -> bool:
    """Print one JSON object; return whether all is well."""
    active = sum(acts(text) for text in texts(count))
    slowest = max((milliseconds(repeated(name, LENGTH)), name) for name in REPEATED)
    joined = "".join(texts(1_000))[:LENGTH]
    figures = {
        "texts": count,
        "active_or_changed": active,
        "slowest": slowest[1],
        "slowest_ms": slowest[0],
        "mixed_ms": milliseconds(joined),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    return not active and slowest[0] <= MOST_MS


def acts(text: str) -> bool:
    """Say whether anything in the escaped text acts, or is not shown as it is."""
    escaped = escape(text)
    nodes = parse(escaped)
    return bool(kinds(nodes)) or bool(noticed(escaped)) or shown(nodes) != one_line(text)


def milliseconds(text: str) -> float:
    """Return the median processor time of escaping it."""
    times = []
    for _ in range(9):
        start = time.process_time()
        escape(text)
        times.append(time.process_time() - start)
    return round(statistics.median(times) * 1000, 1)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if sys.argv[1:] else 10_000) else 1)
