"""The commands of those who manage a server: settings, rebuild, rollback, gaps."""

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
from bot.discord_bot.answering.answerer import BROKEN
from bot.discord_bot.handlers import admin, settings_panel
from bot.discord_bot.operations.maintenance import Maintenance, MaintenanceError, Rebuilt
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.reply import REFUSAL
from config.settings import Settings
from retrieval.store import write_lock
from tests.support.real_services import client
from tests.support.simulated_server import (
    MEETING,
    MEETING_ID,
    UNANSWERABLE,
    World,
    buttons,
    embeds,
    open_world,
    question_of,
    reply,
)

pytestmark = pytest.mark.asyncio


def report(**changed: Any) -> dict[str, Any]:
    """Return the report of a rebuild."""
    return {
        "published": True, "generation": "gen-9", "seconds": 12.4, "rejected": [],
        "counts": {"documents": 1_234, "sentences": 56_789},
        "changes": {"added": ["a", "b"], "changed": [], "removed": ["c"], "renamed": []},
    } | changed  # fmt: skip


async def open_panel(world: World) -> ResponseMessage:
    """Return the panel of settings as the moderator sees it."""
    shown = reply(await world.moderator.slash(world.channel, "footnote settings"))
    assert shown.ephemeral
    return shown


def summary(shown: ResponseMessage) -> dict[str, str]:
    """Return what the panel says of each setting."""
    (embed,) = embeds(shown)
    return dict(line.removeprefix("**").split("** ", 1) for line in embed["description"].split("\n"))


DEFAULTS = {
    "Answers in": "everywhere",
    "Private by default": "no",
    "Mentions answered in threads": "no",
    "New forum posts answered": "no (by their title, and only with an answer)",
    "When there is no answer": r"I don't know\: nothing in the documents answers that.",
    "Pinged then": "nobody",
    "Answers that should be right": "as the operator set it",
    "May manage me": "no role besides Manage Server",
    "Collections": "all that there are (/footnote collections)",
    "Questions without an answer kept": "no (90 days, without who asked; /footnote gaps)",
}


async def test_panel_shows_the_defaults(world: World) -> None:
    """A server without settings has the defaults, and each control shows that."""
    shown = await open_panel(world)

    assert summary(shown) | {"When there is no answer": ""} == DEFAULTS | {"When there is no answer": ""}
    assert REFUSAL.split(":")[1][:-1] in summary(shown)["When there is no answer"]
    menus = [item for row in shown.components for item in row["components"] if item["type"] != 2]
    assert [menu["custom_id"] for menu in menus] == [
        "fn:set:channels", "fn:set:managers", "fn:set:refusal_role", "fn:set:precision",
    ]  # fmt: skip
    assert [option["label"] for option in menus[3]["options"] if option.get("default")] == ["As the operator set it"]
    assert [label for label, _ in buttons(shown)] == ["Private", "Threads", "Forum posts", "Keep gaps", "Wording …"]


async def choose(world: World, shown: ResponseMessage, name: str, *values: Any) -> ServerSettings:
    """Choose on a menu of the panel, and return the settings of the server then."""
    result = await world.moderator.select(shown, list(values), custom_id=f"fn:set:{name}")
    assert result.response is not None
    assert result.response.id == shown.id  # the panel itself shows it
    return await world.services.database.settings(world.guild.id)


async def test_channels_are_saved_shown_and_taken_back(world: World) -> None:
    """Channels that are chosen are saved and shown; none means everywhere again."""
    shown = await open_panel(world)
    other = world.guild.create_text_channel("questions")

    saved = await choose(world, shown, "channels", world.channel, other)
    assert saved == ServerSettings(channels=(world.channel.id, other.id))
    assert summary(shown)["Answers in"] == f"<#{world.channel.id}>, <#{other.id}>"
    (menu,) = (i for row in shown.components for i in row["components"] if i.get("custom_id") == "fn:set:channels")
    assert [one["id"] for one in menu["default_values"]] == [world.channel.id, other.id]

    assert await choose(world, shown, "channels") == ServerSettings()
    assert summary(shown)["Answers in"] == "everywhere"


async def test_managers_and_the_role_to_ping_are_saved(world: World) -> None:
    """Roles that may manage the bot, and the one to ping, are saved and shown."""
    shown = await open_panel(world)
    first, second = world.guild.create_role("one"), world.guild.create_role("two")

    assert await choose(world, shown, "managers", first, second) == ServerSettings(managers=(first.id, second.id))
    assert (await choose(world, shown, "refusal_role", second)).refusal_role == second.id
    assert summary(shown)["May manage me"] == f"<@&{first.id}>, <@&{second.id}>"
    assert summary(shown)["Pinged then"] == f"<@&{second.id}>"
    assert (await choose(world, shown, "refusal_role")).refusal_role is None
    assert (await choose(world, shown, "managers")).managers == ()


async def test_everyone_is_no_role_to_ping_or_to_manage(world: World) -> None:
    """The role @everyone, which has its server's id, is neither pinged nor made a manager."""
    shown = await open_panel(world)

    assert (await choose(world, shown, "refusal_role", world.guild.default_role)).refusal_role is None
    assert (await choose(world, shown, "managers", world.guild.default_role)).managers == ()


@pytest.mark.parametrize("value", [*map(str, settings_panel.PRECISIONS), settings_panel.OPERATORS])
async def test_precision_is_saved(world: World, value: str) -> None:
    """Each precision of the menu is saved and shown; the operator's own is no number."""
    shown = await open_panel(world)

    saved = await choose(world, shown, "precision", value)

    assert saved.precision == (None if value == settings_panel.OPERATORS else float(value))
    expected = DEFAULTS["Answers that should be right"] if saved.precision is None else f"{saved.precision:.0%}"
    assert summary(shown)["Answers that should be right"] == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("private", "Private by default"),
        ("threads", "Mentions answered in threads"),
        ("forums", "New forum posts answered"),
        ("gaps", "Questions without an answer kept"),
    ],
)
async def test_switches_turn_over_and_back(world: World, name: str, line: str) -> None:
    """Each switch turns its setting on and off again, shows which it is, and leaves the others."""
    shown = await open_panel(world)

    for state in (True, False):
        await world.moderator.click(shown, custom_id=f"fn:switch:{name}")
        turned: dict[str, Any] = {name: state}
        assert await world.services.database.settings(world.guild.id) == ServerSettings(**turned)
        assert summary(shown)[line].split(" ")[0] == ("yes" if state else "no")
        (made,) = (i for r in shown.components for i in r["components"] if i.get("custom_id") == f"fn:switch:{name}")
        assert made["style"] == (3 if state else 2)


async def wording(world: World, shown: ResponseMessage, line: str) -> InteractionResult:
    """Ask for the wording of the refusal on the panel, and give it."""
    form = await world.moderator.click(shown, label="Wording …")
    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    return await world.moderator.submit_modal(form, {field["custom_id"]: line})


async def test_wording_is_saved_and_used(world: World) -> None:
    """The form saves the line that refuses; empty brings ours back."""
    shown = await open_panel(world)

    await wording(world, shown, "  Ask the *librarians*.  ")
    assert (await world.services.database.settings(world.guild.id)).refusal == "Ask the *librarians*."
    assert summary(shown)["When there is no answer"] == r"Ask the \*librarians\*."
    assert reply(await world.ask(UNANSWERABLE)).content == r"Ask the \*librarians\*."

    await wording(world, shown, "")
    assert reply(await world.ask(UNANSWERABLE)).content == REFUSAL


async def test_form_of_the_wording_holds_what_is_and_limits_what_may_be(world: World) -> None:
    """The form shows the present line, and takes 300 characters at most."""
    await world.configure(refusal="Ask the librarians.")

    form = await world.moderator.click(await open_panel(world), label="Wording …")

    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    assert (field["value"], field["max_length"], field["required"]) == ("Ask the librarians.", 300, False)


async def test_panel_works_after_a_restart(world: World) -> None:
    """A panel that was opened before a restart still saves."""
    shown = await open_panel(world)
    await world.env.restart_bot(client(world.services))

    await world.moderator.click(shown, label="Private")
    assert (await choose(world, shown, "precision", "0.95")) == ServerSettings(private=True, precision=0.95)


async def test_longest_settings_fit_the_panel(world: World) -> None:
    """The panel of a server with as many channels and roles as fit a menu is within Discord's limits."""
    ids = tuple(10**18 + n for n in range(25))
    await world.configure(channels=ids, managers=ids, refusal="@" * 300, refusal_role=1, precision=0.95)

    (embed,) = embeds(await open_panel(world))

    assert len(embed["description"]) <= 4_000
    assert embed["description"].endswith("/footnote gaps)")


@pytest.mark.parametrize("control", ["private", "precision", "wording"])
async def test_settings_that_cannot_be_saved_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, control: str
) -> None:
    """Where the database fails, whoever used the panel reads so, and not why."""
    shown = await open_panel(world)

    async def fail(*_: object) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(world.services.database, "save", fail)
    world.expected = (DatabaseError,)
    if control == "wording":
        result = await wording(world, shown, "x")
    elif control == "precision":
        result = await world.moderator.select(shown, ["0.9"], custom_id="fn:set:precision")
    else:
        result = await world.moderator.click(shown, label="Private")

    assert reply(result).content == BROKEN


async def test_rebuild_makes_a_changed_document_answer(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild, a process of its own, brings a changed document in; one message shows how far it is."""
    monkeypatch.setattr(admin, "EDIT_SECONDS", -1.0)
    world = own_world
    before = world.services.answerer.live.generation.name
    (world.services.seeds / "mill.txt").write_text("Old Garbeck built the mill of Hestrup in 1804.\n")
    assert embeds(reply(await world.ask("Who built the mill of Hestrup?"))) == []
    first = len(world.requests())

    result = await world.moderator.slash(world.channel, "footnote rebuild")

    live = world.services.answerer.live.generation
    shown = reply(result)
    assert shown.ephemeral
    assert live.name != before
    assert shown.content.startswith(f"{live.name} is live after ")
    assert shown.content.endswith(" s: 4 documents, 80 sentences (1 added).")
    callback, *edits = world.requests()[first:]
    assert callback == {"type": 5, "data": {"flags": 64}}
    assert edits[0]["content"] == "Rebuilding: reading the documents"
    assert edits[-1]["content"] == shown.content
    assert all(edit["content"].startswith("Rebuilding: ") for edit in edits[:-1])
    assert result.followups == []
    (embed,) = embeds(reply(await world.ask("Who built the mill of Hestrup?")))
    assert embed["fields"][-1]["value"] == "mill.txt\\:1"

    again = reply(await world.moderator.slash(world.channel, "footnote rebuild"))
    assert again.content == f"Nothing changed; {live.name} stays."

    back = reply(await world.moderator.slash(world.channel, "footnote rollback"))
    assert back.content == (f"{before} answers again. The next rebuild brings the index up to date with the documents.")
    assert world.services.answerer.live.generation.name == before
    assert embeds(reply(await world.ask("Who built the mill of Hestrup?"))) == []


async def test_rebuild_without_documents_leaves_the_index(own_world: World) -> None:
    """A rebuild that fails says why in one line, and the index goes on answering."""
    for file in own_world.services.seeds.iterdir():
        file.unlink()

    shown = reply(await own_world.moderator.slash(own_world.channel, "footnote rebuild"))

    assert shown.content == "Not rebuilt: the seeds folder seeds contains no documents. The index is as it was."
    assert str(own_world.services.seeds.parent) not in str(own_world.requests())
    assert question_of(reply(await own_world.ask(MEETING))) == f"Q: {MEETING}"


async def test_questions_are_answered_while_a_rebuild_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one rebuild runs, questions are answered, and another rebuild is told to wait."""
    started, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: object) -> Rebuilt:
        started.set()
        await may_end.wait()
        return Rebuilt(report(published=False, generation="gen-1"))

    async def progress(_: str) -> None:
        pass

    monkeypatch.setattr(world.services.maintenance, "_rebuild", slow)
    first = asyncio.create_task(world.services.maintenance.rebuild(progress))
    await started.wait()

    assert embeds(reply(await world.ask(MEETING)))
    second = reply(await world.moderator.slash(world.channel, "footnote rebuild"))
    assert second.content == "Not rebuilt: a rebuild is running already. The index is as it was."

    may_end.set()
    assert (await first).line == "Nothing changed; gen-1 stays."
    third = reply(await world.moderator.slash(world.channel, "footnote rebuild"))
    assert third.content == "Nothing changed; gen-1 stays."  # the way is free again


SCRIPTS = {
    "exit": ("echo 'footnote: the disk is full' >&2; exit 1", "the disk is full"),
    "traceback": (r"printf 'Traceback (most recent call last):\n  File x\nOSError: @here\n' >&2; exit 1", r"\@here"),
    "silent": ("exit 7", "the rebuild ended with 7"),
    "killed": ("kill -9 $$", r"the rebuild ended with \-9"),
}  # fmt: skip


def scripted(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a shell script in the place of the process that rebuilds."""
    file = folder / "fake-rebuild"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(file))


@pytest.mark.parametrize("name", SCRIPTS)
async def test_rebuild_that_fails_tells_its_last_line(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Whatever ends a rebuild, its last line is told as text, never a traceback."""
    script, told = SCRIPTS[name]
    scripted(monkeypatch, tmp_path, script)

    content = reply(await world.moderator.slash(world.channel, "footnote rebuild")).content

    assert content.startswith("Not rebuilt: ")
    assert content.endswith(f"{told}. The index is as it was.")
    assert "Traceback" not in content
    assert "\n" not in content


async def test_rebuild_is_told_no_token(
    shipped: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The process that rebuilds has no token in its environment, and the settings of the bot."""
    monkeypatch.setenv("DISCORD_TOKEN", "canary.token.value")
    scripted(monkeypatch, tmp_path, "env | sort >&2; exit 1")
    lines: list[str] = []

    async def progress(line: str) -> None:
        lines.append(line)

    with pytest.raises(MaintenanceError):
        await Maintenance(shipped[0]).rebuild(progress)

    assert not [line for line in lines if "canary" in line or line.startswith("DISCORD_TOKEN")]
    assert f"FOOTNOTE_INDEX={Path(shipped[0].index).name}" in lines  # as told: the environment has the path


async def test_rebuild_survives_long_lines_and_leaves_no_process(
    shipped: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A line of 200,000 characters is read; a rebuild that is given up is ended."""
    scripted(monkeypatch, tmp_path, "head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2; exec sleep 60")
    maintenance = Maintenance(shipped[0])
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
    shipped: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The end of the bot ends a rebuild that runs; the index stays."""
    scripted(monkeypatch, tmp_path, "echo begun >&2; exec sleep 60")
    maintenance = Maintenance(shipped[0])
    begun = asyncio.Event()

    async def progress(_: str) -> None:
        begun.set()

    running = asyncio.create_task(maintenance.rebuild(progress))
    await asyncio.wait_for(begun.wait(), 10)
    await asyncio.wait_for(maintenance.close(), 10)

    with pytest.raises(MaintenanceError):
        await running


async def test_who_asked_for_a_rebuild_is_told_that_the_bot_ends(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before the bot goes, it says that the rebuild did not happen."""
    scripted(monkeypatch, tmp_path, "echo begun >&2; exec sleep 60")
    asked = asyncio.create_task(world.moderator.slash(world.channel, "footnote rebuild"))
    while world.services.maintenance._process is None:
        await asyncio.sleep(0.01)
    await world.services.settle(10.0)

    content = reply(await asked).content
    assert content == "Not rebuilt: the bot is being restarted. The index is as it was."
    assert world.services.promised == set()


async def test_rebuild_longer_than_an_interaction_lasts(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After a quarter of an hour Discord takes no more edits: none is sent, and the log tells the end."""
    monkeypatch.setattr(admin, "EDIT_SECONDS", -1.0)

    async def long(progress: Any) -> Rebuilt:
        monkeypatch.setattr(discord.Interaction, "is_expired", lambda _: True)
        await progress("half done")
        return Rebuilt(report(published=False, generation="gen-1"))

    monkeypatch.setattr(world.services.maintenance, "_rebuild", long)
    with caplog.at_level("INFO", logger="footnote"):
        result = await world.moderator.slash(world.channel, "footnote rebuild")

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
            "gen-9 is live after 12 s: 1,234 documents, 56,789 sentences (built anew). Rejected: 1 file.",
        ),
        ({"published": False}, "Nothing changed; gen-9 stays."),
    ],
)
async def test_report_of_a_rebuild_in_one_line(changed: dict[str, Any], line: str) -> None:
    """What a rebuild did is told in one line."""
    assert Rebuilt(report(**changed)).line == line


async def test_rollback_without_an_older_generation(world: World) -> None:
    """Where there is nothing to go back to, it says so, and the index is as it was."""
    shown = reply(await world.moderator.slash(world.channel, "footnote rollback"))

    folder = world.services.maintenance._settings.index_folder.name
    assert shown.content == f"Not rolled back: there is no generation before gen-1 in {folder}."
    assert shown.ephemeral
    assert embeds(reply(await world.ask(MEETING)))[0]["footer"]["text"].startswith(MEETING_ID)


async def test_rollback_while_another_process_writes(own_world: World) -> None:
    """While the index is being written, nothing is rolled back, and no path of the machine is told."""
    with write_lock.writing(own_world.services.maintenance._settings.index_folder):
        shown = reply(await own_world.moderator.slash(own_world.channel, "footnote rollback"))

    assert re.fullmatch(
        r"Not rolled back: another process \(\d+, since [^)]+\) is writing the index in index; "
        r"try again when it is done\.",
        shown.content,
    )


@pytest.mark.parametrize(
    ("named", "servers", "may"),
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
    shipped: tuple[Settings, AnsweringStack], named: str | list[str], servers: list[int], may: bool
) -> None:
    """Managers of the one server, of all, or of those that the operator names; never of one the bot is not in."""
    settings = structs.replace(shipped[0], discord=structs.replace(shipped[0].discord, maintenance=named))
    assert Maintenance(settings).allowed(1, servers) is may
    assert not Maintenance(settings).allowed(None, servers)


@pytest.mark.parametrize("command", ["rebuild", "rollback"])
async def test_who_invites_the_bot_elsewhere_may_not_change_the_index(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """An index that answers in two servers is changed from neither until the operator says from which."""

    async def fail(*_: object) -> str:
        pytest.fail("the index was changed")

    monkeypatch.setattr(world.services.maintenance, command, fail)
    other = world.env.create_guild("another server")
    shown = reply(await world.moderator.slash(world.channel, f"footnote {command}"))
    stranger = reply(
        await MemberActor(world.env, other, other.owner).slash(
            other.create_text_channel("general"), f"footnote {command}"
        )
    )

    assert shown.content.replace("\\", "") == stranger.content.replace("\\", "") == admin.ELSEWHERE
    assert shown.ephemeral
    assert stranger.ephemeral


async def test_commands_are_for_servers_that_invited_the_bot(world: World) -> None:
    """None can be installed by a user, who could then use it in servers that never saw the bot."""
    payloads = [command.to_dict(world.bot.tree) for command in world.bot.tree.get_commands()]
    assert {tuple(payload["integration_types"]) for payload in payloads} == {(0,)}


async def test_gaps_that_are_not_kept(world: World) -> None:
    """Where nobody switched it on, nothing is kept and the command says how to switch it on."""
    await world.ask(UNANSWERABLE)

    shown = reply(await world.moderator.slash(world.channel, "footnote gaps"))

    assert (shown.content, shown.ephemeral) == (admin.GAPS_OFF, True)
    assert await world.services.database.gaps(world.guild.id) == []


async def test_gaps_are_clustered_without_who_asked(world: World) -> None:
    """Like questions stand together with how often they were asked; those that were answered do not stand there."""
    await world.configure(gaps=True)
    empty = reply(await world.moderator.slash(world.channel, "footnote gaps"))
    for question in (
        "Who won the football World Cup?", "Who won the football World Cup?", "Who has won the football world cup?",
        f"Who is {world.moderator.mention} @everyone?", MEETING,
    ):  # fmt: skip
        await world.ask(question)
    await world.say(f"{world.me} How long does it take to boil an egg?")

    shown = reply(await world.moderator.slash(world.channel, "footnote gaps"))

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert empty.content == "No question has gone without an answer since gaps are kept."
    (embed,) = embeds(shown)
    assert shown.ephemeral
    assert embed["title"] == "Questions without an answer"
    first, *others = embed["description"].split("\n")
    assert first == f"**3 ×** Who has won the football world cup? (last on {today})"
    assert sorted(others) == [
        f"**1 ×** How long does it take to boil an egg? (last on {today})",
        f"**1 ×** Who is \\@… \\@everyone? (last on {today})",
    ]
    assert str(world.alice.id) not in str(embed)


async def test_gaps_of_another_server_are_not_shown(world: World) -> None:
    """Each server sees its own gaps alone."""
    await world.configure(gaps=True)
    await world.services.database.add_gap(1, "A secret of another server?", datetime.datetime.now(datetime.UTC).date())

    shown = reply(await world.moderator.slash(world.channel, "footnote gaps"))

    assert shown.content == "No question has gone without an answer since gaps are kept."


async def test_gaps_that_cannot_be_read_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database fails, the moderator reads so."""
    await world.configure(gaps=True)

    async def fail(_: int) -> None:
        raise DatabaseError("the database /home/operator cannot be used")

    monkeypatch.setattr(world.services.database, "gaps", fail)
    world.expected = (DatabaseError,)

    assert reply(await world.moderator.slash(world.channel, "footnote gaps")).content == BROKEN


async def test_named_role_may_manage_and_lose_it(world: World) -> None:
    """A role that was named may manage at once, and no more once it is taken back."""
    named = world.guild.create_role("named")
    holder = world.guild.add_member(world.env.create_user("holder"), roles=[named])
    await world.configure(managers=(named.id,))
    shown = reply(await holder.slash(world.channel, "footnote settings"))
    assert embeds(shown)

    await world.configure(managers=())
    late = reply(await holder.click(shown, label="Private"))

    assert late.content == places.REFUSED
    assert (await world.services.database.settings(world.guild.id)).private is False


async def test_own_database_for_each_world(tmp_path: Path, shipped: tuple[Settings, AnsweringStack]) -> None:
    """Settings outlive the client and the process: they are read from the file again."""
    async with open_world(shipped[0], tmp_path, opened=shipped[1]) as world:
        await world.configure(private=True)
        guild = world.guild.id
    async with open_world(shipped[0], tmp_path, opened=shipped[1]) as world:
        assert (await world.services.database.settings(guild)).private
