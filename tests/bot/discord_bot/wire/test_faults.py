"""The connection under a long script of faults; see tests/benchmarks/faults.py."""

from tests.benchmarks import faults
from tests.support.wire_bot import FAST

BACK_SECONDS = 30.0


async def test_two_hundred_faults_double_and_hide_nothing() -> None:
    """By the dice of a seed: always back in time, no question answered twice, none lost without a log line."""
    figures = await faults.play(200, 7, FAST)
    assert len(figures.back) >= 200
    assert max(figures.back)[0] < BACK_SECONDS
    assert (figures.doubled, figures.lost_silently) == (0, 0)
    assert figures.asked > 400
