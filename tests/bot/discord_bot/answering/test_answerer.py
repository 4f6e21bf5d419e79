"""Questions that are not looked up, and many questions at once."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import QUEUE_MESSAGES, CooldownError, Question
from bot.discord_bot.storage.records import ServerSettings
from bot.serving.search_queue import QueueFullError, QueueLimits
from config.settings import Settings
from tests.bot.serving.test_cooldown import Clock
from tests.bot.serving.test_search_queue import is_empty
from tests.support.real_services import open_services
from tests.support.simulated_server import (
    MEETING,
    SimulatedServer,
    buttons,
    open_simulated_server,
    reply,
    seen_by_asker,
)

Shipped = tuple[Settings, AnsweringStack]


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["full", "user", "server", "slow", "closing"])
async def test_rejections_are_explained_and_counted(
    tmp_path: Path, sample_stack: Shipped, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """Each limit has its own message for members and its own count for the operator."""
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1]) as server:

        async def overflow(*_: object, **__: object) -> None:
            raise QueueFullError(reason)  # type: ignore[arg-type]

        monkeypatch.setattr(server.services.answerer.queue, "run", overflow)

        assert await seen_by_asker(server, MEETING) == QUEUE_MESSAGES[reason]()
        assert server.services.metrics.overflows.labels(reason)._value.get() == 1
        assert server.services.metrics.failures._value.get() == 0


@pytest.mark.asyncio
async def test_cooldowns_of_user_and_server(
    tmp_path: Path, sample_stack: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """A user waits for their own questions, a server for those of its members; direct messages have no server."""
    cooldowns = make_cooldowns(user=(1, 10.0), server=(2, 40.0), clock=Clock())
    async with open_services(sample_stack[0], tmp_path, opened=sample_stack[1], cooldowns=cooldowns) as services:

        async def look(user: int, server: int | None) -> float:
            try:
                await services.answerer.look_up(lambda _: None, user=user, server=server)
            except CooldownError as error:
                return error.seconds
            return 0.0

        assert await look(1, 7) == 0.0
        assert await look(1, 7) == pytest.approx(10.0)
        assert await look(2, 7) == 0.0
        assert await look(3, 7) == pytest.approx(20.0)
        assert await look(4, 8) == 0.0
        assert await look(5, None) == 0.0
        assert services.metrics.overflows.labels("cooldown")._value.get() == 2


@pytest.mark.asyncio
async def test_many_questions_at_once_all_get_a_card(tmp_path: Path, sample_stack: Shipped) -> None:
    """Of 40 simultaneous questions the first are answered, the others told why not, and nothing is left over."""
    async with open_services(
        sample_stack[0], tmp_path, opened=sample_stack[1], limits=QueueLimits(max_waiting=20)
    ) as services:
        questions = [Question(MEETING, "slash", user, user % 3, None) for user in range(40)]
        cards = await asyncio.gather(
            *(services.answerer.card(question, ServerSettings(), private=False) for question in questions)
        )

        assert [number for number, card in enumerate(cards) if card.embeds] == list(range(22))
        assert {card.content for card in cards[22:]} == {QUEUE_MESSAGES["full"]()}
        assert is_empty(services.answerer.queue)


@pytest.mark.asyncio
async def test_closing_answerer_says_that_it_restarts(server: SimulatedServer) -> None:
    """While the bot stops, questions are told to come again; none is ignored."""
    await server.services.answerer.close(1.0)

    assert await seen_by_asker(server, MEETING) == QUEUE_MESSAGES["closing"]()


@pytest.mark.asyncio
async def test_parts_of_a_question_are_answered_or_said_to_be_unanswered(server: SimulatedServer) -> None:
    """The card shows the quote of one and names the other, which is a gap, with the buttons of a refusal."""
    await server.configure(gaps=True, team_channel=server.channel.id)

    shown = reply(await server.ask(f"{MEETING} Who won the football World Cup?"))

    assert (shown.content, len(shown.embeds)) == ("No answer found to: Who won the football World Cup?", 1)
    assert [label for label, _ in buttons(shown)][-2:] == ["Closest passages", "Ask the team"]
    assert [gap.question for gap in await server.services.database.gaps(server.guild.id)] == [
        "Who won the football World Cup?"
    ]
