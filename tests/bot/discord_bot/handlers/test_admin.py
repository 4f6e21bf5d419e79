"""The commands for the managers of a server: settings, rebuild, rollback, gaps."""

import asyncio
import datetime
import re
import sys
from pathlib import Path
from typing import Any

import discord
import pytest
from msgspec import structs
from simcord import InteractionResult, MemberActor, ResponseMessage

from bot.answering_stack import AnsweringStack
from bot.discord_bot.access import places
from bot.discord_bot.answering.answerer import FAILED
from bot.discord_bot.handlers import admin, forms, review, settings_panel
from bot.discord_bot.messages import info_cards
from bot.discord_bot.operations.maintenance import Maintenance, MaintenanceError, RebuildResult
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.reply import REFUSAL
from bot.showing.wording import format_date
from config.settings import Settings
from retrieval.store import write_lock
from tests.support.real_services import new_client
from tests.support.simulated_server import (
    MEETING,
    MEETING_ID,
    UNANSWERABLE,
    SimulatedServer,
    buttons,
    embeds,
    open_simulated_server,
    question_of,
    quoted,
    reply,
)

pytestmark = pytest.mark.asyncio


def report(**changed: Any) -> dict[str, Any]:
    """Return the report of a rebuild with some values changed."""
    return {
        "published": True, "generation": "gen-9", "seconds": 12.4, "rejected": [],
        "counts": {"documents": 1_234, "sentences": 56_789},
        "changes": {"added": ["a", "b"], "changed": [], "removed": ["c"], "renamed": []},
    } | changed  # fmt: skip


async def open_panel(server: SimulatedServer) -> ResponseMessage:
    """Let the moderator open the settings panel."""
    shown = reply(await server.moderator.slash(server.channel, "footnote settings"))
    assert shown.ephemeral
    return shown


async def open_more(server: SimulatedServer) -> ResponseMessage:
    """Let the moderator open the second page of the settings panel."""
    shown = await open_panel(server)
    await server.moderator.click(shown, label="More settings …")
    return shown


def summary(shown: ResponseMessage) -> dict[str, str]:
    """Parse what the panel says about each setting."""
    (embed,) = embeds(shown)
    return dict(line.removeprefix("**").split("** ", 1) for line in embed["description"].split("\n"))


DEFAULTS = {
    "Answers in": "all channels",
    "Private answers by default": "no",
    "Answers mentions in threads": "no",
    "Answers new forum posts": "no (by their title; silent without an answer)",
    "When there is no answer": r"I don't know\: nothing in the documents answers that.",
    "Then pings": "nobody",
    "Members may ask the team": "no (choose a channel or forum under *More settings …*)",
    "Monthly report": "no",
    "Precision": "the operator's default",
    "Managers besides Manage Server": "none",
    "Collections": "all (/footnote collections)",
    "Stores unanswered questions": "no (for 90 days, without who asked; /footnote gaps)",
}


async def test_panel_shows_the_defaults(server: SimulatedServer) -> None:
    """For a server without settings, the text and each control show the defaults."""
    shown = await open_panel(server)

    assert summary(shown) | {"When there is no answer": ""} == DEFAULTS | {"When there is no answer": ""}
    assert REFUSAL().split(":")[1][:-1] in summary(shown)["When there is no answer"]
    menus = [item for row in shown.components for item in row["components"] if item["type"] != 2]
    assert [menu["custom_id"] for menu in menus] == [
        "fn:set:channels", "fn:set:managers", "fn:set:refusal_role", "fn:set:precision",
    ]  # fmt: skip
    assert [option["label"] for option in menus[3]["options"] if option.get("default")] == ["The operator's default"]
    assert [label for label, _ in buttons(shown)] == [
        "Private answers: no", "Threads: no", "Forum posts: no", "Store unanswered: no", "More settings …",
    ]  # fmt: skip


async def choose(server: SimulatedServer, shown: ResponseMessage, name: str, *values: Any) -> ServerSettings:
    """Choose on a menu of the panel, and return the saved settings."""
    result = await server.moderator.select(shown, list(values), custom_id=f"fn:set:{name}")
    assert result.response is not None
    assert result.response.id == shown.id  # the panel itself shows it
    return await server.services.database.settings(server.guild.id)


async def test_channels_are_saved_shown_and_cleared(server: SimulatedServer) -> None:
    """Chosen channels are saved and shown; choosing none means everywhere again."""
    shown = await open_panel(server)
    other = server.guild.create_text_channel("questions")

    saved = await choose(server, shown, "channels", server.channel, other)
    assert saved == ServerSettings(channels=(server.channel.id, other.id))
    assert summary(shown)["Answers in"] == f"<#{server.channel.id}>, <#{other.id}>"
    menus = (item for row in shown.components for item in row["components"])
    (menu,) = (item for item in menus if item.get("custom_id") == "fn:set:channels")
    assert [value["id"] for value in menu["default_values"]] == [server.channel.id, other.id]

    assert await choose(server, shown, "channels") == ServerSettings()
    assert summary(shown)["Answers in"] == "all channels"


async def test_managers_and_the_role_to_ping_are_saved(server: SimulatedServer) -> None:
    """Manager roles and the role to ping are saved and shown."""
    shown = await open_panel(server)
    first, second = server.guild.create_role("one"), server.guild.create_role("two")

    assert await choose(server, shown, "managers", first, second) == ServerSettings(managers=(first.id, second.id))
    assert (await choose(server, shown, "refusal_role", second)).refusal_role == second.id
    assert summary(shown)["Managers besides Manage Server"] == f"<@&{first.id}>, <@&{second.id}>"
    assert summary(shown)["Then pings"] == f"<@&{second.id}>"
    assert (await choose(server, shown, "refusal_role")).refusal_role is None
    assert (await choose(server, shown, "managers")).managers == ()


async def test_everyone_cannot_be_pinged_or_made_a_manager(server: SimulatedServer) -> None:
    """The role @everyone, which has the id of its server, is dropped from both choices."""
    shown = await open_panel(server)

    assert (await choose(server, shown, "refusal_role", server.guild.default_role)).refusal_role is None
    assert (await choose(server, shown, "managers", server.guild.default_role)).managers == ()


@pytest.mark.parametrize("value", [*map(str, settings_panel.PRECISIONS), settings_panel.OPERATOR_PRECISION])
async def test_precision_is_saved(server: SimulatedServer, value: str) -> None:
    """Each precision of the menu is saved and shown; the operator's default is saved as None."""
    shown = await open_panel(server)

    saved = await choose(server, shown, "precision", value)

    assert saved.precision == (None if value == settings_panel.OPERATOR_PRECISION else float(value))
    expected = DEFAULTS["Precision"] if saved.precision is None else f"{saved.precision:.0%} of the answers right"
    assert summary(shown)["Precision"] == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("private", "Private answers by default"),
        ("threads", "Answers mentions in threads"),
        ("forums", "Answers new forum posts"),
        ("gaps", "Stores unanswered questions"),
    ],
)
async def test_switches_flip_on_and_off(server: SimulatedServer, name: str, line: str) -> None:
    """Each switch turns its setting on and off again, shows its state, and leaves the other settings alone."""
    shown = await open_panel(server)

    for state in (True, False):
        await server.moderator.click(shown, custom_id=f"fn:switch:{name}")
        expected: dict[str, Any] = {name: state}
        assert await server.services.database.settings(server.guild.id) == ServerSettings(**expected)
        assert summary(shown)[line].split(" ")[0] == ("yes" if state else "no")
        items = (item for row in shown.components for item in row["components"])
        (switch,) = (item for item in items if item.get("custom_id") == f"fn:switch:{name}")
        assert switch["style"] == (3 if state else 2)


async def submit_refusal_text(server: SimulatedServer, shown: ResponseMessage, line: str) -> InteractionResult:
    """Open the form for the refusal text, and submit a line."""
    form = await server.moderator.click(shown, label="Refusal text …")
    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    return await server.moderator.submit_modal(form, {field["custom_id"]: line})


async def test_refusal_text_is_saved_and_used(server: SimulatedServer) -> None:
    """The form saves the refusal text; an empty one restores the default."""
    shown = await open_more(server)

    await submit_refusal_text(server, shown, "  Ask the *librarians*.  ")
    assert (await server.services.database.settings(server.guild.id)).refusal == "Ask the *librarians*."
    assert summary(shown)["When there is no answer"] == r"Ask the \*librarians\*."
    assert reply(await server.ask(UNANSWERABLE)).content == "Ask the *librarians*."

    await submit_refusal_text(server, shown, "")
    assert reply(await server.ask(UNANSWERABLE)).content == REFUSAL()


async def test_form_shows_the_present_text_and_its_limit(server: SimulatedServer) -> None:
    """The form starts with the present text and accepts at most 300 characters."""
    await server.configure(refusal="Ask the librarians.")

    form = await server.moderator.click(await open_more(server), label="Refusal text …")

    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    assert (field["value"], field["max_length"], field["required"]) == ("Ask the librarians.", 300, False)


async def test_team_is_chosen_and_cleared(server: SimulatedServer) -> None:
    """The second page keeps its controls after a choice, shows it, and leads back to the first one."""
    shown = await open_more(server)
    role = server.guild.create_role("helpers")

    assert await choose(server, shown, "team_channel", server.channel) == ServerSettings(team_channel=server.channel.id)
    assert summary(shown)["Members may ask the team"] == f"in <#{server.channel.id}>, pings nobody"
    saved = await choose(server, shown, "team_role", role)
    assert saved == ServerSettings(team_channel=server.channel.id, team_role=role.id)
    assert summary(shown)["Members may ask the team"] == f"in <#{server.channel.id}>, pings <@&{role.id}>"
    items = [item for row in shown.components for item in row["components"]]
    assert [value["id"] for item in items[:2] for value in item["default_values"]] == [server.channel.id, role.id]
    assert await choose(server, shown, "team_channel") == ServerSettings(team_role=role.id)
    assert (await choose(server, shown, "report_channel", server.channel)).report_channel == server.channel.id
    assert summary(shown)["Monthly report"] == f"in <#{server.channel.id}>"
    await choose(server, shown, "report_channel")

    await server.moderator.click(shown, label="Back")
    assert [label for label, _ in buttons(shown)] == [
        "Private answers: no", "Threads: no", "Forum posts: no", "Store unanswered: no", "More settings …",
    ]  # fmt: skip


async def test_panel_works_after_a_restart(server: SimulatedServer) -> None:
    """A panel that was opened before a restart still saves."""
    shown = await open_panel(server)
    await server.env.restart_bot(new_client(server.services))

    await server.moderator.click(shown, label="Private answers: no")
    assert (await choose(server, shown, "precision", "0.95")) == ServerSettings(private=True, precision=0.95)


@pytest.mark.parametrize(("typed", "shown_again"), [("Ask the *librarians*.", [r"Ask the \*librarians\*."]), (" ", [])])
async def test_a_form_that_a_restart_forgot_gives_back_what_was_typed(
    server: SimulatedServer, typed: str, shown_again: list[str]
) -> None:
    """Whoever sends it is told to open it again; a form that is known does what it is for, and says nothing else."""
    shown = await open_more(server)
    form = await server.moderator.click(shown, label="Refusal text …")
    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    await server.env.restart_bot(new_client(server.services))

    told = reply(await server.moderator.submit_modal(form, {field["custom_id"]: typed}))
    assert (told.content, told.ephemeral) == (forms.FORM_GONE(), True)
    assert [embed["description"] for embed in embeds(told)] == shown_again
    assert (await server.services.database.settings(server.guild.id)).refusal == ""

    known = await submit_refusal_text(server, shown, "Ask Ann.")
    assert known.followups == []
    assert (await server.services.database.settings(server.guild.id)).refusal == "Ask Ann."


async def test_longest_settings_fit_the_panel(server: SimulatedServer) -> None:
    """The panel of a server with full menus is within Discord's limits."""
    ids = tuple(10**18 + n for n in range(25))
    await server.configure(channels=ids, managers=ids, refusal="@" * 300, refusal_role=1, precision=0.95)

    (embed,) = embeds(await open_panel(server))

    assert len(embed["description"]) <= 4_000
    assert embed["description"].endswith("/footnote gaps)")


@pytest.mark.parametrize("control", ["private", "precision", "wording"])
async def test_failed_save_is_reported(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, control: str) -> None:
    """If the database fails, whoever used the panel is told so, without the reason, and the panel stays."""
    shown = await (open_more(server) if control == "wording" else open_panel(server))

    async def fail(*_: object) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(server.services.database, "save", fail)
    server.expected = (DatabaseError,)
    if control == "wording":
        result = await submit_refusal_text(server, shown, "x")
    elif control == "precision":
        result = await server.moderator.select(shown, ["0.9"], custom_id="fn:set:precision")
    else:
        result = await server.moderator.click(shown, label="Private answers: no")

    (told,) = result.followups
    assert told.content == FAILED()
    assert embeds(reply(result)) == embeds(shown)


async def test_rebuild_makes_a_changed_document_answer(
    own_server: SimulatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild in its own process indexes a new document; one message shows its progress and result."""
    monkeypatch.setattr(admin, "EDIT_INTERVAL_S", -1.0)
    server = own_server
    before = server.services.answerer.live.generation.name
    (server.services.seeds / "mill.txt").write_text("Old Garbeck built the mill of Hestrup in 1804.\n")
    assert embeds(reply(await server.ask("Who built the mill of Hestrup?"))) == []
    before_rebuild = len(server.requests())

    result = await server.moderator.slash(server.channel, "footnote rebuild")

    live = server.services.answerer.live.generation
    shown = reply(result)
    assert shown.ephemeral
    assert live.name != before
    assert shown.content.startswith(f"{live.name} is live after ")
    assert shown.content.endswith(" s: 4 documents, 80 sentences (1 added).")
    callback, *edits = server.requests()[before_rebuild:]
    assert callback == {"type": 5, "data": {"flags": 64}}
    assert edits[0]["content"] == "Rebuilding: reading the documents"
    assert edits[-1]["content"] == shown.content
    assert all(edit["content"].startswith("Rebuilding: ") for edit in edits[:-1])
    assert result.followups == []
    (embed,) = embeds(reply(await server.ask("Who built the mill of Hestrup?")))
    assert embed["footer"]["text"].startswith("From “Mill”")

    again = reply(await server.moderator.slash(server.channel, "footnote rebuild"))
    assert again.content == f"Nothing changed; {live.name} stays."

    back = reply(await server.moderator.slash(server.channel, "footnote rollback"))
    assert back.content == (f"{before} answers again. The next rebuild will update the index from the documents.")
    assert server.services.answerer.live.generation.name == before
    assert embeds(reply(await server.ask("Who built the mill of Hestrup?"))) == []


async def test_rebuild_without_documents_leaves_the_index(own_server: SimulatedServer) -> None:
    """A failed rebuild gives its reason in one line, and the index keeps answering."""
    for file in own_server.services.seeds.iterdir():
        file.unlink()

    shown = reply(await own_server.moderator.slash(own_server.channel, "footnote rebuild"))

    assert shown.content == "Not rebuilt: the seeds folder seeds contains no documents. The index is unchanged."
    assert str(own_server.services.seeds.parent) not in str(own_server.requests())
    assert question_of(reply(await own_server.ask(MEETING))) == f"Q: {MEETING}"


async def test_questions_are_answered_while_a_rebuild_runs(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a rebuild questions are answered, and another rebuild is rejected."""
    started, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: object, **_options: object) -> RebuildResult:
        started.set()
        await may_end.wait()
        return RebuildResult(report(published=False, generation="gen-1"))

    async def progress(_: str) -> None:
        pass

    monkeypatch.setattr(server.services.maintenance, "_rebuild", slow)
    first = asyncio.create_task(server.services.maintenance.rebuild(progress))
    await started.wait()

    assert embeds(reply(await server.ask(MEETING)))
    second = reply(await server.moderator.slash(server.channel, "footnote rebuild"))
    assert second.content == "Not rebuilt: a rebuild is already running. The index is unchanged."

    may_end.set()
    assert (await first).summary == "Nothing changed; gen-1 stays."
    third = reply(await server.moderator.slash(server.channel, "footnote rebuild"))
    assert third.content == "Nothing changed; gen-1 stays."


SCRIPTS = {
    "exit": ("echo 'footnote: the disk is full' >&2; exit 1", "the disk is full"),
    "traceback": (r"printf 'Traceback (most recent call last):\n  File x\nOSError: @here\n' >&2; exit 1", r"\@here"),
    "silent": ("exit 7", "the rebuild ended with exit code 7"),
    "killed": ("kill -9 $$", r"the rebuild ended with exit code \-9"),
}  # fmt: skip


def replace_rebuild(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Replace the process that rebuilds by a shell script."""
    file = folder / "fake-rebuild"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(file))


@pytest.mark.parametrize("name", SCRIPTS)
async def test_failed_rebuild_reports_its_last_line(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Whatever ends a rebuild, its last line is reported as text, never a traceback."""
    script, reason = SCRIPTS[name]
    replace_rebuild(monkeypatch, tmp_path, script)

    content = reply(await server.moderator.slash(server.channel, "footnote rebuild")).content

    assert content.startswith("Not rebuilt: ")
    assert content.endswith(f"{reason}. The index is unchanged.")
    assert "Traceback" not in content
    assert "\n" not in content


async def test_rebuild_gets_no_token(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment of the rebuilding process has the settings of the bot but no token."""
    monkeypatch.setenv("DISCORD_TOKEN", "canary.token.value")
    monkeypatch.setenv("PGPASSWORD", "canary")
    replace_rebuild(monkeypatch, tmp_path, "env | sort >&2; exit 1")
    lines: list[str] = []

    async def progress(line: str) -> None:
        lines.append(line)

    with pytest.raises(MaintenanceError):
        await Maintenance(sample_stack[0]).rebuild(progress)

    assert not [line for line in lines if "canary" in line or line.startswith("DISCORD_TOKEN")]
    assert f"FOOTNOTE_INDEX={Path(sample_stack[0].index).name}" in lines  # progress shows only the name of the folder


async def test_rebuild_survives_long_lines_and_leaves_no_process(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A line of 200,000 characters is read, and an abandoned rebuild is terminated."""
    replace_rebuild(
        monkeypatch, tmp_path, "head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2; exec sleep 60"
    )
    maintenance = Maintenance(sample_stack[0])
    lines: list[int] = []

    async def progress(line: str) -> None:
        lines.append(len(line))
        if line == "end":
            raise RuntimeError("given up")

    with pytest.raises(RuntimeError, match="given up"):
        await maintenance.rebuild(progress)

    assert lines == [200_000, 3]
    assert maintenance._process is not None
    assert maintenance._process.returncode is not None


async def test_closing_ends_a_running_rebuild(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Closing terminates a running rebuild; the index stays."""
    replace_rebuild(monkeypatch, tmp_path, "echo started >&2; exec sleep 60")
    maintenance = Maintenance(sample_stack[0])
    started = asyncio.Event()

    async def progress(_: str) -> None:
        started.set()

    running = asyncio.create_task(maintenance.rebuild(progress))
    await asyncio.wait_for(started.wait(), 10)
    await asyncio.wait_for(maintenance.close(), 10)

    with pytest.raises(MaintenanceError):
        await running


async def test_changes_during_a_rebuild_share_another_one_after_it(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running rebuild may have read the folder before the change; whoever waits gets the report of the next one."""
    maintenance = Maintenance(sample_stack[0])
    began, may_end = asyncio.Event(), asyncio.Event()
    generations: list[str] = []

    async def slow(_: object, **_options: object) -> RebuildResult:
        generations.append(f"gen-{len(generations) + 1}")
        result = RebuildResult(report(generation=generations[-1]))
        began.set()
        await may_end.wait()
        return result

    monkeypatch.setattr(maintenance, "_rebuild", slow)
    first = asyncio.create_task(maintenance.update())
    await began.wait()
    others = [asyncio.create_task(maintenance.update()) for _ in range(2)]
    await asyncio.sleep(0)
    may_end.set()

    results = await asyncio.gather(first, *others)

    assert [result.report["generation"] for result in results] == ["gen-1", "gen-2", "gen-2"]
    assert generations == ["gen-1", "gen-2"]


async def test_shutdown_is_reported_to_whoever_started_a_rebuild(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before the bot stops, it reports that the rebuild did not happen."""
    replace_rebuild(monkeypatch, tmp_path, "echo started >&2; exec sleep 60")
    asked = asyncio.create_task(server.moderator.slash(server.channel, "footnote rebuild"))
    while server.services.maintenance._process is None:
        await asyncio.sleep(0.01)
    await server.services.settle(10.0)

    content = reply(await asked).content
    assert content == "Not rebuilt: the bot is restarting. The index is unchanged."
    assert server.services.unanswered == set()


async def test_rebuild_that_outlives_its_interaction(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After 15 minutes Discord accepts no more edits: none is sent, and the log has the result."""
    monkeypatch.setattr(admin, "EDIT_INTERVAL_S", -1.0)

    async def long(progress: Any, **_options: Any) -> RebuildResult:
        monkeypatch.setattr(discord.Interaction, "is_expired", lambda _: True)
        await progress("half done")
        return RebuildResult(report(published=False, generation="gen-1"))

    monkeypatch.setattr(server.services.maintenance, "_rebuild", long)
    with caplog.at_level("INFO", logger="footnote"):
        result = await server.moderator.slash(server.channel, "footnote rebuild")

    assert reply(result).content == "Rebuilding: reading the documents"
    assert "Nothing changed; gen-1 stays." in caplog.text


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, "gen-9 is live after 12 s: 1,234 documents, 56,789 sentences (2 added, 1 removed)."),
        (
            {"changes": {"added": [], "changed": [], "removed": [], "renamed": [["a/x.md", "b/x.md"]]}},
            "gen-9 is live after 12 s: 1,234 documents, 56,789 sentences (1 renamed).",
        ),
        (
            {"changes": {"added": [], "changed": [], "removed": [], "renamed": []}, "rejected": [["x", "y"]]},
            "gen-9 is live after 12 s: 1,234 documents, 56,789 sentences (rebuilt in full). Rejected: 1 file.",
        ),
        ({"published": False}, "Nothing changed; gen-9 stays."),
    ],
)
async def test_summary_of_a_rebuild(changed: dict[str, Any], line: str) -> None:
    """The report of a rebuild is summarized in one line."""
    assert RebuildResult(report(**changed)).summary == line


async def test_rejected_files_are_named() -> None:
    """The first ones, with their reasons, as text without formatting."""
    files = [{"path": f"*{number}*.pdf", "reason": "it is empty"} for number in range(7)]
    lines = admin._rebuilt(RebuildResult(report(rejected=files))).split("\n")
    assert lines[0].endswith("Rejected: 7 files.")
    assert lines[1:] == [*(rf"- \*{number}\*.pdf\: it is empty" for number in range(5)), "- …"]


async def test_rollback_without_an_older_generation(server: SimulatedServer) -> None:
    """Without an older generation the refusal says so, and the index is unchanged."""
    shown = reply(await server.moderator.slash(server.channel, "footnote rollback"))
    assert shown.content == "Not rolled back: there is no older state of the index."
    assert shown.ephemeral
    assert quoted(reply(await server.ask(MEETING))) == [MEETING_ID]


async def test_rollback_while_another_process_writes(own_server: SimulatedServer) -> None:
    """While the index is being written, nothing is rolled back, and no path of the machine is shown."""
    with write_lock.writing(own_server.services.maintenance._settings.index_folder):
        shown = reply(await own_server.moderator.slash(own_server.channel, "footnote rollback"))

    assert re.fullmatch(
        r"Not rolled back: another process \(\d+, since [^)]+\) is writing the index in index; "
        r"try again when it is done\.",
        shown.content,
    )


@pytest.mark.parametrize(
    ("permitted", "servers", "allowed"),
    [
        ("auto", [1], True),
        ("auto", [1, 2], False),
        ("auto", [2], False),
        ("all", [1, 2], True),
        ("all", [2], False),
        (["1"], [1, 2], True),
        (["2"], [1, 2], False),
        ([], [1], False),
    ],
)
async def test_who_may_change_the_index(
    sample_stack: tuple[Settings, AnsweringStack], permitted: str | list[str], servers: list[int], allowed: bool
) -> None:
    """Managers of the only server, of all, or of those that the operator lists; never of a server without the bot."""
    settings = structs.replace(sample_stack[0], discord=structs.replace(sample_stack[0].discord, maintenance=permitted))
    assert Maintenance(settings).allowed(1, servers) is allowed
    assert not Maintenance(settings).allowed(None, servers)


@pytest.mark.parametrize("command", ["rebuild", "rollback"])
async def test_shared_index_cannot_be_changed_by_default(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """An index that two servers share cannot be changed from either until the operator allows it."""

    async def fail(*_: object) -> str:
        pytest.fail("the index was changed")

    monkeypatch.setattr(server.services.maintenance, command, fail)
    other = server.env.create_guild("another server")
    shown = reply(await server.moderator.slash(server.channel, f"footnote {command}"))
    stranger = reply(
        await MemberActor(server.env, other, other.owner).slash(
            other.create_text_channel("general"), f"footnote {command}"
        )
    )

    assert shown.content.replace("\\", "") == stranger.content.replace("\\", "") == admin.NOT_FROM_HERE()
    assert shown.ephemeral
    assert stranger.ephemeral


async def test_commands_are_for_servers_that_invited_the_bot(server: SimulatedServer) -> None:
    """No command can be installed by a user, who could then use it in servers without the bot."""
    payloads = [command.to_dict(server.bot.tree) for command in server.bot.tree.get_commands()]
    assert {tuple(payload["integration_types"]) for payload in payloads} == {(0,)}


async def test_gaps_are_not_stored_by_default(server: SimulatedServer) -> None:
    """Unless it is switched on, nothing is stored, and the command says how to switch it on."""
    await server.ask(UNANSWERABLE)

    shown = reply(await server.moderator.slash(server.channel, "footnote gaps"))

    assert (shown.content, shown.ephemeral) == (review.GAPS_OFF(), True)
    assert await server.services.database.gaps(server.guild.id) == []


async def test_gaps_are_clustered_without_who_asked(server: SimulatedServer) -> None:
    """Similar questions are grouped with how often they were asked; answered questions are not listed."""
    await server.configure(gaps=True)
    empty = reply(await server.moderator.slash(server.channel, "footnote gaps"))
    for question in (
        "Who won the football World Cup?", "Who won the football World Cup?", "Who has won the football world cup?",
        f"Who is {server.moderator.mention} @everyone?", MEETING,
    ):  # fmt: skip
        await server.ask(question)
    await server.say(f"{server.me} How long does it take to boil an egg?")

    shown = reply(await server.moderator.slash(server.channel, "footnote gaps"))

    today = format_date(datetime.datetime.now(datetime.UTC).date().isoformat())
    assert empty.content == info_cards.NO_GAPS()
    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["title"] == "Unanswered questions"
    first, *others = embed["description"].split("\n")
    assert first == f"**3 ×** Who has won the football world cup? (last asked {today})"
    assert sorted(others) == [
        f"**1 ×** How long does it take to boil an egg? (last asked {today})",
        f"**1 ×** Who is \\@everyone? (last asked {today})",
    ]
    assert str(server.alice.id) not in str(embed)


async def test_gaps_of_another_server_are_not_shown(server: SimulatedServer) -> None:
    """A server sees only its own gaps."""
    await server.configure(gaps=True)
    await server.services.database.add_gap(1, "A secret of another server?", datetime.datetime.now(datetime.UTC).date())

    shown = reply(await server.moderator.slash(server.channel, "footnote gaps"))

    assert shown.content == info_cards.NO_GAPS()


async def test_failure_to_read_gaps_is_reported(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the database fails, the moderator is told so."""
    await server.configure(gaps=True)

    async def fail(_: int) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(server.services.database, "gaps", fail)
    server.expected = (DatabaseError,)

    assert reply(await server.moderator.slash(server.channel, "footnote gaps")).content == FAILED()


async def test_manager_role_can_be_given_and_taken(server: SimulatedServer) -> None:
    """A member with a manager role may manage at once, and no longer once the role is removed from the settings."""
    named = server.guild.create_role("named")
    holder = server.guild.add_member(server.env.create_user("holder"), roles=[named])
    await server.configure(managers=(named.id,))
    shown = reply(await holder.slash(server.channel, "footnote settings"))
    assert embeds(shown)

    await server.configure(managers=())
    (refused,) = (await holder.click(shown, label="Private answers: no")).followups

    assert (refused.content, refused.ephemeral) == (places.MANAGERS_ONLY(), True)
    assert (await server.services.database.settings(server.guild.id)).private is False


async def test_settings_survive_a_restart(tmp_path: Path, sample_stack: tuple[Settings, AnsweringStack]) -> None:
    """Settings are read again from the file by a new client."""
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1]) as server:
        await server.configure(private=True)
        guild = server.guild.id
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1], guild=guild) as server:
        assert server.guild.id == guild
        assert (await server.services.database.settings(guild)).private
