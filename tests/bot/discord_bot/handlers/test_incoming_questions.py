"""Every way of asking: the command, mentions, replies, threads, direct messages, the menu of a message, forum posts."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from simcord import ChannelHandle, OptionError
from simcord.enums import MessageType

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import FAILED
from bot.discord_bot.handlers import incoming_questions
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.wire.connection_errors import RateLimitError
from bot.showing.reply import CLOSEST, NEWER_FIRST, REFUSAL
from config.settings import Settings
from tests.support.simulated_server import (
    DIALOGUE,
    DIALOGUE_ID,
    MEETING,
    MEETING_FOOTER,
    MEETING_ID,
    MEETING_PASSAGE,
    UNANSWERABLE,
    SimulatedServer,
    buttons,
    embeds,
    open_simulated_server,
    question_of,
    quoted,
    reply,
    seen_by_asker,
)

pytestmark = pytest.mark.asyncio
Shipped = tuple[Settings, AnsweringStack]
THANKS = "Thank you for the report, the defence ministers met in Singapore on Sunday, 4 June 2023"


async def test_answer_shows_quote_source_place_and_id(server: SimulatedServer, sample_stack: Shipped) -> None:
    """An answer is deferred before anything else, then shows the quote and exactly where it is from."""
    answer = sample_stack[1].retriever.ask(MEETING, threshold=0.0)

    result = await server.ask(MEETING)

    callback, edit = server.requests()[-2:]
    assert callback == {"type": 5}
    assert edit["allowed_mentions"] == {"parse": []}
    shown = reply(result)
    assert (shown.content, shown.ephemeral) == ("", False)
    assert embeds(shown) == [
        {
            "author": {"name": f"Q: {MEETING}"},
            "description": MEETING_PASSAGE,
            "color": 0x2E7D6B,
            "footer": {"text": f"{MEETING_FOOTER} · sure"},
        }
    ]
    assert buttons(shown) == [
        ("More context", f"fn:context:{MEETING_ID}"),
        ("Helpful", f"fn:helpful:{MEETING_ID}"),
        ("Not helpful", f"fn:unhelpful:{MEETING_ID}"),
        ("More…", f"fn:more:{MEETING_ID}.{answer.confidence * 100:.0f}.{','.join(answer.others)}"),
    ]


async def test_quote_is_bold_inside_its_context(server: SimulatedServer) -> None:
    """Its paragraph is in plain text, below its heading."""
    (embed,) = embeds(reply(await server.ask("How many days did the Asia Security Summit run?")))

    heading, paragraph = embed["description"].split("\n")
    assert heading == "**What the two ministers agreed**"
    assert paragraph.startswith(
        "Japan and South Korea had not held talks between their defence ministers for more than three years. "
        "**“Both men were in Singapore for the Asia Security Summit, also called the Shangri-La Dialogue, which ran "
        "for three days from Friday.”** After the meeting Hamada told reporters"
    )
    assert paragraph.count("**") == 2


async def test_private_answer_can_be_shared(server: SimulatedServer) -> None:
    """A private answer is deferred as private and has a button that shares it."""
    result = await server.ask(MEETING, private=True)

    assert server.requests("POST", "callback") == [{"type": 5, "data": {"flags": 64}}]
    assert reply(result).ephemeral
    assert buttons(reply(result))[0] == ("Share", f"fn:share:{MEETING_ID}")


@pytest.mark.parametrize(("options", "private"), [({}, True), ({"private": False}, False), ({"private": True}, True)])
async def test_server_can_make_answers_private(
    server: SimulatedServer, options: dict[str, bool], private: bool
) -> None:
    """If answers are private by default, they are private unless the asker chooses otherwise."""
    await server.configure(private=True)

    assert reply(await server.ask(MEETING, **options)).ephemeral is private


async def test_source_completes_titles_within_the_limits(varied_server: SimulatedServer) -> None:
    """At most 25 documents of at most 100 units are offered; typing a part of a title or path narrows them."""
    server = varied_server

    unfiltered = await server.alice.autocomplete(server.channel, "ask", "source", "")
    harbour = await server.alice.autocomplete(server.channel, "ask", "source", "HARBOUR")
    named = await server.alice.autocomplete(server.channel, "ask", "source", "tower-new.md")
    seven = await server.alice.autocomplete(server.channel, "ask", "source", "note-07")

    assert [choice["value"] for choice in unfiltered[:3]] == ["tower-new.md", "mill.md", "tower-old.md"]  # newest first
    assert (len(unfiltered), len(harbour)) == (25, 25)
    assert [(choice["name"], choice["value"]) for choice in named] == [("The tower measured", "tower-new.md")]
    (long,) = (choice["name"] for choice in seven)
    assert (len(long.encode("utf-16-le")) // 2, long[-1]) == (100, "…")
    assert await server.alice.autocomplete(server.channel, "ask", "source", "no such title") == []


async def test_source_restricts_the_answer(varied_server: SimulatedServer) -> None:
    """With a document named, only that one answers, and no other source is quoted."""
    question = "How high is the tower of Veldrun?"

    (embed,) = embeds(reply(await varied_server.ask(question, source="tower-old.md")))
    mill = reply(await varied_server.ask(question, source="mill.md"))

    assert embed["description"] == "**“The tower of Veldrun is 83 metres high.”**"
    assert (mill.content, embeds(mill)) == (REFUSAL(), [])


async def test_unknown_source_is_reported(server: SimulatedServer) -> None:
    """An unknown document is reported to the asker alone; no other documents are searched instead."""
    assert await seen_by_asker(server, MEETING, source="../../etc/passwd") == (
        "I can't look that up: there is no such document; choose one from the list."
    )


@pytest.mark.parametrize("source", ["Guide to the Tower", "tower-old", "guide"])
async def test_source_may_be_typed(varied_server: SimulatedServer, source: str) -> None:
    """A title, the name of a file or a part that only one document has is as good as a choice from the list."""
    (embed,) = embeds(reply(await varied_server.ask("How high is the tower of Veldrun?", source=source)))

    assert embed["footer"]["text"].startswith("From “Guide to the tower” · ")


async def test_ambiguous_source_is_reported_with_escaped_titles(varied_server: SimulatedServer) -> None:
    """The asker reads which documents a part may mean."""
    line = await seen_by_asker(varied_server, MEETING, source="m")

    assert line.startswith("I can't look that up: that may be “The tower measured”, “\\@everyone \\*\\*")
    assert line.endswith(" more; choose one from the list.")


async def test_document_with_an_address_has_a_link(varied_server: SimulatedServer) -> None:
    """A document with a web address gets a link button; one without gets none."""
    old = reply(await varied_server.ask("How high is the tower of Veldrun?", source="tower-old.md"))
    new = reply(await varied_server.ask("How high is the tower of Veldrun?", source="tower-new.md"))

    assert buttons(old)[-2] == ("Open the document", "https://example.org/tower?a=1")
    assert not [address for _, address in buttons(new) if address.startswith("http")]


async def test_sources_that_differ_are_both_quoted(varied_server: SimulatedServer) -> None:
    """If two documents disagree, both are quoted, the newer one first, and a line says so."""
    shown = reply(await varied_server.ask("How high is the tower of Veldrun?"))

    assert shown.content == NEWER_FIRST()
    assert [(embed["footer"]["text"][:30], embed["description"]) for embed in embeds(shown)] == [
        ("From “The tower measured” · Su", "**“The tower of Veldrun is 87 metres high.”**"),
        ("From “Guide to the tower” · To", "**“The tower of Veldrun is 83 metres high.”**"),
    ]
    assert [embed.get("author") for embed in embeds(shown)] == [{"name": "Q: How high is the tower of Veldrun?"}, None]
    assert buttons(shown)[0] == ("Helpful", "fn:helpful:q6wln54lg7,swzyxiokhg")
    details = reply(await varied_server.alice.click(shown, label="More…"))
    assert [embed["title"] for embed in embeds(details)] == ["The tower measured", "Guide to the tower"]
    assert buttons(details)[-1] == ("Open: Guide to the tower", "https://example.org/tower?a=1")


async def test_hostile_title_is_shown_as_text(varied_server: SimulatedServer) -> None:
    """A title full of mentions and markdown is shown as plain text and pings nobody."""
    shown = reply(await varied_server.ask("Who built the mill of Hestrup?"))
    (embed,) = embeds(shown)

    assert embed["footer"]["text"].startswith("From “@everyone **[mill](https://evil.example)** <@&1>” · 2021 · ")
    (details,) = embeds(reply(await varied_server.alice.click(shown, label="More…")))
    assert details["title"] == r"\@everyone \*\*\[mill]\(https\:\/\/evil.example)\*\* \<\@&1\>"
    assert embed["description"].startswith(r"**“Old Garbeck built the wooden mill of Hestrup in 1804\.”** He sold it")


async def test_refusal_is_one_line_without_a_source(server: SimulatedServer) -> None:
    """A refusal is one line without any source; a button leads to the closest passages."""
    result = await server.ask(UNANSWERABLE)

    shown = reply(result)
    assert (shown.content, shown.embeds, shown.ephemeral) == (REFUSAL(), [], False)
    assert [label for label, _ in buttons(shown)] == ["Closest passages"]

    closest = await server.alice.click(shown, label="Closest passages")
    assert (reply(closest).ephemeral, reply(closest).content) == (True, CLOSEST())
    assert len(embeds(reply(closest))) == 3
    assert all("author" not in embed and "sure" not in embed["footer"]["text"] for embed in embeds(reply(closest)))
    assert [label for label, _ in buttons(reply(closest))] == ["More…"]


@pytest.mark.parametrize("question", ["", "x" * 1_001])
async def test_command_rejects_an_empty_or_overlong_question(server: SimulatedServer, question: str) -> None:
    """Discord itself enforces the limits of a question."""
    with pytest.raises(OptionError):
        await server.ask(question)


@pytest.mark.parametrize("question", [" ", "\u0085", "\ud800"])
async def test_blank_question_is_rejected_as_empty(server: SimulatedServer, question: str) -> None:
    """A question of only invisible characters is rejected with the reason."""
    assert await seen_by_asker(server, question) == "I can't look that up: the question is empty."


async def test_long_question_is_cut_only_for_display(server: SimulatedServer) -> None:
    """A question longer than an embed's author line is looked up in full and shown cut."""
    shown = reply(await server.ask(f"{MEETING} {MEETING} {MEETING} {MEETING}"))
    (embed,) = embeds(shown)

    name = embed["author"]["name"]
    assert (len(name), name[-1]) == (256, "…")
    assert quoted(shown) == [MEETING_ID]


async def test_other_channels_are_redirected(server: SimulatedServer) -> None:
    """In other channels /ask privately names the right ones, mentions are ignored; a thread counts as its channel."""
    allowed = server.guild.create_text_channel("questions")
    await server.configure(channels=(allowed.id,))

    shown = reply(await server.ask(MEETING))

    assert (shown.content, shown.ephemeral) == (f"I only answer in {allowed.mention}.", True)
    assert await server.say(f"{server.me} {MEETING}") is None
    assert embeds(await server.say(f"{server.me} {MEETING}", allowed))
    inside = new_thread(server, allowed)
    assert embeds(await server.say(f"{server.me} {MEETING}", inside))


def new_thread(server: SimulatedServer, channel: ChannelHandle, name: str = "talk") -> ChannelHandle:
    """Create a thread of alice's in a channel."""
    thread = server.env.backend.create_thread(channel.id, name, server.alice.id)
    return ChannelHandle(server.env, server.guild, thread)


@pytest.mark.parametrize("form", ["{me} {q}", "{q} {me}", "<@!{id}>{q}", "{me}\n\n{q} {me}"])
async def test_mention_is_answered(server: SimulatedServer, form: str) -> None:
    """A mention anywhere in a message asks; the answer replies to the message and pings nobody."""
    answer = await server.say(form.format(me=server.me, id=server.id, q=MEETING))

    assert answer is not None
    assert question_of(answer) == f"Q: {MEETING}"
    (body,) = server.requests("POST", f"channels/{server.channel.id}/messages")
    assert body["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert body["message_reference"]["message_id"] == server.channel.history()[-2].id
    assert (body["nonce"], body["enforce_nonce"]) == (f"answer-{server.channel.history()[-2].id:x}", True)
    assert "Share" not in [label for label, _ in buttons(answer)]


async def test_bare_mention_is_told_how_to_ask(server: SimulatedServer) -> None:
    """A mention without a question is answered with how to ask; nothing is looked up."""
    answer = await server.say(f" {server.me} ")

    assert answer is not None
    assert answer.content == incoming_questions.NO_QUESTION()


async def test_small_talk_is_no_question(server: SimulatedServer) -> None:
    """It gets a line or the help, in a mention and in the command, and is neither stored nor a reason to ping."""
    role = server.guild.create_role("team")
    await server.configure(gaps=True, refusal_role=role.id, threads=True)

    thanked = await server.say(f"{server.me} thanks, that helped!")
    helped = await server.say(f"{server.me} hello, who are you?")
    slash = reply(await server.ask("Hi there"))

    assert thanked is not None
    assert helped is not None
    assert (thanked.content, embeds(thanked), buttons(thanked)) == ("You are welcome!", [], [])
    assert [embed["title"] for embed in embeds(helped)] == ["How to ask"]
    assert slash.content == "Hello! Ask me what you want to know; /help explains how."
    assert await server.services.database.gaps(server.guild.id) == []
    assert server.requests("POST", "/threads") == []


async def test_greeting_before_a_question_changes_nothing(server: SimulatedServer) -> None:
    """The question is looked up."""
    assert quoted(await server.say(f"{server.me} hello! {DIALOGUE}")) == [DIALOGUE_ID]


async def test_kept_answer_to_small_talk_is_given(server: SimulatedServer, tmp_path: Path) -> None:
    """Who kept an answer to these very words wants it looked up."""
    (tmp_path / "answers").mkdir()
    answer = "---\npublished: 2024-05-03\n---\n\n# Who are you?\n\nThe assistant of the rowing club.\n"
    (tmp_path / "answers" / "2024-05-03-who.md").write_text(answer)
    services = replace(server.services, seeds=tmp_path)
    client = SimpleNamespace(services=services)

    assert await incoming_questions._small_talk_card(client, "who are you") is None  # type: ignore[arg-type]
    assert await incoming_questions._small_talk_card(client, "what can you do") is not None  # type: ignore[arg-type]


async def test_direct_message_is_answered(server: SimulatedServer) -> None:
    """A direct message needs no mention, and no server's settings apply to it."""
    await server.configure(private=True, channels=(1,), refusal="No.")

    assert quoted(await server.direct(MEETING)) == [MEETING_ID]
    refused = await server.direct(UNANSWERABLE)
    assert refused is not None
    assert (refused.content, refused.embeds) == (REFUSAL(), [])


async def test_private_server_sends_mentions_to_the_command(server: SimulatedServer) -> None:
    """A mention cannot be answered privately; if answers are private, it is referred to the command."""
    await server.configure(private=True)

    answer = await server.say(f"{server.me} {MEETING}")

    assert answer is not None
    assert (answer.content, answer.embeds) == (incoming_questions.USE_COMMAND(), [])


async def test_reply_with_a_follow_up_is_understood(server: SimulatedServer) -> None:
    """A reply to an answer follows up the question that the answer shows."""
    first = await server.say(f"{server.me} {DIALOGUE}")
    assert first is not None

    second = await server.say(f"{server.me} and where was that?", reply_to=first)

    (embed,) = embeds(second)
    assert embed["author"]["name"] == f"Q: {DIALOGUE} and where was that?"
    assert quoted(second) == [DIALOGUE_ID]


async def test_follow_up_to_an_answer_of_the_command_is_understood(server: SimulatedServer) -> None:
    """A reply can follow up an answer of the command too, even from another member."""
    first = reply(await server.ask(DIALOGUE))

    await server.moderator.send(server.channel, f"{server.me} and where was that?", reply_to=first)

    assert question_of(server.channel.last_message) == f"Q: {DIALOGUE} and where was that?"


async def test_follow_up_gets_another_answer_than_the_one_it_follows(varied_server: SimulatedServer) -> None:
    """What the answer quoted is known from its buttons, however the follow-up comes."""
    server = varied_server
    first = await server.say(f"{server.me} Who built the mill of Hestrup?")
    await server.direct("Who built the mill of Hestrup?")
    sold = "**“He sold it to his brother for nine silver coins.”**"

    for answer in (
        await server.say(f"{server.me} and what did his brother pay?", reply_to=first),
        await server.direct("and what did his brother pay?"),
    ):
        assert question_of(answer) == "Q: Who built the mill of Hestrup? and what did his brother pay?"
        assert sold in embeds(answer)[0]["description"]


async def test_follow_up_in_a_thread_and_in_a_direct_message(server: SimulatedServer) -> None:
    """In a thread or a direct message, a follow-up refers to the last answer there."""
    place = new_thread(server, server.channel)
    await server.say(f"{server.me} {MEETING}", place)
    await server.say(f"{server.me} {DIALOGUE}", place)
    await server.say("not for the bot", place)
    followed = f"Q: {DIALOGUE} and where was that?"

    assert question_of(await server.say(f"{server.me} and where was that?", place)) == followed

    await server.direct(DIALOGUE)
    assert question_of(await server.direct("and where was that?")) == followed


async def test_unrelated_short_question_is_answered_alone(varied_server: SimulatedServer) -> None:
    """The word "that" does not tie a question to the one before if it has an answer alone."""
    server = varied_server
    tower = await server.say(f"{server.me} How high is the tower of Veldrun?")
    await server.direct("How high is the tower of Veldrun?")
    question = "Who built that mill of Hestrup?"

    for answer in (
        await server.direct(question),
        await server.say(f"{server.me} {question}", reply_to=tower),
    ):
        assert question_of(answer) == f"Q: {question}"
        assert "Old Garbeck built" in embeds(answer)[0]["description"]


@pytest.mark.parametrize(("minutes", "followed"), [(14, True), (16, False)])
async def test_follow_up_without_a_reply_needs_a_recent_answer(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, minutes: int, followed: bool
) -> None:
    """The last answer in a direct message is followed up for 15 minutes, an answer that is replied to at any time."""
    await server.direct(DIALOGUE)
    first = await server.say(f"{server.me} {DIALOGUE}")

    def later(message: discord.Message) -> datetime.datetime:
        own = message.author.id == server.id
        return discord.utils.snowflake_time(message.id) - datetime.timedelta(minutes=minutes if own else 0)

    monkeypatch.setattr(discord.Message, "created_at", property(later))
    direct = await server.direct("and where was that?")
    replied = await server.say(f"{server.me} and where was that?", reply_to=first)

    assert question_of(direct) == (f"Q: {DIALOGUE} and where was that?" if followed else "")
    assert question_of(replied) == f"Q: {DIALOGUE} and where was that?"


async def test_follow_up_in_a_channel_needs_a_reply(server: SimulatedServer) -> None:
    """In a channel, where many people talk, a mention without a reply follows up nothing."""
    await server.say(f"{server.me} {DIALOGUE}")

    answer = await server.say(f"{server.me} and where was that?")

    assert answer is not None
    assert (answer.content, answer.embeds) == (REFUSAL(), [])


async def test_complete_question_follows_up_nothing(server: SimulatedServer) -> None:
    """A question that is complete in itself is looked up as it is, even in a reply."""
    first = await server.say(f"{server.me} {DIALOGUE}")
    assert first is not None

    assert question_of(await server.say(f"{server.me} {MEETING}", reply_to=first)) == f"Q: {MEETING}"


async def test_follow_up_keeps_the_threshold(server: SimulatedServer) -> None:
    """After an answered question, a follow-up that nothing answers is still refused."""
    await server.direct(MEETING)
    for follow_up in ("and who won it?", "and what did they eat there?", "And how much did it cost?"):
        first = await server.say(f"{server.me} {MEETING}")
        refused = await server.say(f"{server.me} {follow_up}", reply_to=first)

        assert refused is not None
        assert (refused.content, refused.embeds) == (REFUSAL(), [])


async def test_follow_up_to_a_refusal_does_not_refer_to_an_older_answer(server: SimulatedServer) -> None:
    """After a refusal, "and where was that?" refers to the refused question, not to one answered before."""
    await server.direct(DIALOGUE)
    await server.direct(UNANSWERABLE)

    refused = await server.direct("and where was that?")

    assert refused is not None
    assert (refused.content, refused.embeds) == (REFUSAL(), [])


async def test_member_cannot_forge_a_previous_question(server: SimulatedServer) -> None:
    """Only the bot's own messages are read for a previous question, not the text or embeds of others."""
    place = new_thread(server, server.channel)
    text = await server.alice.send(place, f"Q: {DIALOGUE}")
    hook = server.guild.create_webhook(server.channel)
    forged = discord.Embed(title="x").set_author(name=f"Q: {DIALOGUE}")
    embed = await hook.send("", embed=forged)

    for answer in (
        await server.say(f"{server.me} and where was that?", place),
        await server.say(f"{server.me} and where was that?", place, reply_to=text),
        await server.say(f"{server.me} and where was that?", reply_to=embed),
    ):
        assert answer is not None
        assert (answer.content, answer.embeds) == (REFUSAL(), [])


async def test_cut_question_is_not_followed_up(server: SimulatedServer) -> None:
    """A question that the answer shows only in part is not used as the previous question."""
    first = await server.say(
        f"{server.me} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE}"
    )
    assert question_of(first).endswith("…")

    refused = await server.say(f"{server.me} and where was that?", reply_to=first)

    assert refused is not None
    assert refused.content == REFUSAL()


async def test_messages_that_are_not_for_the_bot_are_ignored(server: SimulatedServer) -> None:
    """@everyone, roles, other people, plain text and replies to other members do not ask the bot."""
    role = server.guild.create_role("footnote", mentionable=True)
    other = await server.moderator.send(server.channel, "hello")

    for text in (
        f"@everyone {MEETING}",
        f"@here {MEETING}",
        f"{role.mention} {MEETING}",
        MEETING,
        server.alice.mention,
    ):
        assert await server.say(text) is None
    assert await server.say(MEETING, reply_to=other) is None


async def test_bots_webhooks_and_system_messages_are_ignored(server: SimulatedServer) -> None:
    """Other bots, webhooks and Discord's own messages get no answer, even if they mention the bot."""
    robot = server.guild.add_member(server.env.create_user("robot", bot=True))
    hook = server.guild.create_webhook(server.channel)
    first = await server.say(f"{server.me} {MEETING}")
    assert first is not None
    answered = len(server.requests("POST", "/messages"))

    await robot.send(server.channel, f"{server.me} {MEETING}")
    await hook.send(f"{server.me} {MEETING}")
    for kind, reference in ((MessageType.PINS_ADD, first), (MessageType.NEW_MEMBER, None)):
        server.guild.create_system_message(server.channel, kind, author=server.alice, referenced_message=reference)
    place = new_thread(server, server.channel)  # adding the bot to a thread writes a message there that mentions it
    server.env.backend.create_system_message(
        place.id, MessageType.RECIPIENT_ADD, server.alice.id, recipient_id=server.id
    )
    server.guild.add_member(server.env.create_user("newcomer"))
    await server.env.settle()

    assert len(server.requests("POST", "/messages")) == answered


async def test_mentions_are_answered_in_threads_if_set(server: SimulatedServer) -> None:
    """With threads on, a mention in a channel opens a thread named after the question; a refusal does not."""
    await server.configure(threads=True)

    await server.alice.send(server.channel, f"{server.me} {MEETING}")
    await server.alice.send(server.channel, f"{server.me} {UNANSWERABLE}")

    (opened,) = server.channel.threads
    assert opened.name == MEETING
    assert question_of(opened.history()[-1]) == f"Q: {MEETING}"
    assert server.channel.last_message is not None
    assert server.channel.last_message.content == REFUSAL()
    await server.say(f"{server.me} {DIALOGUE}", opened)  # inside a thread, the answer stays there
    assert len(server.channel.threads) == 1


async def test_failed_thread_falls_back_to_a_reply(server: SimulatedServer) -> None:
    """Without the permission to create threads, the answer replies in the channel."""
    await server.configure(threads=True)
    server.env.inject_error("POST", "/channels/*/messages/*/threads", status=403)

    assert question_of(await server.say(f"{server.me} {MEETING}")) == f"Q: {MEETING}"


@pytest.mark.parametrize("lost", [True, False], ids=["response lost", "created by another process"])
async def test_answer_goes_into_a_thread_that_exists(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    """If the message has a thread already, the answer is sent there, and not in the channel as well."""
    await server.configure(threads=True)
    create, refused = discord.Message.create_thread, SimpleNamespace(status=400, reason="Bad Request")
    tries = 0

    async def create_late(message: discord.Message, **options: Any) -> discord.Thread:
        nonlocal tries
        tries += 1
        if tries == 1:
            await create(message, **options)
            if lost:
                raise ConnectionResetError(104, "Connection reset by peer")
        raise discord.HTTPException(refused, {"code": 160004, "message": "A thread has already been created"})

    monkeypatch.setattr(discord.Message, "create_thread", create_late)
    await server.alice.send(server.channel, f"{server.me} {MEETING}")

    assert not any(question_of(message) for message in server.channel.history())
    (thread,) = server.channel.threads
    answers = [message for message in thread.history() if message.author.id == server.id]
    assert [question_of(answer) for answer in answers] == [f"Q: {MEETING}"]
    assert tries == 1 + lost


async def test_rate_limit_of_threads_costs_no_answer(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Discord allows no more threads for minutes, the answer replies in the channel."""
    await server.configure(threads=True)

    async def limited(*_: object, **__: object) -> None:
        raise RateLimitError(300.0, everywhere=False)

    monkeypatch.setattr(discord.Message, "create_thread", limited)
    assert question_of(await server.say(f"{server.me} {MEETING}")) == f"Q: {MEETING}"


async def test_reset_connection_costs_no_answer(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If creating a thread or reading the previous message fails, the question is answered all the same."""
    await server.configure(threads=True)

    async def reset(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(discord.Message, "create_thread", reset)
    assert question_of(await server.say(f"{server.me} {MEETING}")) == f"Q: {MEETING}"

    place = new_thread(server, server.channel)
    monkeypatch.setattr(server.bot.http, "logs_from", reset)
    refused = await server.say(f"{server.me} and where was that?", place)
    assert refused is not None
    assert refused.content == REFUSAL()


def new_post(server: SimulatedServer, title: str) -> ChannelHandle:
    """Create a post of alice's in a new forum."""
    forum = server.guild.create_forum_channel("help")
    thread = server.env.backend.create_thread(forum.id, title, server.alice.id, broadcast=False)
    server.env.backend.announce_thread_create(thread)
    return ChannelHandle(server.env, server.guild, thread)


@pytest.mark.parametrize(
    ("title", "settings", "answered"),
    [
        (MEETING, {"forums": True}, True),
        (UNANSWERABLE, {"forums": True}, False),
        (MEETING, {}, False),
        (MEETING, {"forums": True, "private": True}, False),
        (MEETING, {"forums": True, "channels": (1,)}, False),
    ],
)
async def test_forum_posts_are_answered_if_set(
    server: SimulatedServer, title: str, settings: dict[str, Any], answered: bool
) -> None:
    """A new post is answered by its title if the server wants that; a refusal is not sent."""
    await server.configure(**settings)

    place = new_post(server, title)
    await server.env.settle()

    answers = [message for message in place.history() if message.author.id == server.id]
    assert [question_of(answer) for answer in answers] == ([f"Q: {title}"] if answered else [])


async def test_menu_finds_the_passage_behind_a_message(server: SimulatedServer) -> None:
    """The menu of a message privately shows the passage behind it."""
    message = await server.moderator.send(server.channel, THANKS)

    result = await server.alice.context_menu(server.channel, "Find the source", message)

    assert server.requests("POST", "callback") == [{"type": 5, "data": {"flags": 64}}]
    assert reply(result).ephemeral
    assert quoted(reply(result)) == [MEETING_ID]
    assert buttons(reply(result))[0] == ("Share", f"fn:share:{MEETING_ID}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nothing about bicycles and cheese", REFUSAL()),
        ("\x01", "I can't look that up: the question is empty."),
        ("", incoming_questions.NO_TEXT()),
    ],
)
async def test_menu_on_other_messages(server: SimulatedServer, text: str, line: str) -> None:
    """A message without a passage behind it, or without text, gets one line."""
    message = await server.moderator.send(server.channel, text, attachments=[("a.txt", b"a")])

    result = await server.alice.context_menu(server.channel, "Find the source", message)

    assert (reply(result).content, reply(result).embeds, reply(result).ephemeral) == (line, [], True)


async def test_menu_on_a_message_of_the_bot_says_where_the_source_is(server: SimulatedServer) -> None:
    """Its answer has the source already."""
    answer = await server.say(f"{server.me} {DIALOGUE}")
    assert answer is not None

    result = await server.alice.context_menu(server.channel, "Find the source", answer)

    assert reply(result).content == incoming_questions.OWN_MESSAGE(button="More…")


async def test_mentions_in_a_question_are_no_words_of_it(server: SimulatedServer) -> None:
    """A role that is addressed is left out; a channel in a question is asked about by its name."""
    role = server.guild.create_role("librarians")
    dialogue = server.guild.create_text_channel("security-dialogue")

    addressed = await server.say(f"{server.me} {role.mention} {DIALOGUE}")
    slash = reply(await server.ask(f"When did the <#{dialogue.id}> first meet? <@{server.alice.user.id}>"))

    assert (question_of(addressed), quoted(addressed)) == (f"Q: {DIALOGUE}", [DIALOGUE_ID])
    assert (question_of(slash), quoted(slash)) == (f"Q: {DIALOGUE}", [DIALOGUE_ID])


async def test_bare_mention_in_a_reply_points_to_the_menu(server: SimulatedServer) -> None:
    """The bot cannot read the message that was replied to."""
    asked = await server.moderator.send(server.channel, DIALOGUE)

    answer = await server.say(server.me, reply_to=asked)

    assert answer is not None
    assert answer.content == incoming_questions.USE_MENU(menu="Find the source")


async def test_menu_keeps_to_the_channels(server: SimulatedServer) -> None:
    """The menu answers only in the channels of the bot."""
    await server.configure(channels=(server.guild.create_text_channel("questions").id,))
    message = await server.moderator.send(server.channel, THANKS)

    result = await server.alice.context_menu(server.channel, "Find the source", message)

    assert reply(result).content.startswith("I only answer in <#")


async def test_messages_of_others_are_never_stored_as_gaps(server: SimulatedServer) -> None:
    """Unanswered questions are stored if that is on, but not the messages behind the menu."""
    await server.configure(gaps=True)
    message = await server.moderator.send(server.channel, "my dentist is called Mr Bohrer")

    await server.alice.context_menu(server.channel, "Find the source", message)
    await server.ask(UNANSWERABLE)
    await server.direct("How long does it take to boil an egg?")

    assert [gap.question for gap in await server.services.database.gaps(server.guild.id)] == [UNANSWERABLE]


async def test_refusal_text_of_a_server_is_shown_as_it_is_and_pings_nobody(server: SimulatedServer) -> None:
    """A server's refusal text is shown as plain text: mentions and markdown in it have no effect."""
    await server.configure(refusal="Ask @everyone in <#1> **now**")

    assert reply(await server.ask(UNANSWERABLE)).content == "Ask @everyone in <#1> **now**"


async def test_role_is_pinged_only_on_public_refusals(
    tmp_path: Path, sample_stack: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """A public refusal pings exactly the configured role, and no more often than the cooldown allows."""
    now = 0.0
    cooldowns = make_cooldowns(ping=(1, 300.0), clock=lambda: now)
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1], cooldowns=cooldowns) as server:
        role = server.guild.create_role("librarians")
        await server.configure(refusal_role=role.id, forums=True)
        server.pinged = {str(role.id)}

        new_post(server, UNANSWERABLE)  # its refusal is not sent, and must not start the cooldown of pings
        await server.env.settle()
        private = reply(await server.ask(UNANSWERABLE, private=True))
        public = reply(await server.ask(UNANSWERABLE))
        body = server.requests()[-1]
        soon = reply(await server.ask(UNANSWERABLE))
        answered = reply(await server.ask(MEETING))
        now = 300.0
        answer = await server.say(f"{server.me} {UNANSWERABLE}")

        assert (private.content, soon.content, answered.content) == (REFUSAL(), REFUSAL(), "")
        assert public.content == f"<@&{role.id}> {REFUSAL()}"
        assert body["allowed_mentions"] == {"parse": [], "roles": [role.id]}
        assert answer is not None
        assert answer.content == f"<@&{role.id}> {REFUSAL()}"


@pytest.mark.parametrize(("precision", "answered"), [(0.8, True), (0.99, False), (None, True)])
async def test_servers_precision_moves_the_threshold(
    server: SimulatedServer, precision: float | None, answered: bool
) -> None:
    """A server that wants more of its answers right gets fewer; 0.86 suffices for the operator, not for 99 %."""
    await server.configure(precision=precision)

    assert bool(reply(await server.ask("Which flag did the Japanese ship fly?")).embeds) is answered


async def test_cooldown_is_reported(tmp_path: Path, sample_stack: Shipped, make_cooldowns: Callable[..., Any]) -> None:
    """A member who asks too often is told when to ask again, and nothing is looked up."""
    cooldowns = make_cooldowns(user=(2, 30.0), clock=lambda: 0.0)
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1], cooldowns=cooldowns) as server:
        for _ in range(2):
            assert reply(await server.ask(MEETING)).embeds
        line = await seen_by_asker(server, MEETING)
        other = await server.moderator.slash(server.channel, "ask", question=MEETING)

        assert line == "You are asking very quickly. Please ask again in 15 seconds."
        assert reply(other).embeds


async def test_failure_is_reported_without_its_reason(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search error is logged and counted; members read one line without the error."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /home/operator")

    monkeypatch.setattr(server.services.answerer, "_search", fail)

    assert await seen_by_asker(server, MEETING) == FAILED()
    answer = await server.say(f"{server.me} {MEETING}")
    assert answer is not None
    assert answer.content == FAILED()
    assert server.services.metrics.failures._value.get() == 2


async def test_failing_database_costs_no_answer(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the settings cannot be read, the answer is private, because the server may want that."""

    async def gone(_: int) -> None:
        raise DatabaseError("the database cannot be used")

    monkeypatch.setattr(server.services.database, "settings", gone)

    shown = reply(await server.ask(MEETING))
    assert (len(shown.embeds), shown.ephemeral) == (1, True)


async def test_expired_interaction_is_dropped(server: SimulatedServer) -> None:
    """An interaction that expired is no error: nothing is looked up and nothing is raised."""
    server.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)

    result = await server.ask(MEETING)

    assert result.response is None
    assert server.services.metrics.answers._value.get() == 0


async def test_questions_are_counted_by_way_of_asking(server: SimulatedServer) -> None:
    """Each way of asking has its own count; a bare mention does not count."""
    await server.ask(MEETING)
    await server.say(f"{server.me} {MEETING}")
    await server.say(server.me)
    await server.say(f"{server.me} {MEETING}", new_thread(server, server.channel))
    await server.direct(UNANSWERABLE)
    message = await server.moderator.send(server.channel, THANKS)
    await server.alice.context_menu(server.channel, "Find the source", message)

    metrics = server.services.metrics
    counts = {way: metrics.questions.labels(way)._value.get() for way in ("slash", "mention", "thread", "dm", "menu")}
    assert counts == {"slash": 1, "mention": 1, "thread": 1, "dm": 1, "menu": 1}
    assert (metrics.answers._value.get(), metrics.refusals._value.get()) == (4, 1)


async def test_no_privileged_intent_is_requested(server: SimulatedServer) -> None:
    """The bot subscribes to servers, their messages and direct messages, none of which needs Discord's approval."""
    privileged = discord.Intents(members=True, presences=True, message_content=True)

    assert server.bot.intents.value & privileged.value == 0
