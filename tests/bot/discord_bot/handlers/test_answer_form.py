"""From a refused question to the same question in other words, answered with what a moderator kept, over a loopback."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.access import places
from bot.discord_bot.handlers import answer_form
from bot.discord_bot.handlers.index_update import MAY_NOT_ANSWER
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.kept_answers import KeptAnswer
from bot.sandbox.loopback.member_actions import ImpossibleError
from tests.support.loop_walk import (
    ANSWER,
    KEPT,
    PERMIT,
    QUESTIONS,
    SECONDS,
    TEXTS,
    ask,
    labels,
    open_walk,
    opened_form,
    outcome,
    press,
    rebuilt,
    send,
)
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio
OTHER_WORDS = "Where can I get a permit for parking?"
LABELS = ["Answer this", "Use passage 1", "Use passage 2"]


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server, with documents of its own."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        yield running


async def test_form_does_not_open_if_nothing_can_be_kept(bot: LoopbackBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types what would be lost; if writing fails all the same, the reply has the text that was typed."""
    owner, seeds = bot.guild.owner, bot.services.seeds
    closest = await press(bot, owner, await ask(bot, PERMIT), "Closest passages")
    opened = await bot.server.press(owner, closest, "Answer this")
    await opened_form(opened)
    (seeds / "answers").write_text("a file, not a folder")
    sent = await outcome(await bot.server.submit(owner, opened, **{QUESTIONS: PERMIT, ANSWER: "At the *desk*."}))
    assert sent.content == r"Not kept: the file cannot be written\: File exists. You typed: At the \*desk\*."

    monkeypatch.setattr(os, "access", lambda path, _: path != seeds / "answers")
    told = await press(bot, owner, closest, "Answer this")
    assert told.content == answer_form.CANNOT_KEEP()


async def test_refused_question_is_answered_with_the_kept_answer(bot: LoopbackBot) -> None:
    """Also in other words; cited as answered by a moderator, changed, and refused again once it is removed."""
    owner, seeds = bot.guild.owner, bot.services.seeds
    refused = await ask(bot, PERMIT)
    assert refused.content.startswith("I don't know")
    closest = await press(bot, owner, refused, "Closest passages")
    assert labels(closest)[1:] == LABELS

    opened = await bot.server.press(owner, closest, "Answer this")
    assert await opened_form(opened) == {QUESTIONS: PERMIT, ANSWER: ""}
    assert await send(bot, opened, PERMIT, KEPT) == "Kept. Members get it from now on."

    (kept,) = kept_answers.listed(seeds)
    assert (kept.questions, kept.text, kept.author) == ((PERMIT,), KEPT, f"{owner.name} ({owner.id})")
    assert kept.message.startswith(f"https://discord.com/channels/{bot.guild.id}/")
    for question in (PERMIT, OTHER_WORDS):
        answer = await ask(bot, question)
        (embed,) = answer.embeds
        assert "Parking permits are handed out at the front desk" in embed["description"]
        assert f"From “{PERMIT}” · answered by a moderator · " in embed["footer"]["text"]

    listing = await outcome(await bot.server.slash(owner, bot.channel, "footnote answers"))
    changing = await bot.server.select(owner, listing, [kept.name])
    assert await opened_form(changing) == {QUESTIONS: PERMIT, ANSWER: KEPT}
    assert await send(bot, changing, f"{PERMIT}\nWho gives me a permit?", "Ask Ines Falk for it.") == (
        "Changed. Members get it from now on."
    )
    (changed,) = kept_answers.listed(seeds)
    assert (changed.name, len(changed.questions), changed.text) == (kept.name, 2, "Ask Ines Falk for it.")
    (embed,) = (await ask(bot, PERMIT)).embeds
    assert "Ines Falk" in embed["description"]
    assert "Who gives me a permit?" not in embed["description"] + embed["footer"]["text"]  # the other wording

    removing = await bot.server.select(owner, listing, [kept.name])
    assert await send(bot, removing, PERMIT, "") == "Removed. Members no longer get it."
    assert kept_answers.listed(seeds) == []
    assert (await ask(bot, PERMIT)).content.startswith("I don't know")


async def test_removed_answer_is_kept_again(bot: LoopbackBot) -> None:
    """*Undo* writes the file as it was; who may not keep answers cannot press it."""
    owner, seeds = bot.guild.owner, bot.services.seeds
    kept_answers.write(seeds, kept_answers.revise(KeptAnswer((), ""), PERMIT, KEPT, f"{owner.name} ({owner.id})"))
    (kept,) = kept_answers.listed(seeds)
    listing = await outcome(await bot.server.slash(owner, bot.channel, "footnote answers"))
    opened = await bot.server.select(owner, listing, [kept.name])
    await opened_form(opened)
    removed = await rebuilt(await bot.server.submit(owner, opened, **{QUESTIONS: PERMIT, ANSWER: ""}))
    assert (kept_answers.listed(seeds), labels(removed)) == ([], ["Undo"])
    removed.visible_to = None

    assert (await press(bot, bot.alice, removed, "Undo")).content == places.MANAGERS_ONLY()
    assert kept_answers.listed(seeds) == []
    assert (await rebuilt(await bot.server.press(owner, removed, "Undo"))).content.startswith("Kept. ")
    assert kept_answers.listed(seeds) == [kept]


async def test_answer_without_a_question_is_given_back(bot: LoopbackBot) -> None:
    """What was typed into either field is not lost."""
    owner = bot.guild.owner
    closest = await press(bot, owner, await ask(bot, PERMIT), "Closest passages")
    for questions, text, typed in (("?", "At the desk.", "At the desk."), ("Where is it?", " ", r"Where is it?")):
        opened = await bot.server.press(owner, closest, "Answer this")
        await opened_form(opened)
        sent = await outcome(await bot.server.submit(owner, opened, **{QUESTIONS: questions, ANSWER: text}))
        assert sent.content == f"Not kept: a question and an answer are needed. You typed: {typed}"


async def test_mentions_in_an_answer_become_names(bot: LoopbackBot) -> None:
    """What is typed with ids is read as Discord shows it; who is unknown stays as typed."""
    owner = bot.guild.owner
    closest = await press(bot, owner, await ask(bot, PERMIT), "Closest passages")
    opened = await bot.server.press(owner, closest, "Answer this")
    await opened_form(opened)

    typed = f"Ask <@{bot.alice.id}> in <#{bot.channel.id}> <:oar:55>, or <@99>."
    await send(bot, opened, f"{PERMIT}\nWho is <@{bot.alice.id}>?", typed)

    (kept,) = kept_answers.listed(bot.services.seeds)
    assert kept.questions == (PERMIT, f"Who is @{bot.alice.name}?")
    assert kept.text == f"Ask @{bot.alice.name} in #{bot.channel.name} :oar:, or <@99>."


async def test_passage_can_be_chosen_as_the_answer(bot: LoopbackBot) -> None:
    """The form begins with the text of the passage, and its document is named as the source."""
    owner = bot.guild.owner
    closest = await press(bot, owner, await ask(bot, "Where do I leave my bicycle?"), "Closest passages")

    opened = await bot.server.press(owner, closest, "Use passage 1")

    form = await opened_form(opened)
    assert form[QUESTIONS] == "Where do I leave my bicycle?"
    assert form[ANSWER] in TEXTS["museum.md"] + TEXTS["library.md"]
    assert form[ANSWER]


async def test_members_can_neither_see_nor_press_it(bot: LoopbackBot) -> None:
    """The buttons are shown to those who may, and each step checks again; nothing is written."""
    refused = await ask(bot, PERMIT)
    mine = await press(bot, bot.alice, refused, "Closest passages")
    assert labels(mine) == ["More…"]
    theirs = await press(bot, bot.guild.owner, refused, "Closest passages")
    with pytest.raises(ImpossibleError):  # it is visible to the owner alone
        await bot.server.press(bot.alice, theirs, "Answer this")
    theirs.visible_to = None  # as if it were not

    told = await press(bot, bot.alice, theirs, "Answer this")

    assert told.content == places.MANAGERS_ONLY()
    assert kept_answers.listed(bot.services.seeds) == []


async def test_managers_whose_server_may_not_change_the_index_cannot_answer(bot: LoopbackBot) -> None:
    """In a second server, the answer would reach members of both; sending a form that was open already fails too."""
    owner = bot.guild.owner
    closest = await press(bot, owner, await ask(bot, PERMIT), "Closest passages")
    opened = await bot.server.press(owner, closest, "Answer this")
    await opened_form(opened)
    bot.server.world.guild("Elsewhere")
    async with asyncio.timeout(SECONDS):
        while len(bot.client.guilds) < 2:
            await asyncio.sleep(0)

    assert await send(bot, opened, PERMIT, KEPT) == MAY_NOT_ANSWER()
    assert (await press(bot, owner, closest, "Answer this")).content == MAY_NOT_ANSWER()
    assert labels(await press(bot, owner, await ask(bot, PERMIT), "Closest passages")) == ["More…"]
    assert kept_answers.listed(bot.services.seeds) == []


async def test_vote_against_a_quote_offers_to_answer(bot: LoopbackBot) -> None:
    """Those who may keep answers begin with the question of the answer that they vote down."""
    answer = await ask(bot, "When does the museum open?")

    thanks = await press(bot, bot.guild.owner, answer, "Not helpful")
    others = await press(bot, bot.alice, answer, "Not helpful")

    assert labels(thanks) == ["Answer this", "Wrong quote: never for this question"]
    assert labels(others) == []
    opened = await bot.server.press(bot.guild.owner, thanks, "Answer this")
    assert (await opened_form(opened))[QUESTIONS] == "When does the museum open?"


async def test_gaps_offer_to_answer(bot: LoopbackBot) -> None:
    """A menu under the unanswered questions opens the form, also after the memory of the process is lost."""
    await bot.configure(gaps=True)
    await ask(bot, PERMIT)
    bot.services.answerer.questions._questions.clear()
    listing = await outcome(await bot.server.slash(bot.guild.owner, bot.channel, "footnote gaps"))
    (option,) = listing.components[0]["components"][0]["options"]

    opened = await bot.server.select(bot.guild.owner, listing, [option["value"]])

    assert option["label"] == PERMIT
    assert (await opened_form(opened))[QUESTIONS] == PERMIT
