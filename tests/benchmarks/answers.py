"""Count how many of 10,000 hostile answers Discord would refuse: PYTHONPATH=. python tests/benchmarks/answers.py."""

import argparse
import sys
import time
from collections import Counter

from tests.support.hostile_answers import cards, faults


def main() -> int:
    """Print the faults; return 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    first_start = time.perf_counter()
    slowest_s = 0.0
    counts: Counter[str] = Counter()
    generated = cards(options.seed, options.count)
    for _ in range(options.count):
        start = time.perf_counter()
        card = next(generated)
        slowest_s = max(slowest_s, time.perf_counter() - start)
        counts.update(faults(card))
    elapsed_s = time.perf_counter() - first_start
    print(f"{options.count:,} answers in {elapsed_s:.0f} s, the slowest in {slowest_s * 1000:.0f} ms")
    print(f"over a limit, or with a mention allowed: {sum(counts.values())}")
    for fault, count in counts.most_common(10):
        print(f"  {count} × {fault}")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main())
