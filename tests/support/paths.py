"""Where things are in the checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[2]  # the top of the checkout, which holds bot/, retrieval/, config/ and tests/
SEEDS = ROOT / "seeds"  # the sample documents
