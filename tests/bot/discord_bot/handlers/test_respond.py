"""How an error is reported to a member: where an answer was promised, and beside a message that must stay."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.wire.delivery import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION, Delivery

pytestmark = pytest.mark.asyncio


def refusal(code: int) -> discord.HTTPException:
    """Return an error of Discord."""
    response: Any = SimpleNamespace(status=400, reason="Bad Request", headers={})
    return discord.HTTPException(response, {"code": code, "message": "no"})


class FakeInteraction:
    """An interaction that records what is shown; with `lost`, Discord accepts a deferral but its response is lost."""

    def __init__(self, *, lost: bool = False) -> None:
        self.id = 1
        self.extras: dict[str, Any] = {}
        self.created_at = discord.utils.utcnow()
        self.shown: list[str] = []
        self.errors: list[Exception] = []
        self._lost, self._done = lost, False
        self.response = SimpleNamespace(
            defer=self._defer, send_message=self._record("told"), is_done=lambda: self._done
        )
        self.followup = SimpleNamespace(send=self._record("followed up"))
        self.edit_original_response = self._record("edited")
        self.client = SimpleNamespace(
            services=SimpleNamespace(
                delivery=Delivery(),
                acknowledgements=Acknowledgements(),
                unanswered=set(),
                answerer=SimpleNamespace(error_card=self._error_card),
            )
        )

    async def _defer(self, **_: object) -> None:
        if self._lost:
            raise refusal(ALREADY_ACKNOWLEDGED)
        self._done = True

    def _record(self, way: str) -> Callable[..., Awaitable[None]]:
        async def show(content: str = "", **_: object) -> None:
            self._done = True
            self.shown.append(f"{way}: {content}")

        return show

    def _error_card(self, error: Exception, _: str) -> Any:
        self.errors.append(error)
        return line_card("failed")


async def promise_answer(interaction: Any) -> None:
    """Defer an answer."""
    await respond.defer(interaction, private=True)


async def promise_edit(interaction: Any) -> None:
    """Defer an edit of the message with the button."""
    await respond.defer_edit(interaction)


async def tell(interaction: Any) -> None:
    """Show a line."""
    await respond.tell(interaction, line_card("told"))


async def nothing(_: Any) -> None:
    """Do nothing before the error."""


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (promise_answer, ["edited: failed"]),
        (promise_edit, ["followed up: failed"]),
        (tell, ["told: told", "followed up: failed"]),
        (nothing, ["told: failed"]),
    ],
)
async def test_error_is_shown_where_it_replaces_nothing(
    before: Callable[[Any], Awaitable[None]], shown: list[str], lost: bool
) -> None:
    """It is the answer that was promised, even if the response to the deferral was lost, or a message of its own."""
    interaction: Any = FakeInteraction(lost=lost)

    async def handle() -> None:
        await before(interaction)
        raise ValueError("broken")

    await respond.report_errors(interaction, handle())
    assert interaction.shown == shown
    assert [type(error) for error in interaction.errors] == [ValueError]


@pytest.mark.parametrize("error", [refusal(UNKNOWN_INTERACTION), respond.ExpiredInteractionError()])
async def test_interaction_that_expired_is_no_failure(error: Exception) -> None:
    """A form that came too late, as happens to fast bots as well, is neither counted nor answered."""
    interaction: Any = FakeInteraction()
    await respond.report_error(interaction, error)
    assert (interaction.shown, interaction.errors) == ([], [])
