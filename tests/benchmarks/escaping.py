"""Measure escaping: PYTHONPATH=. python tests/benchmarks/escaping.py [TEXTS].

Generates hostile texts (10,000) and prints how many of them act as Markdown, or show something else, once they are
escaped. Also prints which way of filling 64,000 characters is the slowest to escape, and its median processor time over
nine runs. Exits with 1 if a text acts, or if that time is more than 50 ms.
"""

import json
import statistics
import sys
import time

from bot.showing.discord_markdown import escape
from bot.showing.safe_text import one_line
from tests.support.discord_client_markdown import kinds, noticed, parse, shown
from tests.support.hostile_texts import REPEATED, repeated, texts

LENGTH = 64_000  # characters
MAX_MS = 50


def main(count: int) -> bool:
    """Print the figures as a JSON object; return whether they are good enough."""
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
    return not active and slowest[0] <= MAX_MS


def acts(text: str) -> bool:
    """Return whether the escaped text holds a construct, or shows something else than the text."""
    escaped = escape(text)
    nodes = parse(escaped)
    return bool(kinds(nodes)) or bool(noticed(escaped)) or shown(nodes) != one_line(text)


def milliseconds(text: str) -> float:
    """Measure the median processor time of escaping a text."""
    times = []
    for _ in range(9):
        start = time.process_time()
        escape(text)
        times.append(time.process_time() - start)
    return round(statistics.median(times) * 1000, 1)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if sys.argv[1:] else 10_000) else 1)
