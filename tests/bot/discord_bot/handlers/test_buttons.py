"""Every button of a card, on old and new messages, with what it carries intact, gone or hostile."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import discord
import pytest
from simcord import InteractionResult, ResponseMessage

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import FAILED
from bot.discord_bot.handlers import button_actions, votes
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.messages.answer_card import PASSAGES_GONE
from bot.discord_bot.messages.button_ids import MAX_CARRIED_IDS, TEMPLATE, Action, button, carried_ids
from bot.discord_bot.storage.database import DatabaseError
from bot.showing.reply import CLOSEST, NEWER_FIRST
from config.settings import Settings
from tests.bot.conftest import build_stack
from tests.support.real_services import new_client
from tests.support.simulated_server import (
    DIALOGUE,
    DIALOGUE_ID,
    MEETING,
    MEETING_FOOTER,
    MEETING_ID,
    MEETING_PASSAGE,
    MEETING_TITLE,
    UNANSWERABLE,
    SimulatedServer,
    buttons,
    embeds,
    open_simulated_server,
    question_of,
    quoted,
    reply,
)

Shipped = tuple[Settings, AnsweringStack]
TOWER = "How high is the tower of Veldrun?"
DELETED = "Deleted {}."


async def click_id(
    server: SimulatedServer, custom_id: str, message: ResponseMessage, who: Any = None
) -> InteractionResult:
    """Click a button with any custom_id, as if it were under a message of the bot."""
    stored = server.env.backend.get_message(message.channel_id, message.id)
    stored.components = [
        {"type": 1, "components": [{"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id}]}
    ]
    return await (who or server.alice).click(message, custom_id=custom_id)


@pytest.mark.asyncio
async def test_more_context_shows_the_paragraphs_around(server: SimulatedServer) -> None:
    """More context privately shows the quote inside its paragraph and the neighbouring ones."""
    answer = reply(await server.ask(MEETING))

    shown = reply(await server.alice.click(answer, label="More context"))

    (embed,) = embeds(shown)
    assert (shown.content, shown.ephemeral) == (button_actions.SURROUNDINGS(), True)
    assert embed["description"].startswith(f"{MEETING_PASSAGE}\n\nJapan and South Korea had not held talks")
    assert embed["description"].endswith("shaking hands before the talks.")
    assert "author" not in embed
    assert server.requests("POST", "callback")[-1] == {"type": 5, "data": {"flags": 64}}


@pytest.mark.asyncio
async def test_other_passages_are_the_next_best(server: SimulatedServer, sample_stack: Shipped) -> None:
    """Other passages shows the next best ones in order, each once, and says that the answer fits best."""
    expected = sample_stack[1].retriever.ask(MEETING, threshold=0.0).others
    details = reply(await server.alice.click(reply(await server.ask(MEETING)), label="More…"))

    shown = reply(await server.alice.click(details, label="Other passages"))

    assert (shown.content, shown.ephemeral) == (button_actions.OTHER_PASSAGES(), True)
    # The other ones are sentences of these two passages.
    assert quoted(shown) == [id_ for id_ in expected if id_ in quoted(shown)]
    assert (quoted(shown)[0], len(quoted(shown)), len(expected)) == (expected[0], 2, 5)


@pytest.mark.asyncio
async def test_more_shows_details(server: SimulatedServer, sample_stack: Shipped) -> None:
    """Place, source, date, id and percentage, to whoever pressed it alone."""
    confidence = sample_stack[1].retriever.ask(MEETING, threshold=0.0).confidence

    shown = reply(await server.alice.click(reply(await server.ask(MEETING)), label="More…"))

    (embed,) = embeds(shown)
    assert (shown.ephemeral, embed["title"]) == (True, MEETING_TITLE)
    assert {field["name"]: field["value"] for field in embed["fields"]} == {
        "Place": "japan-south-korea-ministers-singapore.md\\:9, What the two ministers agreed",
        "Source": "News report with a photograph by Kyodo",
        "Published": "June 2023",
        "ID": f"`{MEETING_ID}`",
        "Confidence": f"{confidence:.0%} sure",
    }


@pytest.mark.asyncio
async def test_every_button_works_after_a_restart(server: SimulatedServer) -> None:
    """A new client, which knows nothing of older messages, handles every button under them."""
    answer = reply(await server.ask(MEETING))
    refusal = reply(await server.ask(UNANSWERABLE))
    private = reply(await server.ask(MEETING, private=True))
    details = reply(await server.alice.click(answer, label="More…"))

    await server.env.restart_bot(new_client(server.services))

    contents = {
        label: reply(await server.alice.click(message, label=label)).content
        for label, message in (
            ("More context", answer),
            ("Other passages", details),
            ("More…", answer),
            ("Helpful", answer),
            ("Not helpful", answer),
            ("Closest passages", refusal),
        )
    }
    shared = reply(await server.alice.click(private, label="Share"))
    stored = reply(await server.alice.slash(server.channel, "privacy"))
    await server.env.restart_bot(new_client(server.services))
    deleted = reply(await server.alice.click(stored, label="Delete my votes"))

    assert contents == {
        "More context": button_actions.SURROUNDINGS(),
        "Other passages": button_actions.OTHER_PASSAGES(),
        "More…": "",
        "Helpful": votes.THANKS_HELPFUL(),
        "Not helpful": votes.THANKS_UNHELPFUL(),
        "Closest passages": CLOSEST(),
    }
    assert question_of(shared) == f"Q: {MEETING}"
    assert deleted.content == DELETED.format("1 vote")


@pytest.mark.asyncio
async def test_passages_that_a_rebuild_removed(tmp_path: Path, compiled_model: tuple[Path, str]) -> None:
    """A button whose passages are gone says so; those that are left are shown."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    text = "The tower of Veldrun is 83 metres high.\n\nThe mill of Hestrup was built in 1804.\n\nA harbour has ships.\n"
    (seeds / "a.txt").write_text(text)
    settings, opened = build_stack(seeds, tmp_path / "index", compiled_model[0])
    async with open_simulated_server(settings, tmp_path, opened=opened) as server:
        answer = reply(await server.ask(TOWER))
        mill = reply(await server.ask("When was the mill of Hestrup built?"))
        others = reply(await server.alice.click(mill, label="More…"))
        assert embeds(answer)
        assert embeds(others)
        (seeds / "a.txt").write_text("The tower of Veldrun is 90 metres high.\n\nA harbour has ships.\n")
        rebuild_here(settings)
        assert await server.services.answerer.live.refresh()

        context = reply(await server.alice.click(answer, label="More context"))
        left = reply(await server.alice.click(others, label="Other passages"))

        assert (context.content, context.embeds) == (button_actions.PASSAGE_GONE(), [])
        assert left.content == f"{button_actions.OTHER_PASSAGES()[:-1]} (1 more has been changed or removed since):"
        assert [embed["description"] for embed in embeds(left)] == ["**“A harbour has ships.”**"]


def rebuild_here(settings: Settings) -> None:
    """Rebuild an index in this process."""
    from bot import building
    from retrieval.progress import silent
    from retrieval.upkeep.rebuild import rebuild

    rebuild(building.rebuild_options(settings), silent)


HOSTILE = {
    "fn:context:" + "a" * 91: None,  # too long
    "fn:context:" + "a" * 89 + "!": None,
    "fn:context:67JVE3EMEH": None,
    "fn:context:67jve3emeh\n": None,
    "fn:nothing:67jve3emeh": None,
    "fn:set:owner": None,
    "fn:switch:owner": None,
    "xfn:context:67jve3emeh": None,
    "fn:context:": button_actions.PASSAGE_GONE(),
    "fn:others:": PASSAGES_GONE(),
    "fn:closest:,,,": button_actions.NOTHING_CLOSE(),
    "fn:context:aaaaaaaaaa": button_actions.PASSAGE_GONE(),
    "fn:closest:aaaaaaaaaa,1,zz": PASSAGES_GONE(),
    "fn:closest:67jve3emeh,aaaaaaaaaa": f"{CLOSEST()[:-1]} (1 more has been changed or removed since):",
    "fn:others:" + ",".join(["67jve3emeh"] * 7): button_actions.OTHER_PASSAGES(),
    "fn:sources:99999999999999999999": "",
    "fn:sources:abc": "",
    "fn:helpful:": votes.THANKS_HELPFUL(),
    "fn:share:67jve3emeh": button_actions.MAY_NOT_POST(),
    "fn:forget:67jve3emeh": DELETED.format("0 votes"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("custom_id", HOSTILE)
async def test_hostile_custom_ids(server: SimulatedServer, custom_id: str) -> None:
    """An id in the wrong form does nothing; one in the right form that names nothing says so."""
    answer = reply(await server.ask(MEETING))
    before = len(server.requests())

    result = await click_id(server, custom_id, answer)

    expected = HOSTILE[custom_id]
    if expected is None:
        assert server.requests()[before:] == []
    else:
        assert reply(result).content == expected


@pytest.mark.asyncio
async def test_share_posts_the_answer_for_all(server: SimulatedServer) -> None:
    """Share posts a private answer again for everybody, with the question and without another Share button."""
    private = reply(await server.ask(MEETING, private=True))

    result = await server.alice.click(private, label="Share")

    (embed,) = embeds(reply(result))
    assert server.requests("POST", "callback")[-1] == {"type": 5}
    assert not reply(result).ephemeral
    assert (embed["footer"]["text"], embed["author"]["name"]) == (MEETING_FOOTER, f"Q: {MEETING}")
    assert quoted(reply(result)) == [MEETING_ID]
    assert "Share" not in [label for label, _ in buttons(reply(result))]


@pytest.mark.asyncio
async def test_share_keeps_that_sources_differ(varied_server: SimulatedServer) -> None:
    """If sources differ, both quotes are shared, with the line that says so."""
    private = reply(await varied_server.ask(TOWER, private=True))

    shown = reply(await varied_server.alice.click(private, label="Share"))

    assert (shown.content, len(shown.embeds)) == (NEWER_FIRST(), 2)


@pytest.mark.asyncio
async def test_share_is_for_those_who_may_post(server: SimulatedServer) -> None:
    """A member who may not write in a channel cannot write there through the bot."""
    silent = server.guild.create_text_channel(
        "news", overwrites={server.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    )
    private = reply(await server.alice.slash(silent, "ask", question=MEETING, private=True))

    shown = reply(await server.alice.click(private, label="Share"))

    assert (shown.content, shown.ephemeral) == (button_actions.MAY_NOT_POST(), True)


@pytest.mark.asyncio
async def test_share_in_a_thread_needs_the_permission_for_threads(server: SimulatedServer) -> None:
    """In a thread, the permission to write in threads decides."""
    from simcord import ChannelHandle

    parent = server.guild.create_text_channel(
        "news", overwrites={server.guild.default_role: discord.PermissionOverwrite(send_messages_in_threads=False)}
    )
    thread = server.env.backend.create_thread(parent.id, "talk", server.moderator.id)
    place = ChannelHandle(server.env, server.guild, thread)
    private = reply(await server.alice.slash(place, "ask", question=MEETING, private=True))

    assert reply(await server.alice.click(private, label="Share")).content == button_actions.MAY_NOT_POST()


@pytest.mark.asyncio
async def test_share_in_a_direct_message(server: SimulatedServer) -> None:
    """In a direct message, everybody may share."""
    private = reply(await server.alice.user.slash("ask", question=MEETING, private=True))

    assert question_of(reply(await server.alice.user.click(private, label="Share"))) == f"Q: {MEETING}"


@pytest.mark.asyncio
async def test_second_vote_replaces_the_first(server: SimulatedServer, tmp_path: Path) -> None:
    """A user has one vote on an answer; the database does not contain who that is."""
    answer = reply(await server.ask(MEETING))

    first = reply(await server.alice.click(answer, label="Helpful"))
    (before,) = await server.services.database.votes_of(server.alice.id)
    second = reply(await server.alice.click(answer, label="Not helpful"))
    (after,) = await server.services.database.votes_of(server.alice.id)
    await server.moderator.click(answer, label="Helpful")

    assert (first.content, first.ephemeral) == ("Thank you! Your vote: helpful.", True)
    assert (second.content, second.ephemeral) == ("Thank you! Your vote: not helpful.", True)
    assert (before.helpful, after.helpful) == (True, False)
    assert (after.message, after.citation, after.generation, after.guild) == (
        answer.id, MEETING_ID, server.services.answerer.live.generation.name, server.guild.id,
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "bot.sqlite") as file:
        rows = file.execute("SELECT * FROM votes").fetchall()
    assert len(rows) == 2
    assert all(str(who.id) not in str(rows) for who in (server.alice, server.moderator))
    assert str(rows).count("'") == 12  # only voter, citation and generation are text


@pytest.mark.asyncio
async def test_vote_against_one_of_several_quotes_asks_which(server: SimulatedServer) -> None:
    """The vote counts for that quote; a helpful vote counts for all of them."""
    answer = reply(await server.ask(f"{MEETING} {DIALOGUE}"))
    assert quoted(answer) == [MEETING_ID, DIALOGUE_ID]

    which = reply(await server.alice.click(answer, label="Not helpful"))
    assert (which.content, question_of(which)) == ("Which quote is not helpful?", f"Q: {MEETING} {DIALOGUE}")
    assert await server.services.database.votes_of(server.alice.id) == []
    told = reply(await server.alice.click(which, label="Quote 2"))
    await server.moderator.click(answer, label="Helpful")

    assert told.content == votes.THANKS_UNHELPFUL()
    voted = await server.services.database.votes_of(server.alice.id)
    assert [(vote.citation, vote.helpful) for vote in voted] == [(DIALOGUE_ID, False)]
    await server.alice.click(which, label="Quote 1")
    voted = await server.services.database.votes_of(server.alice.id)
    assert {vote.citation for vote in voted} == {DIALOGUE_ID, MEETING_ID}
    helpful = await server.services.database.votes_of(server.moderator.id)
    assert [(vote.citation, vote.helpful) for vote in helpful] == [(MEETING_ID, True), (DIALOGUE_ID, True)]


@pytest.mark.asyncio
async def test_votes_are_counted(server: SimulatedServer) -> None:
    """Each vote is counted for the operator, without who voted."""
    answer = reply(await server.ask(MEETING))
    await server.alice.click(answer, label="Helpful")
    await server.alice.click(answer, label="Not helpful")

    rendered = server.services.metrics.render().decode()
    assert 'footnote_votes_total{vote="helpful"} 1.0' in rendered
    assert 'footnote_votes_total{vote="unhelpful"} 1.0' in rendered


@pytest.mark.asyncio
async def test_forget_deletes_the_votes_of_one_person(server: SimulatedServer) -> None:
    """The button of /privacy deletes the votes of whoever clicks it, and of nobody else."""
    answer = reply(await server.ask(MEETING))
    await server.alice.click(answer, label="Helpful")
    await server.moderator.click(answer, label="Helpful")
    shown = reply(await server.alice.slash(server.channel, "privacy"))
    assert embeds(shown)[0]["description"].startswith("Stored about you: 1 vote on answers (1 helpful, 0 not helpful)")

    gone = reply(await server.alice.click(shown, label="Delete my votes"))

    assert (gone.content, gone.ephemeral) == (DELETED.format("1 vote"), True)
    assert await server.services.database.votes_of(server.alice.id) == []
    assert len(await server.services.database.votes_of(server.moderator.id)) == 1


@pytest.mark.asyncio
async def test_pages_are_turned_in_place(varied_server: SimulatedServer) -> None:
    """The buttons below a list turn its pages in the same message."""
    server = varied_server
    first = reply(await server.alice.slash(server.channel, "sources"))
    assert buttons(first) == [("Next page", "fn:sources:1")]

    second = await server.alice.click(first, label="Next page")
    assert server.requests("POST", "callback")[-1]["type"] == 6
    assert reply(second).id == first.id
    assert embeds(first)[0]["footer"]["text"] == "Page 2 of 4"
    assert [label for label, _ in buttons(first)] == ["Previous page", "Next page"]

    await server.alice.click(first, label="Next page")
    await server.alice.click(first, label="Next page")
    assert embeds(first)[0]["footer"]["text"] == "Page 4 of 4"
    assert buttons(first) == [("Previous page", "fn:sources:2")]

    await server.alice.click(first, label="Previous page")
    assert embeds(first)[0]["footer"]["text"] == "Page 3 of 4"


@pytest.mark.asyncio
async def test_buttons_keep_to_the_channels(server: SimulatedServer) -> None:
    """In a channel where the bot no longer answers, its buttons do not either."""
    answer = reply(await server.ask(MEETING))
    allowed = server.guild.create_text_channel("questions")
    await server.configure(channels=(allowed.id,))

    shown = reply(await server.alice.click(answer, label="More context"))

    assert (shown.content, shown.ephemeral) == (f"I only answer in {allowed.mention}.", True)


@pytest.mark.asyncio
async def test_refused_page_leaves_the_list(varied_server: SimulatedServer) -> None:
    """Where the bot no longer answers, a page is refused in a message of its own, and the list stays."""
    shown = reply(await varied_server.alice.slash(varied_server.channel, "sources"))
    allowed = varied_server.guild.create_text_channel("questions")
    await varied_server.configure(channels=(allowed.id,))

    (refused,) = (await varied_server.alice.click(shown, label="Next page")).followups

    assert (refused.content, refused.ephemeral) == (f"I only answer in {allowed.mention}.", True)
    assert embeds(shown)[0]["footer"]["text"] == "Page 1 of 4"


@pytest.mark.asyncio
@pytest.mark.parametrize("label", ["More context", "More…", "Share"])
async def test_buttons_have_a_cooldown_of_their_own(
    tmp_path: Path, sample_stack: Shipped, make_cooldowns: Callable[..., Any], label: str
) -> None:
    """A button that looks something up costs no question; who presses too many is told so."""
    cooldowns = make_cooldowns(user=(1, 30.0), reading=(2, 30.0), clock=lambda: 0.0)
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1], cooldowns=cooldowns) as server:
        answer = reply(await server.ask(MEETING, private=True))

        for _ in range(2):
            assert embeds(reply(await server.alice.click(answer, label=label)))
        result = await server.alice.click(answer, label=label)

        (shown,) = result.followups if label == "Share" else [reply(result)]
        assert (shown.ephemeral, shown.content) == (
            True,
            "That was too quick for me. Please try again in 15 seconds.",
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("label", ["Helpful", "Not helpful"])
async def test_failed_vote_is_reported(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """If the database fails, the voter is told that something went wrong, without the reason."""
    answer = reply(await server.ask(MEETING))

    async def fail(**_: object) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(server.services.database, "vote", fail)

    assert reply(await server.alice.click(answer, label=label)).content == FAILED()


def test_custom_ids_stay_within_discords_limit() -> None:
    """A button carries at most seven ids in at most 100 characters, and they are read back."""
    ids = [f"{'a' * 9}{letter}" for letter in "bcdefghij"]
    for action in get_args(Action):
        created = button("Label", action, ids)
        match = TEMPLATE.fullmatch(created.id)
        assert match is not None
        assert (match["action"], carried_ids(match["payload"])) == (action, ids[:MAX_CARRIED_IDS])
        assert len(created.id) <= 100


def test_actions_templates_and_functions_agree() -> None:
    """Each action of a button has a function and is matched by the template; no other id is."""
    actions = TEMPLATE.pattern.split("(?P<action>")[1].split(")")[0].split("|")

    assert list(get_args(Action)) == actions == list(button_actions.ACTIONS)
    assert not any(TEMPLATE.fullmatch(f"fn:{other}:") for other in ("set", "switch", "wording"))
    for template in (SettingMenu, SettingSwitch):
        assert not any(template.__discord_ui_compiled_template__.fullmatch(f"fn:{name}:") for name in actions)
