"""Every button of a card, on old messages and new ones, with what it carries whole, gone or hostile."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import discord
import pytest
from simcord import InteractionResult, ResponseMessage

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import BROKEN
from bot.discord_bot.handlers import button_actions
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.messages.button_ids import MOST_IDS, TEMPLATE, Action, button, carried_ids
from bot.discord_bot.storage.database import DatabaseError
from bot.showing.reply import CLOSEST, SOURCES_DIFFER
from config.settings import Settings
from tests.bot.conftest import index_of
from tests.support.real_services import client
from tests.support.simulated_server import (
    MEETING,
    MEETING_ID,
    MEETING_QUOTE,
    MEETING_TITLE,
    UNANSWERABLE,
    World,
    buttons,
    embeds,
    open_world,
    question_of,
    reply,
)

Shipped = tuple[Settings, AnsweringStack]
TOWER = "How high is the tower of Veldrun?"


async def press_id(world: World, custom_id: str, message: ResponseMessage, who: Any = None) -> InteractionResult:
    """Press a button with any custom_id, as if it were on a message of the bot's."""
    stored = world.env.backend.get_message(message.channel_id, message.id)
    stored.components = [
        {"type": 1, "components": [{"type": 2, "style": 2, "label": "pressed", "custom_id": custom_id}]}
    ]
    return await (who or world.alice).click(message, custom_id=custom_id)


@pytest.mark.asyncio
async def test_more_context_shows_the_paragraphs_around(world: World) -> None:
    """More context shows the quote inside its paragraph and the ones beside it, to one person alone."""
    answer = reply(await world.ask(MEETING))

    shown = reply(await world.alice.click(answer, label="More context"))

    (embed,) = embeds(shown)
    assert (shown.content, shown.ephemeral) == (button_actions.AROUND, True)
    assert embed["description"].startswith(f"**“{MEETING_QUOTE[:-1]}\\.”** They agreed to speed up talks")
    assert embed["description"].endswith("shaking hands before the talks.")
    assert "author" not in embed
    assert world.requests("POST", "callback")[-1] == {"type": 5, "data": {"flags": 64}}


@pytest.mark.asyncio
async def test_other_passages_are_the_next_best(world: World, shipped: Shipped) -> None:
    """Other passages shows those that come next, in their order, and says that the answer fits best."""
    expected = shipped[1].retriever.ask(MEETING, threshold=0.0).others
    answer = reply(await world.ask(MEETING))

    shown = reply(await world.alice.click(answer, label="Other passages"))

    assert (shown.content, shown.ephemeral) == (button_actions.OTHERS, True)
    assert tuple(embed["footer"]["text"] for embed in embeds(shown)) == expected
    assert buttons(shown) == []


@pytest.mark.asyncio
async def test_every_button_works_after_a_restart(world: World) -> None:
    """A new client, which knows nothing of older messages, answers every button of them."""
    answer = reply(await world.ask(MEETING))
    refusal = reply(await world.ask(UNANSWERABLE))
    alone = reply(await world.ask(MEETING, private=True))

    await world.env.restart_bot(client(world.services))

    contents = {
        label: reply(await world.alice.click(message, label=label)).content
        for label, message in (
            ("More context", answer),
            ("Other passages", answer),
            ("Helpful", answer),
            ("Not helpful", answer),
            ("Closest passages", refusal),
        )
    }
    shared = reply(await world.alice.click(alone, label="Share"))
    votes = reply(await world.alice.slash(world.channel, "privacy"))
    await world.env.restart_bot(client(world.services))
    forgotten = reply(await world.alice.click(votes, label="Delete my votes"))

    assert contents == {
        "More context": button_actions.AROUND,
        "Other passages": button_actions.OTHERS,
        "Helpful": button_actions.THANKS["helpful"],
        "Not helpful": button_actions.THANKS["unhelpful"],
        "Closest passages": CLOSEST,
    }
    assert question_of(shared) == f"Q: {MEETING}"
    assert forgotten.content == "Deleted: 1 vote. Nothing is kept of you now."


@pytest.mark.asyncio
async def test_passages_that_vanished_after_a_rebuild(tmp_path: Path, compiled: tuple[Path, str]) -> None:
    """A button whose passages a rebuild took away says so; those that are left are shown."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    text = "The tower of Veldrun is 83 metres high.\n\nThe mill of Hestrup was built in 1804.\n\nA harbour has ships.\n"
    (seeds / "a.txt").write_text(text)
    settings, opened = index_of(seeds, tmp_path / "index", compiled[0])
    async with open_world(settings, tmp_path, opened=opened) as world:
        answer = reply(await world.ask(TOWER))
        others = reply(await world.ask("When was the mill of Hestrup built?"))
        assert embeds(answer)
        assert embeds(others)
        (seeds / "a.txt").write_text("The tower of Veldrun is 90 metres high.\n\nA harbour has ships.\n")
        rebuild_here(settings)
        assert await world.services.answerer.live.refresh()

        context = reply(await world.alice.click(answer, label="More context"))
        left = reply(await world.alice.click(others, label="Other passages"))

        assert (context.content, context.embeds) == (button_actions.GONE, [])
        assert left.content == f"{button_actions.OTHERS[:-1]}, and 1 more changed or vanished since:"
        assert [embed["description"] for embed in embeds(left)] == ["**“A harbour has ships.”**"]


def rebuild_here(settings: Settings) -> None:
    """Bring an index up to date in this process."""
    from bot import building
    from retrieval.progress import silent
    from retrieval.upkeep.rebuild import rebuild

    rebuild(building.rebuild_options(settings), silent)


HOSTILE = {
    "fn:context:" + "a" * 81: None,  # too long for the form
    "fn:context:" + "a" * 89: None,
    "fn:context:67JVE3EMEH": None,
    "fn:context:67jve3emeh\n": None,
    "fn:nothing:67jve3emeh": None,
    "fn:set:owner": None,
    "fn:switch:owner": None,
    "xfn:context:67jve3emeh": None,
    "fn:context:": button_actions.GONE,
    "fn:others:": "They changed or vanished since.",
    "fn:closest:,,,": "They changed or vanished since.",
    "fn:context:aaaaaaaaaa": button_actions.GONE,
    "fn:closest:aaaaaaaaaa,1,zz": "They changed or vanished since.",
    "fn:closest:67jve3emeh,aaaaaaaaaa": f"{CLOSEST[:-1]}, and 1 more changed or vanished since:",
    "fn:others:" + ",".join(["67jve3emeh"] * 7): button_actions.OTHERS,
    "fn:sources:99999999999999999999": "",
    "fn:sources:abc": "",
    "fn:helpful:": button_actions.THANKS["helpful"],
    "fn:share:67jve3emeh": "You may not post in this channel.",
    "fn:forget:67jve3emeh": "Deleted: 0 votes. Nothing is kept of you now.",
}


@pytest.mark.asyncio
@pytest.mark.parametrize("custom_id", HOSTILE)
async def test_hostile_custom_ids(world: World, custom_id: str) -> None:
    """An id of the wrong form does nothing; one of the right form that names nothing says so."""
    answer = reply(await world.ask(MEETING))
    before = len(world.requests())

    result = await press_id(world, custom_id, answer)

    expected = HOSTILE[custom_id]
    if expected is None:
        assert world.requests()[before:] == []
    else:
        assert reply(result).content == expected


@pytest.mark.asyncio
async def test_share_posts_the_answer_for_all(world: World) -> None:
    """Share posts a private answer anew, with the question, for everybody; it holds no second Share."""
    alone = reply(await world.ask(MEETING, private=True))

    result = await world.alice.click(alone, label="Share")

    (embed,) = embeds(reply(result))
    assert world.requests("POST", "callback")[-1] == {"type": 5}
    assert not reply(result).ephemeral
    assert (embed["title"], embed["author"]["name"]) == (MEETING_TITLE, f"Q: {MEETING}")
    assert embed["footer"]["text"] == MEETING_ID
    assert "Share" not in [label for label, _ in buttons(reply(result))]


@pytest.mark.asyncio
async def test_share_keeps_that_sources_differ(varied_world: World) -> None:
    """Where sources differ, both quotes are shared, with the line that says so."""
    alone = reply(await varied_world.ask(TOWER, private=True))

    shown = reply(await varied_world.alice.click(alone, label="Share"))

    assert (shown.content, len(shown.embeds)) == (SOURCES_DIFFER, 2)


@pytest.mark.asyncio
async def test_share_is_for_those_who_may_post(world: World) -> None:
    """Who may not write in a channel cannot write there through the bot."""
    silent = world.guild.create_text_channel(
        "news", overwrites={world.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    )
    alone = reply(await world.alice.slash(silent, "ask", question=MEETING, private=True))

    shown = reply(await world.alice.click(alone, label="Share"))

    assert (shown.content, shown.ephemeral) == ("You may not post in this channel.", True)


@pytest.mark.asyncio
async def test_share_in_a_thread_asks_for_the_permission_of_threads(world: World) -> None:
    """In a thread the permission to write in threads decides."""
    from simcord import ChannelHandle

    parent = world.guild.create_text_channel(
        "news", overwrites={world.guild.default_role: discord.PermissionOverwrite(send_messages_in_threads=False)}
    )
    made = world.env.backend.create_thread(parent.id, "talk", world.moderator.id)
    place = ChannelHandle(world.env, world.guild, made)
    alone = reply(await world.alice.slash(place, "ask", question=MEETING, private=True))

    assert reply(await world.alice.click(alone, label="Share")).content == "You may not post in this channel."


@pytest.mark.asyncio
async def test_share_in_a_direct_message(world: World) -> None:
    """In a direct message there is nobody to keep it from."""
    alone = reply(await world.alice.user.slash("ask", question=MEETING, private=True))

    assert question_of(reply(await world.alice.user.click(alone, label="Share"))) == f"Q: {MEETING}"


@pytest.mark.asyncio
async def test_second_vote_replaces_the_first(world: World, tmp_path: Path) -> None:
    """One person has one vote on an answer; who that is stands nowhere in the database."""
    answer = reply(await world.ask(MEETING))

    first = reply(await world.alice.click(answer, label="Helpful"))
    (before,) = await world.services.database.votes_of(world.alice.id)
    second = reply(await world.alice.click(answer, label="Not helpful"))
    (after,) = await world.services.database.votes_of(world.alice.id)
    await world.moderator.click(answer, label="Helpful")

    assert (first.content, first.ephemeral) == ("Thank you. Noted as helpful.", True)
    assert (second.content, second.ephemeral) == ("Thank you. Noted as not helpful.", True)
    assert (before.helpful, after.helpful) == (True, False)
    assert (after.message, after.citation, after.generation, after.guild) == (
        answer.id, MEETING_ID, world.services.answerer.live.generation.name, world.guild.id,
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "bot.sqlite") as file:
        rows = file.execute("SELECT * FROM votes").fetchall()
    assert len(rows) == 2
    assert all(str(who.id) not in str(rows) for who in (world.alice, world.moderator))
    assert str(rows).count("'") == 12  # voter, citation and generation alone are text


@pytest.mark.asyncio
async def test_votes_are_counted(world: World) -> None:
    """Each press of a vote is counted for the operator, without who pressed."""
    answer = reply(await world.ask(MEETING))
    await world.alice.click(answer, label="Helpful")
    await world.alice.click(answer, label="Not helpful")

    rendered = world.services.metrics.render().decode()
    assert 'footnote_votes_total{vote="helpful"} 1.0' in rendered
    assert 'footnote_votes_total{vote="unhelpful"} 1.0' in rendered


@pytest.mark.asyncio
async def test_forget_deletes_the_votes_of_one_person(world: World) -> None:
    """The button of /privacy deletes what is kept of whoever presses it, and of nobody else."""
    answer = reply(await world.ask(MEETING))
    await world.alice.click(answer, label="Helpful")
    await world.moderator.click(answer, label="Helpful")
    shown = reply(await world.alice.slash(world.channel, "privacy"))
    assert embeds(shown)[0]["description"].startswith("Kept of you: 1 vote on answers (1 helpful, 0 not)")

    gone = reply(await world.alice.click(shown, label="Delete my votes"))

    assert (gone.content, gone.ephemeral) == ("Deleted: 1 vote. Nothing is kept of you now.", True)
    assert await world.services.database.votes_of(world.alice.id) == []
    assert len(await world.services.database.votes_of(world.moderator.id)) == 1


@pytest.mark.asyncio
async def test_sources_are_turned_in_place(varied_world: World) -> None:
    """The buttons below the list turn its pages in the same message."""
    world = varied_world
    first = reply(await world.alice.slash(world.channel, "sources"))
    assert buttons(first) == [("Later in the list", "fn:sources:1")]

    second = await world.alice.click(first, label="Later in the list")
    assert world.requests("POST", "callback")[-1]["type"] == 7
    assert reply(second).id == first.id
    assert embeds(first)[0]["footer"]["text"] == "Page 2 of 4"
    assert [label for label, _ in buttons(first)] == ["Earlier in the list", "Later in the list"]

    await world.alice.click(first, label="Later in the list")
    await world.alice.click(first, label="Later in the list")
    assert embeds(first)[0]["footer"]["text"] == "Page 4 of 4"
    assert buttons(first) == [("Earlier in the list", "fn:sources:2")]

    await world.alice.click(first, label="Earlier in the list")
    assert embeds(first)[0]["footer"]["text"] == "Page 3 of 4"


@pytest.mark.asyncio
async def test_buttons_keep_to_the_channels(world: World) -> None:
    """In a channel where the bot no longer answers, no button does either."""
    answer = reply(await world.ask(MEETING))
    allowed = world.guild.create_text_channel("questions")
    await world.configure(channels=(allowed.id,))

    shown = reply(await world.alice.click(answer, label="More context"))

    assert (shown.content, shown.ephemeral) == (f"I answer in {allowed.mention}.", True)


@pytest.mark.asyncio
@pytest.mark.parametrize("label", ["More context", "Other passages", "Share"])
async def test_buttons_have_the_cooldown_of_questions(
    tmp_path: Path, shipped: Shipped, make_cooldowns: Callable[..., Any], label: str
) -> None:
    """A button looks things up as a question does, and waits as one."""
    cooldowns = make_cooldowns(user=(1, 30.0), clock=lambda: 0.0)
    async with open_world(shipped[0], tmp_path, opened=shipped[1], cooldowns=cooldowns) as world:
        answer = reply(await world.ask(MEETING, private=True))

        assert reply(await world.alice.click(answer, label=label)).content == (
            "That was quick. Please ask again in 30 s."
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("label", ["Helpful", "Not helpful"])
async def test_vote_that_cannot_be_kept_is_told(world: World, monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """Where the database fails, the voter reads that something went wrong, and not why."""
    answer = reply(await world.ask(MEETING))

    async def fail(**_: object) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(world.services.database, "vote", fail)

    assert reply(await world.alice.click(answer, label=label)).content == BROKEN


def test_custom_ids_stay_within_discords_limit() -> None:
    """A button carries seven ids at most, in at most a hundred characters, and reads them back."""
    ids = [f"{'a' * 9}{letter}" for letter in "bcdefghij"]
    for action in get_args(Action):
        made = button("Label", action, ids)
        match = TEMPLATE.fullmatch(made.id)
        assert match is not None
        assert (match["action"], carried_ids(match["carried"])) == (action, ids[:MOST_IDS])
        assert len(made.id) <= 100


def test_actions_forms_and_functions_agree() -> None:
    """Every action that a button may have has a function, and its form is known; nothing else is."""
    named = TEMPLATE.pattern.split("(?P<action>")[1].split(")")[0].split("|")

    assert list(get_args(Action)) == named == list(button_actions.ACTIONS)
    assert not any(TEMPLATE.fullmatch(f"fn:{other}:") for other in ("set", "switch", "wording"))
    for template in (SettingMenu, SettingSwitch):
        assert not any(template.__discord_ui_compiled_template__.fullmatch(f"fn:{name}:") for name in named)
