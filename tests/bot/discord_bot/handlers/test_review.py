"""What managers review: votes against quotes and questions without an answer, over a loopback Discord."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.handlers import review, votes
from bot.discord_bot.messages.review_cards import DISMISSED, NEVER_AGAIN, NOTHING
from bot.sandbox.loopback.world_records import Message
from retrieval.reading.folder import WRONG_QUOTES_FILE
from tests.support.loop_walk import (
    KEPT,
    PERMIT,
    QUESTIONS,
    ask,
    labels,
    open_walk,
    opened_form,
    outcome,
    press,
    press_to_edit,
    send,
)
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio
OPENING = "When does the museum open?"
NEVER = "Wrong quote: never for this question"
OTHER_WORDS = "How can I get a parking permit?"


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in a server that stores unanswered questions."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        await running.configure(gaps=True)
        yield running


async def open_review(bot: LoopbackBot) -> Message:
    """Let the owner use /footnote review."""
    return await outcome(await bot.server.slash(bot.guild.owner, bot.channel, "footnote review"))


def described(message: Message) -> str:
    """Return the description of the first embed."""
    return str(message.embeds[0]["description"])


async def test_quote_called_wrong_is_not_given_again(bot: LoopbackBot) -> None:
    """Not for that question, until it is taken back in the same view; other questions still get it."""
    answer = await ask(bot, OPENING)
    assert "opens at ten" in described(answer)
    await press(bot, bot.alice, answer, "Not helpful")
    await press(bot, bot.guild.owner, answer, "Not helpful")

    shown = await open_review(bot)
    assert described(shown).startswith(f"**Voted down 2 times** as the answer to\n> {OPENING}\n-# ")
    assert "opens at ten" in shown.embeds[1]["description"]
    assert labels(shown) == ["Answer this", NEVER, "Dismiss"]
    shown = await press_to_edit(bot, bot.guild.owner, shown, "Wrong quote: never for this question")

    assert shown.content == f"{NEVER_AGAIN()}\n{NOTHING()}"
    line = json.loads((bot.services.seeds / WRONG_QUOTES_FILE).read_text("utf-8"))
    assert (line["question"], line["document"]) == (OPENING, "museum.md")
    assert line["member"] == f"{bot.guild.owner.name} ({bot.guild.owner.id})"
    assert "opens at ten.**" not in str((await ask(bot, "when does the museum OPEN")).embeds)
    assert "opens at ten" in described(await ask(bot, "At what time does the museum open?"))

    shown = await press_to_edit(bot, bot.guild.owner, shown, "Undo")
    assert described(shown).startswith("**Voted down 2 times**")
    assert not (bot.services.seeds / WRONG_QUOTES_FILE).exists()
    assert "opens at ten" in described(await ask(bot, OPENING))


async def test_quote_is_called_wrong_from_a_vote_without_stored_questions(bot: LoopbackBot) -> None:
    """The refusal that is left has its closest passages, and *Undo* allows the quote again."""
    await bot.configure(gaps=False)
    owner = bot.guild.owner
    answer = await ask(bot, OPENING)
    assert labels(await press(bot, bot.alice, answer, "Not helpful")) == []
    voted = await press(bot, owner, answer, "Not helpful")
    assert labels(voted) == ["Answer this", NEVER]

    done = await press(bot, owner, voted, NEVER)
    assert (done.content, labels(done)) == (NEVER_AGAIN(), ["Undo"])
    again = await ask(bot, OPENING)
    assert "opens at ten" not in json.dumps(again.embeds)
    if not again.embeds:
        assert labels(again)[0] == "Closest passages"

    undone = await press(bot, owner, done, "Undo")
    assert undone.content == votes.ALLOWED()
    assert "opens at ten" in described(await ask(bot, OPENING))


async def test_gaps_are_grouped_dismissed_and_answered(bot: LoopbackBot) -> None:
    """One question in two wordings is one item; a dismissal is taken back; an answer ends it."""
    for question in (PERMIT, PERMIT, OTHER_WORDS, "Who was the first mayor of Veldrun?"):
        await ask(bot, question)
    owner = bot.guild.owner

    shown = await open_review(bot)
    assert shown.embeds[0]["title"] == "To review: 1 of 2"
    assert described(shown).startswith("**No answer, asked 3 times**\n")
    assert PERMIT in described(shown)
    assert OTHER_WORDS in described(shown)
    shown = await press_to_edit(bot, owner, shown, "Dismiss")
    assert (shown.content, shown.embeds[0]["title"]) == (DISMISSED(), "To review: 1 of 1")
    shown = await press_to_edit(bot, owner, shown, "Undo")
    assert shown.embeds[0]["title"] == "To review: 1 of 2"
    shown = await press_to_edit(bot, owner, shown, "Next")
    assert "first mayor" in described(shown)
    shown = await press_to_edit(bot, owner, shown, "Previous")

    opened = await bot.server.press(owner, shown, "Answer this")
    asked = (await opened_form(opened))[QUESTIONS]
    assert asked in (PERMIT, OTHER_WORDS)
    await send(bot, opened, f"{PERMIT}\n{OTHER_WORDS}", KEPT)
    assert (await open_review(bot)).embeds[0]["title"] == "To review: 1 of 1"


async def test_votes_are_dismissed(bot: LoopbackBot) -> None:
    """The vote stays, the item goes, and comes back."""
    await press(bot, bot.alice, await ask(bot, OPENING), "Not helpful")
    shown = await press_to_edit(bot, bot.guild.owner, await open_review(bot), "Dismiss")
    assert shown.content == f"{DISMISSED()}\n{NOTHING()}"
    assert len(await bot.services.database.votes_of(bot.alice.id)) == 1
    shown = await press_to_edit(bot, bot.guild.owner, shown, "Undo")
    assert OPENING in described(shown)


async def test_without_stored_questions_there_is_nothing_to_review(bot: LoopbackBot) -> None:
    """Where questions are not kept, a vote stores none."""
    await bot.configure()
    await press(bot, bot.alice, await ask(bot, OPENING), "Not helpful")
    assert (await open_review(bot)).content == review.GAPS_OFF()
    await bot.configure(gaps=True)
    assert (await open_review(bot)).content == NOTHING()


async def test_item_that_another_manager_dismissed_is_not_called_wrong(bot: LoopbackBot) -> None:
    """The button of an older view says nothing that is not so."""
    await press(bot, bot.alice, await ask(bot, OPENING), "Not helpful")
    first, second = await open_review(bot), await open_review(bot)
    await press_to_edit(bot, bot.guild.owner, first, "Dismiss")
    assert (await press_to_edit(bot, bot.guild.owner, second, NEVER)).content == NOTHING()
    assert not (bot.services.seeds / WRONG_QUOTES_FILE).exists()
