"""Words that managers add to the glossary, over a loopback Discord."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.access import places
from bot.discord_bot.answering.question_memory import question_key
from bot.discord_bot.handlers import glossary_words
from tests.support.loop_walk import ask, labels, open_walk, outcome, press, rebuilt
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio
QUESTION = "What does a GZK cost?"


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server, whose documents know a word for what members call otherwise."""
    async with open_walk(tmp_path, compiled_model[0], fees="# Fees\n\nA berth permit costs forty euros.\n") as running:
        yield running


async def test_word_is_understood_until_it_is_taken_back(bot: LoopbackBot) -> None:
    """Without a restart; the answer says which words were taken for the same; one press takes it back."""
    owner, glossary = bot.guild.owner, bot.services.seeds / "glossary.toml"
    assert (await ask(bot, QUESTION)).content.startswith("I don't know")

    shown = await rebuilt(
        await bot.server.slash(owner, bot.channel, "footnote word", word="GZK", means="berth permit, *mooring* pass")
    )

    assert shown.content == (f"Added: **GZK** = **berth permit** = **\\*mooring\\* pass**. {glossary_words.ADDED()}")
    assert labels(shown) == ["Undo"]
    answer = await ask(bot, QUESTION)
    assert "forty euros" in answer.embeds[0]["description"]
    assert "GZK = berth permit" in answer.content
    assert f"# {owner.name} ({owner.id}), " in glossary.read_text("utf-8")

    undone = await rebuilt(await bot.server.press(owner, shown, "Undo"))
    assert undone.content == f"Removed. {glossary_words.TAKEN_BACK()}"
    assert glossary.read_text("utf-8") == ""
    assert (await ask(bot, QUESTION)).content.startswith("I don't know")


async def test_entries_are_listed_and_removed_by_a_menu(bot: LoopbackBot) -> None:
    """The command without words shows them, newest first."""
    owner = bot.guild.owner
    empty = await outcome(await bot.server.slash(owner, bot.channel, "footnote word"))
    assert empty.content == glossary_words.NO_WORDS()
    (bot.services.seeds / "glossary.toml").write_text('GZK = "berth permit"\nMK = "mooring *key*"\n')

    listed = await outcome(await bot.server.slash(owner, bot.channel, "footnote word"))

    assert listed.embeds[0]["description"] == '- MK = "mooring \\*key\\*"\n- GZK = "berth permit"'
    key = question_key('MK = "mooring *key*"')
    removed = await rebuilt(await bot.server.select(owner, listed, [key]))
    assert removed.content == f"Removed. {glossary_words.TAKEN_BACK()}"
    assert (bot.services.seeds / "glossary.toml").read_text() == 'GZK = "berth permit"\n'


async def test_undo_checks_who_presses_it(bot: LoopbackBot) -> None:
    """A member who sees the button all the same changes nothing; a refused entry says why."""
    owner = bot.guild.owner
    refused = await outcome(await bot.server.slash(owner, bot.channel, "footnote word", word="a", means="A"))
    assert refused.content == r"Not added: two different words are needed, each with a letter or digit."
    shown = await rebuilt(await bot.server.slash(owner, bot.channel, "footnote word", word="GZK", means="berth"))
    shown.visible_to = None

    assert (await press(bot, bot.alice, shown, "Undo")).content == places.MANAGERS_ONLY()

    assert "GZK" in (bot.services.seeds / "glossary.toml").read_text("utf-8")
