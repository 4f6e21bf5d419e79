"""The reasons for a full rebuild and their wording."""

from pathlib import Path

import pytest

from retrieval.upkeep.changes import Changes
from retrieval.upkeep.plan import Cause, FullRebuildReason, Plan

NO_CHANGES = Changes((), (), (), (), 0)
WORDING = {
    Cause.NO_INDEX: "there is no index yet",
    Cause.REQUESTED: "--full",
    Cause.DAMAGED_INDEX: "x {y} is damaged",
    Cause.OTHER_MODEL: "the model changed to x {y} is damaged",
    Cause.OTHER_SETTINGS: "x {y} is damaged changed",
    Cause.DAMAGED_TOKENS: "the token vectors of x {y} is damaged are damaged",
}


@pytest.mark.parametrize("cause", Cause)
def test_every_reason_is_worded_and_announced_unless_the_user_knows_it(cause: Cause) -> None:
    """The detail is inserted as it is, whatever characters it has."""
    reason = FullRebuildReason(cause, "x {y} is damaged")
    assert str(reason) == WORDING[cause]
    plan = Plan([], [], Path("model"), "fingerprint", None, None, reason, NO_CHANGES)
    announced = None if cause in (Cause.NO_INDEX, Cause.REQUESTED) else f"{reason}: all windows are encoded again"
    assert plan.announcement == announced
