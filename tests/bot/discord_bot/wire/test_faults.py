"""The connection under a long series of faults; see tests/benchmarks/faults.py."""

from tests.benchmarks import faults
from tests.support.wire_bot import FAST

MAX_RECOVERY_S = 30.0


async def test_a_hundred_faults_double_and_hide_nothing() -> None:
    """Recovery is always quick, no question is answered twice, and none is lost without a log line."""
    figures = await faults.play(100, 7, FAST)
    assert len(figures.recoveries) >= 100
    assert max(figures.recoveries)[0] < MAX_RECOVERY_S
    assert (figures.doubled, figures.lost_silently) == (0, 0)
    assert figures.asked > 200
