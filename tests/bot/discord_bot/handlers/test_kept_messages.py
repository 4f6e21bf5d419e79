"""Messages that are kept as sources: from the menu of a message to its removal, over a loopback Discord."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from bot.discord_bot.access import places
from bot.discord_bot.handlers import kept_messages
from bot.discord_bot.messages.button_ids import carried_answer
from bot.discord_bot.operations import kept_answers
from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.world_records import Message
from bot.serving.older_generations import OlderGenerations
from bot.serving.stored_quotes import find_stored_quote
from retrieval.reading.wrong_quotes import WrongQuote, add_wrong_quote, read_wrong_quotes
from retrieval.store import write_lock
from tests.support.loop_walk import (
    ANSWER,
    PERMIT,
    QUESTIONS,
    SECONDS,
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
TEXT = "**Parking permits**\nYou get a parking permit at the front desk. @everyone Bring your licence."
MENU = "Keep as source"


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server, with documents of its own."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        yield running


async def keep(bot: LoopbackBot, message: Message, title: str = PERMIT, text: str | None = None) -> Message:
    """Let the owner keep a message, and return the last thing that it shows."""
    opened = await bot.server.context_menu(bot.guild.owner, message, "Keep as source")
    form = await opened_form(opened)
    filled = {QUESTIONS: title, ANSWER: form[ANSWER] if text is None else text}
    return await rebuilt(await bot.server.submit(bot.guild.owner, opened, **filled))


def direct_messages(bot: LoopbackBot) -> list[Message]:
    """Return what the bot wrote to alice directly."""
    return list(bot.server.world.direct_channel(bot.alice).messages.values())


def _more(answer: Message) -> str:
    """Return what the button More… of an answer carries."""
    ids = [str(item.get("custom_id", "")) for row in answer.components for item in row["components"]]
    return next(id_.removeprefix("fn:more:") for id_ in ids if id_.startswith("fn:more:"))


async def test_message_answers_and_its_author_removes_it(bot: LoopbackBot) -> None:
    """Quoted with author, date and link; the author is told, without a ping, and one press removes it again."""
    server, owner = bot.server, bot.guild.owner
    message = await server.say(bot.alice, bot.channel, TEXT)
    opened = await server.context_menu(owner, message, "Keep as source")
    assert await opened_form(opened) == {QUESTIONS: "Parking permits", ANSWER: TEXT}

    assert (await send(bot, opened, PERMIT, TEXT.split("\n")[1])) == (
        f"Kept. {kept_messages.TOLD()} Members get it from now on."
    )

    (kept,) = kept_answers.messages(bot.services.seeds)
    assert (kept.questions, kept.author, kept.kept_by) == (
        (PERMIT,), f"alice ({bot.alice.id})", f"{owner.name} ({owner.id})",
    )  # fmt: skip
    answer = await ask(bot, PERMIT)
    (embed,) = answer.embeds
    assert "You get a parking permit at the front desk" in embed["description"]
    assert f"From “{PERMIT}” · a message by alice · " in embed["footer"]["text"]
    links = [item["url"] for row in answer.components for item in row["components"] if "url" in item]
    assert links == [kept.message]
    assert kept.message.endswith(f"/channels/{bot.guild.id}/{bot.channel.id}/{message.id}")

    (told,) = direct_messages(bot)
    assert kept.message in told.content
    assert (labels(told), told.pings) == (["Remove it"], [])
    removed = await rebuilt(await server.press(bot.alice, told, "Remove it"))
    assert removed.content == "Removed 1 message. Members no longer get it."
    assert kept_answers.listed(bot.services.seeds) == []
    assert (await ask(bot, PERMIT)).content.startswith("I don't know")
    older = OlderGenerations(bot.services.maintenance._settings.index_folder, bot.services.answerer.live)
    (citation,) = carried_answer(_more(answer))[0]
    live = bot.services.answerer.live.generation.passages
    assert older.search(citation, lambda passages: passages.quote(citation, None)) is not None
    assert find_stored_quote(live, older.search, citation, bot.services.seeds, None) is None  # as /source asks
    assert (await press(bot, bot.alice, told, "Remove it")).content == kept_messages.NOT_KEPT()


@contextmanager
def locked_elsewhere(index: Path) -> Iterator[None]:
    """Let another process hold the lock of an index."""
    code = "import sys, filelock; filelock.FileLock(sys.argv[1]).acquire(); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(index / write_lock.LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdout.readline()
        yield
        holder.stdin.close()


async def test_removed_message_is_not_quoted_while_another_process_writes(bot: LoopbackBot) -> None:
    """It is gone from the press on, whoever holds the lock of the index; the index follows when the lock is free."""
    await keep(bot, await bot.server.say(bot.alice, bot.channel, TEXT))
    (told,) = direct_messages(bot)
    (citation,) = carried_answer(_more(await ask(bot, PERMIT)))[0]
    live = bot.services.answerer.live
    with locked_elsewhere(bot.services.maintenance._settings.index_folder):
        pressed = await bot.server.press(bot.alice, told, "Remove it")
        await pressed.signal.until(lambda: bool(pressed.shown), SECONDS, "a reply")
        assert pressed.shown[-1].content == "Removed 1 message. Members no longer get it. The index is being updated …"
        assert live.generation.passages.lookup.row(citation) is not None
        assert (await ask(bot, PERMIT)).content.startswith("I don't know")
        assert live.generation.passages.quote(citation, None) is None

    assert (await rebuilt(pressed)).content == "Removed 1 message. Members no longer get it."
    assert live.generation.passages.lookup.row(citation) is None


async def test_author_without_direct_messages_is_told_in_reply(bot: LoopbackBot) -> None:
    """The reply pings the author alone, and others cannot press its button; a second keeping changes the first."""
    bot.alice.accepts_direct = False
    other = bot.server.user("bob", bot.guild)
    message = await bot.server.say(bot.alice, bot.channel, TEXT)

    shown = await keep(bot, message)

    (notice,) = [sent for sent in bot.channel.messages.values() if sent.reference is message]
    assert notice.pings == [str(bot.alice.id)]
    assert (await press(bot, other, notice, "Remove it")).content == kept_messages.NOT_YOURS()
    assert labels(shown) == ["Remove it"]
    opened = await bot.server.context_menu(bot.guild.owner, message, MENU)
    assert await opened_form(opened) == {QUESTIONS: PERMIT, ANSWER: TEXT}
    assert await send(bot, opened, PERMIT, "Ask the mayor.") == "Changed. Members get it from now on."
    (changed,) = kept_answers.messages(bot.services.seeds)
    assert changed.source == "a message by alice, edited by a moderator"
    assert len([sent for sent in bot.channel.messages.values() if sent.reference is message]) == 1
    assert (await rebuilt(await bot.server.press(bot.guild.owner, shown, "Remove it"))).content.startswith("Removed 1")


async def test_deletion_in_discord_removes_it_at_once(bot: LoopbackBot) -> None:
    """Without a refresh; deleting any other message does nothing."""
    rebuilt_once = asyncio.Event()
    rebuild = bot.services.maintenance.rebuild

    async def record(progress: Any, **options: Any) -> Any:
        result = await rebuild(progress, **options)
        rebuilt_once.set()
        return result

    message, other = [await bot.server.say(bot.alice, bot.channel, TEXT) for _ in range(2)]
    await keep(bot, message)
    bot.services.maintenance.rebuild = record  # type: ignore[method-assign]
    await bot.server.delete(bot.alice, other)
    await bot.server.delete(bot.alice, message)

    await asyncio.wait_for(rebuilt_once.wait(), SECONDS)

    assert kept_answers.listed(bot.services.seeds) == []
    assert bot.services.kept_messages == set()


async def test_deleted_messages_are_removed_and_edited_ones_reported(bot: LoopbackBot) -> None:
    """A refresh asks for each by its id, as the bot may have missed that; what it may not read is kept and named."""
    server, owner = bot.server, bot.guild.owner
    closed = server.world.channel(bot.guild, "closed")
    texts = ["Tea is served at noon.", "Dogs stay outside.", "Bells ring at six.", "Keys are at the desk."]
    messages = [await server.say(bot.alice, bot.channel, text) for text in texts[:3]]
    messages.append(await server.say(bot.alice, closed, texts[3]))
    for message, text in zip(messages, texts, strict=True):
        await keep(bot, message, text)
    bot.services.kept_messages.clear()  # as if the bot were not connected; at last, /privacy removes the others
    await server.delete(bot.alice, messages[0])
    await server.edit(bot.alice, messages[1], "Dogs may come in.")
    server.world.allow(closed, server.world.bot, deny=permission_bits.VIEW_CHANNEL)

    (embed,) = (await outcome(await server.slash(owner, bot.channel, "footnote refresh"))).embeds

    lines = embed["description"].split("\n")
    assert lines[0] == "1 of 4 messages as they were kept."
    assert lines[1] == "**Deleted in Discord, and removed here** Members no longer get it."
    assert [line.split(" https://")[0] for line in lines if line.startswith("- ")] == [
        f"- {text}" for text in (texts[0], texts[1], texts[3])
    ]
    assert sorted(kept.text for kept in kept_answers.messages(bot.services.seeds)) == sorted(texts[1:])
    assert (await ask(bot, "When is tea served?")).content.startswith("I don't know")
    opened = await server.context_menu(owner, messages[1], MENU)
    assert (await opened_form(opened))[ANSWER] == "Dogs may come in."

    privacy = await outcome(await server.slash(bot.alice, bot.channel, "privacy"))
    assert "Kept as sources: 3 messages of yours" in privacy.embeds[0]["description"]
    assert "your name and id" not in privacy.embeds[0]["description"]
    of_keeper = await outcome(await server.slash(owner, bot.channel, "privacy"))
    assert of_keeper.embeds[0]["description"].startswith(
        "In the documents' folder: your name and id, in 3 places, with"
    )
    removed = await rebuilt(await server.press(bot.alice, privacy, "Remove my messages"))
    assert removed.content.startswith("Removed 3 messages.")
    assert kept_answers.listed(bot.services.seeds) == []


async def test_who_may_keep_what(bot: LoopbackBot) -> None:
    """Members are refused, also by a forged menu; the author may open it to remove; the bot's own words are none."""
    message = await bot.server.say(bot.alice, bot.channel, TEXT)
    menu = bot.server.actors.command(bot.guild, MENU, 3)
    assert menu["default_member_permissions"] == str(permission_bits.MANAGE_GUILD)
    menu["default_member_permissions"] = None  # as if an administrator offered it to everybody

    refused = await outcome(await bot.server.context_menu(bot.alice, message, MENU))
    own = await outcome(await bot.server.context_menu(bot.guild.owner, await ask(bot, "When does it open?"), MENU))
    await keep(bot, message)
    mine = await outcome(await bot.server.context_menu(bot.alice, message, MENU))

    assert refused.content == places.MANAGERS_ONLY()
    assert own.content == kept_messages.OWN_MESSAGE(button="Answer this")
    assert labels(mine) == ["Remove it"]
    await rebuilt(await bot.server.press(bot.alice, mine, "Remove it"))
    assert kept_answers.listed(bot.services.seeds) == []


async def test_two_forms_for_one_message_keep_it_once(bot: LoopbackBot) -> None:
    """Whoever sends theirs later changes what the other kept."""
    message = await bot.server.say(bot.alice, bot.channel, TEXT)
    forms = [await bot.server.context_menu(bot.guild.owner, message, MENU) for _ in range(2)]

    lines = [await send(bot, opened, title, TEXT) for opened, title in zip(forms, (PERMIT, "Other"), strict=True)]

    assert [line.split(".")[0] for line in lines] == ["Kept", "Changed"]
    assert [kept.questions for kept in kept_answers.messages(bot.services.seeds)] == [("Other",)]


async def test_text_names_what_the_message_mentions(bot: LoopbackBot) -> None:
    """Members, channels, roles, emoji and commands have names in a document; nobody is pinged by them."""
    role = bot.server.world.role(bot.guild, "helpers")
    text = f"<@{bot.alice.id}> or <@&{role.id}> in <#{bot.channel.id}> use </ask me:12> <:ok:34> <a:go:56> @here"
    message = await bot.server.say(bot.guild.owner, bot.channel, text)

    opened = await bot.server.context_menu(bot.guild.owner, message, MENU)

    assert (await opened_form(opened))[ANSWER] == "@alice or @helpers in #general use /ask me :ok: :go: @here"


async def test_title_is_the_name_of_the_thread(bot: LoopbackBot) -> None:
    """In a thread, its name is what was asked."""
    thread = await bot.server.create_thread(bot.alice, bot.channel, PERMIT)
    message = await bot.server.say(bot.alice, thread, "Ask at the desk.")

    opened = await bot.server.context_menu(bot.guild.owner, message, MENU)

    assert await opened_form(opened) == {QUESTIONS: PERMIT, ANSWER: "Ask at the desk."}
    await opened.settled(SECONDS)


async def test_message_that_was_removed_while_a_form_was_open_stays_removed(bot: LoopbackBot) -> None:
    """Sending the form does not bring it back, and no list of wrong quotes contains its text any more."""
    message = await bot.server.say(bot.alice, bot.channel, TEXT)
    shown = await keep(bot, message)
    (kept,) = kept_answers.messages(bot.services.seeds)
    add_wrong_quote(bot.services.seeds, WrongQuote("Why?", "aaaaaaaaaa", TEXT, f"answers/{kept.name}"))
    opened = await bot.server.context_menu(bot.guild.owner, message, MENU)
    form = await opened_form(opened)
    await rebuilt(await bot.server.press(bot.guild.owner, shown, "Remove it"))

    sent = await outcome(await bot.server.submit(bot.guild.owner, opened, **form))

    assert sent.content.startswith("Not kept: that message was removed while the form was open. You typed: ")
    assert kept_answers.listed(bot.services.seeds) == []
    assert read_wrong_quotes(bot.services.seeds) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("**Bring** your `card` ||soon||", "Bring your card soon"),
        ("> ## See [the *rules*](https://example.org/a_b), please", "See the rules, please"),
        ("https://example.org/" + "x" * 200 + "\nThe gate is open", "The gate is open"),
        ("read <https://example.org/x> first", "read first"),
        ("snake_case stays", "snake_case stays"),
        ("https://example.org/only", "https://example.org/only"),
        ("***", "***"),
        ("", ""),
    ],
)
async def test_proposed_title_is_in_words(text: str, title: str) -> None:
    """Of the first line that says something, without formatting and addresses."""
    message: Any = SimpleNamespace(channel=None, reference=None)
    assert kept_messages._title(message, text) == title
