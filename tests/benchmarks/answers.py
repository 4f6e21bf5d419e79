"""Generate 10,000 hostile answers and count how many Discord would refuse: python tests/benchmarks/answers.py."""

import argparse
import sys
import time
from collections import Counter

from tests.support.hostile_answers import cards, faults


def main() -> int:
    """Print what was found; 1 when anything was."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    began = time.perf_counter()
    slowest = 0.0
    found: Counter[str] = Counter()
    made = cards(chosen.seed, chosen.count)
    for _ in range(chosen.count):
        started = time.perf_counter()
        card = next(made)
        slowest = max(slowest, time.perf_counter() - started)
        found.update(faults(card))
    print(f"{chosen.count:,} answers in {time.perf_counter() - began:.0f} s, the slowest {slowest * 1000:.0f} ms")
    print(f"over a limit, or with a mention allowed: {sum(found.values())}")
    for fault, count in found.most_common(10):
        print(f"  {count} × {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
