"""Asking: the command, mentions, replies, threads, direct messages, the menu of a message, forum posts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord import ChannelHandle, OptionError
from simcord.enums import MessageType

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import BROKEN
from bot.discord_bot.handlers import incoming_questions
from bot.discord_bot.storage.database import DatabaseError
from bot.showing.reply import CLOSEST, REFUSAL, SOURCES_DIFFER
from config.settings import Settings
from tests.support.simulated_server import (
    DIALOGUE,
    DIALOGUE_ID,
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

pytestmark = pytest.mark.asyncio
Shipped = tuple[Settings, AnsweringStack]
THANKS = "Thank you for the report, the defence ministers met in Singapore on Sunday, 4 June 2023"


async def test_answer_holds_quote_source_place_and_id(world: World, shipped: Shipped) -> None:
    """An answer is deferred before anything else, then shows the quote and exactly where it stands."""
    answer = shipped[1].retriever.ask(MEETING, threshold=0.0)

    result = await world.ask(MEETING)

    callback, edit = world.requests()[-2:]
    assert callback == {"type": 5}
    assert edit["allowed_mentions"] == {"parse": []}
    shown = reply(result)
    assert (shown.content, shown.ephemeral) == ("", False)
    assert embeds(shown) == [
        {
            "author": {"name": f"Q: {MEETING}"},
            "title": MEETING_TITLE,
            "description": f"**“{MEETING_QUOTE[:-1]}\\.”**",
            "color": 0x2E7D6B,
            "fields": [
                {"name": "Source", "value": "News report with a photograph by Kyodo, 2023-06", "inline": True},
                {
                    "name": "Place",
                    "value": "japan-south-korea-ministers-singapore.md\\:9, What the two ministers agreed",
                    "inline": True,
                },
            ],
            "footer": {"text": f"{MEETING_ID} · {answer.confidence:.0%} sure"},
        }
    ]
    assert buttons(shown) == [
        ("More context", f"fn:context:{MEETING_ID}"),
        ("Other passages", f"fn:others:{','.join(answer.others)}"),
        ("Helpful", f"fn:helpful:{MEETING_ID}"),
        ("Not helpful", f"fn:unhelpful:{MEETING_ID}"),
    ]


async def test_quote_stands_out_inside_its_context(world: World) -> None:
    """The sentence that a quote leans on stands before it in plain text; the quote alone is bold."""
    (embed,) = embeds(reply(await world.ask("How many days did the Asia Security Summit run?")))

    assert embed["description"] == (
        "Japan and South Korea had not held talks between their defence ministers for more than three years. "
        "**“Both men were in Singapore for the Asia Security Summit, also called the Shangri-La Dialogue, which ran "
        "for three days from Friday.”**"
    )


async def test_private_answer_is_seen_alone_and_can_be_shared(world: World) -> None:
    """A private answer is deferred as such, and has a button that shares it."""
    result = await world.ask(MEETING, private=True)

    assert world.requests("POST", "callback") == [{"type": 5, "data": {"flags": 64}}]
    assert reply(result).ephemeral
    assert buttons(reply(result))[-1] == ("Share", f"fn:share:{MEETING_ID}")


@pytest.mark.parametrize(("said", "alone"), [({}, True), ({"private": False}, False), ({"private": True}, True)])
async def test_server_can_make_answers_private(world: World, said: dict[str, bool], alone: bool) -> None:
    """Where answers are private by default, they are, unless the asker says otherwise."""
    await world.configure(private=True)

    assert reply(await world.ask(MEETING, **said)).ephemeral is alone


async def test_source_offers_titles_within_the_limits(varied_world: World) -> None:
    """The list of documents has 25 at most, of 100 units at most, and is narrowed by title or name."""
    world = varied_world

    every = await world.alice.autocomplete(world.channel, "ask", "source", "")
    harbour = await world.alice.autocomplete(world.channel, "ask", "source", "HARBOUR")
    named = await world.alice.autocomplete(world.channel, "ask", "source", "tower-new.md")
    seven = await world.alice.autocomplete(world.channel, "ask", "source", "note-07")

    assert [one["value"] for one in every[:3]] == ["tower-new.md", "mill.md", "tower-old.md"]  # the newest first
    assert (len(every), len(harbour)) == (25, 25)
    assert [(one["name"], one["value"]) for one in named] == [("The tower measured", "tower-new.md")]
    (long,) = (one["name"] for one in seven)
    assert (len(long.encode("utf-16-le")) // 2, long[-1]) == (100, "…")
    assert await world.alice.autocomplete(world.channel, "ask", "source", "no such title") == []


async def test_source_restricts_the_answer(varied_world: World) -> None:
    """With a document named, only that one answers, and what others say is left out."""
    question = "How high is the tower of Veldrun?"

    (embed,) = embeds(reply(await varied_world.ask(question, source="tower-old.md")))
    mill = reply(await varied_world.ask(question, source="mill.md"))

    assert embed["description"] == "**“The tower of Veldrun is 83 metres high.”**"
    assert (mill.content, embeds(mill)) == (REFUSAL, [])


async def test_unknown_source_is_named_as_such(world: World) -> None:
    """A document that is not there is no reason to look into others."""
    shown = reply(await world.ask(MEETING, source="../../etc/passwd"))

    assert shown.content == "I cannot look that up: there is no such document; choose one from the list."
    assert embeds(shown) == []


async def test_document_with_an_address_has_a_link(varied_world: World) -> None:
    """A document with a web address brings a link button to it; one without brings none."""
    old = reply(await varied_world.ask("How high is the tower of Veldrun?", source="tower-old.md"))
    new = reply(await varied_world.ask("How high is the tower of Veldrun?", source="tower-new.md"))

    assert buttons(old)[-1] == ("Open the document", "https://example.org/tower?a=1")
    assert not [address for _, address in buttons(new) if address.startswith("http")]


async def test_sources_that_differ_are_both_quoted(varied_world: World) -> None:
    """Where two documents disagree, both are quoted, the newer one first, and a line says so."""
    shown = reply(await varied_world.ask("How high is the tower of Veldrun?"))

    assert shown.content == SOURCES_DIFFER
    assert [(one["title"], one["description"]) for one in embeds(shown)] == [
        ("The tower measured", "**“The tower of Veldrun is 87 metres high.”**"),
        ("Guide to the tower", "**“The tower of Veldrun is 83 metres high.”**"),
    ]
    assert [one.get("author") for one in embeds(shown)] == [{"name": "Q: How high is the tower of Veldrun?"}, None]
    assert buttons(shown)[0] == ("More context", "fn:context:q6wln54lg7,swzyxiokhg")
    assert buttons(shown)[-1] == ("Open: Guide to the tower", "https://example.org/tower?a=1")


async def test_hostile_title_is_shown_as_text(varied_world: World) -> None:
    """A title full of mentions and markdown is shown as it is written, and pings nobody."""
    (embed,) = embeds(reply(await varied_world.ask("Who built the mill of Hestrup?")))

    assert embed["title"] == r"\@everyone \*\*\[mill]\(https\:\/\/evil.example)\*\* \<\@&1\>"
    assert embed["description"] == r"**“Old Garbeck built the \*wooden\* mill of Hestrup in 1804\.”**"


async def test_refusal_is_one_line_without_a_source(world: World) -> None:
    """A refusal is one line; nothing of a document is in it but a button to the closest passages."""
    result = await world.ask(UNANSWERABLE)

    shown = reply(result)
    assert (shown.content, shown.embeds, shown.ephemeral) == (REFUSAL, [], False)
    assert [label for label, _ in buttons(shown)] == ["Closest passages"]

    closest = await world.alice.click(shown, label="Closest passages")
    assert (reply(closest).ephemeral, reply(closest).content) == (True, CLOSEST)
    assert len(embeds(reply(closest))) == 3
    assert all("author" not in embed and "sure" not in embed["footer"]["text"] for embed in embeds(reply(closest)))
    assert buttons(reply(closest)) == []


@pytest.mark.parametrize("question", ["", "x" * 1_001])
async def test_command_takes_no_empty_or_overlong_question(world: World, question: str) -> None:
    """Discord itself is told the limits of a question."""
    with pytest.raises(OptionError):
        await world.ask(question)


@pytest.mark.parametrize("question", [" ", "\u0085", "\ud800"])
async def test_blank_question_is_told_to_be_empty(world: World, question: str) -> None:
    """A question of nothing but invisible characters is refused with the reason."""
    shown = reply(await world.ask(question))

    assert (shown.content, shown.embeds) == ("I cannot look that up: the question is empty.", [])


async def test_long_question_is_cut_where_it_is_shown(world: World) -> None:
    """A question longer than an embed's author line is looked up whole, and shown cut."""
    (embed,) = embeds(reply(await world.ask(f"{MEETING} {MEETING} {MEETING} {MEETING}")))

    name = embed["author"]["name"]
    assert (len(name), name[-1]) == (256, "…")
    assert embed["footer"]["text"].startswith(MEETING_ID)


async def test_channel_that_is_not_allowed_is_told_where(world: World) -> None:
    """In another channel the command says privately where the bot answers; a mention is met with silence."""
    allowed = world.guild.create_text_channel("questions")
    await world.configure(channels=(allowed.id,))

    shown = reply(await world.ask(MEETING))

    assert (shown.content, shown.ephemeral) == (f"I answer in {allowed.mention}.", True)
    assert await world.say(f"{world.me} {MEETING}") is None
    assert embeds(await world.say(f"{world.me} {MEETING}", allowed))
    inside = thread(world, allowed)
    assert embeds(await world.say(f"{world.me} {MEETING}", inside))  # a thread belongs to its channel


def thread(world: World, channel: ChannelHandle, name: str = "talk") -> ChannelHandle:
    """Return a new thread of alice's in a channel."""
    made = world.env.backend.create_thread(channel.id, name, world.alice.id)
    return ChannelHandle(world.env, world.guild, made)


@pytest.mark.parametrize("form", ["{me} {q}", "{q} {me}", "<@!{id}>{q}", "{me}\n\n{q} {me}"])
async def test_mention_is_answered(world: World, form: str) -> None:
    """A mention anywhere in a message asks; the answer replies to it and pings nobody."""
    said = await world.say(form.format(me=world.me, id=world.id, q=MEETING))

    assert said is not None
    assert question_of(said) == f"Q: {MEETING}"
    (body,) = world.requests("POST", f"channels/{world.channel.id}/messages")
    assert body["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert body["message_reference"]["message_id"] == world.channel.history()[-2].id
    assert (body["nonce"], body["enforce_nonce"]) == (f"answer-{world.channel.history()[-2].id:x}", True)
    assert "Share" not in [label for label, _ in buttons(said)]


async def test_mention_without_a_question_tells_how_to_ask(world: World) -> None:
    """A bare mention is told how to ask; nothing is looked up."""
    said = await world.say(f" {world.me} ")

    assert said is not None
    assert said.content == incoming_questions.NOTHING_ASKED


async def test_direct_message_is_answered(world: World) -> None:
    """A direct message needs no mention, and the settings of no server hold there."""
    await world.configure(private=True, channels=(1,), refusal="No.")

    assert embeds(await world.direct(MEETING))[0]["footer"]["text"].startswith(MEETING_ID)
    refused = await world.direct(UNANSWERABLE)
    assert refused is not None
    assert (refused.content, refused.embeds) == (REFUSAL, [])


async def test_private_server_sends_mentions_to_the_command(world: World) -> None:
    """A mention cannot be answered privately, so where answers are private it is told to use the command."""
    await world.configure(private=True)

    said = await world.say(f"{world.me} {MEETING}")

    assert said is not None
    assert (said.content, said.embeds) == (incoming_questions.PRIVATELY, [])


async def test_reply_with_a_follow_up_is_understood(world: World) -> None:
    """A reply to an answer leans on the question that the answer shows."""
    first = await world.say(f"{world.me} {DIALOGUE}")
    assert first is not None

    second = await world.say(f"{world.me} and where was that?", reply_to=first)

    (embed,) = embeds(second)
    assert embed["author"]["name"] == f"Q: {DIALOGUE} and where was that?"
    assert embed["footer"]["text"].startswith(DIALOGUE_ID)


async def test_follow_up_to_an_answer_of_the_command_is_understood(world: World) -> None:
    """What the command answered can be followed by a reply as well, and by another member."""
    first = reply(await world.ask(DIALOGUE))

    await world.moderator.send(world.channel, f"{world.me} and where was that?", reply_to=first)

    assert question_of(world.channel.last_message) == f"Q: {DIALOGUE} and where was that?"


async def test_follow_up_in_a_thread_and_in_a_direct_message(world: World) -> None:
    """In a thread, and in a direct message, the last answer there is what a follow-up leans on."""
    place = thread(world, world.channel)
    await world.say(f"{world.me} {MEETING}", place)
    await world.say(f"{world.me} {DIALOGUE}", place)
    await world.say("not for the bot", place)
    followed = f"Q: {DIALOGUE} and where was that?"

    assert question_of(await world.say(f"{world.me} and where was that?", place)) == followed

    await world.direct(DIALOGUE)
    assert question_of(await world.direct("and where was that?")) == followed


async def test_follow_up_in_a_channel_needs_a_reply(world: World) -> None:
    """In a channel, where many talk, a mention alone follows nothing."""
    await world.say(f"{world.me} {DIALOGUE}")

    said = await world.say(f"{world.me} and where was that?")

    assert said is not None
    assert (said.content, said.embeds) == (REFUSAL, [])


async def test_whole_question_follows_nothing(world: World) -> None:
    """A question that stands by itself is looked up by itself, also as a reply."""
    first = await world.say(f"{world.me} {DIALOGUE}")
    assert first is not None

    assert question_of(await world.say(f"{world.me} {MEETING}", reply_to=first)) == f"Q: {MEETING}"


async def test_follow_up_never_lowers_the_bar(world: World) -> None:
    """After an answered question, a follow-up that nothing answers is refused all the same."""
    await world.direct(MEETING)
    for follow_up in ("and who won it?", "and what did they eat there?", "And how much did it cost?"):
        first = await world.say(f"{world.me} {MEETING}")
        refused = await world.say(f"{world.me} {follow_up}", reply_to=first)

        assert refused is not None
        assert (refused.content, refused.embeds) == (REFUSAL, [])


async def test_follow_up_to_a_refusal_does_not_lean_on_an_older_answer(world: World) -> None:
    """After a refusal "and when was that?" asks for what was refused, not for what was answered before it."""
    await world.direct(DIALOGUE)
    await world.direct(UNANSWERABLE)

    refused = await world.direct("and where was that?")

    assert refused is not None
    assert (refused.content, refused.embeds) == (REFUSAL, [])


async def test_member_cannot_forge_a_question(world: World) -> None:
    """Only the bot's own messages are read for a question: no text and no embed of anybody else."""
    place = thread(world, world.channel)
    text = await world.alice.send(place, f"Q: {DIALOGUE}")
    hook = world.guild.create_webhook(world.channel)
    forged = discord.Embed(title="x").set_author(name=f"Q: {DIALOGUE}")
    embed = await hook.send("", embed=forged)

    for said in (
        await world.say(f"{world.me} and where was that?", place),
        await world.say(f"{world.me} and where was that?", place, reply_to=text),
        await world.say(f"{world.me} and where was that?", reply_to=embed),
    ):
        assert said is not None
        assert (said.content, said.embeds) == (REFUSAL, [])


async def test_cut_question_is_not_followed(world: World) -> None:
    """A question that the answer shows only a part of is not leant on."""
    first = await world.say(f"{world.me} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE} {DIALOGUE}")
    assert question_of(first).endswith("…")

    refused = await world.say(f"{world.me} and where was that?", reply_to=first)

    assert refused is not None
    assert refused.content == REFUSAL


async def test_messages_that_are_not_for_the_bot_are_ignored(world: World) -> None:
    """Everyone, roles, other people, plain text and a reply to another member ask nothing."""
    role = world.guild.create_role("footnote", mentionable=True)
    other = await world.moderator.send(world.channel, "hello")

    for text in (f"@everyone {MEETING}", f"@here {MEETING}", f"{role.mention} {MEETING}", MEETING, world.alice.mention):
        assert await world.say(text) is None
    assert await world.say(MEETING, reply_to=other) is None


async def test_bots_webhooks_and_system_messages_are_ignored(world: World) -> None:
    """No other bot, no webhook and no message of Discord's own is answered, even with a mention in it."""
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    hook = world.guild.create_webhook(world.channel)
    first = await world.say(f"{world.me} {MEETING}")
    assert first is not None
    answered = len(world.requests("POST", "/messages"))

    await robot.send(world.channel, f"{world.me} {MEETING}")
    await hook.send(f"{world.me} {MEETING}")
    for kind, reference in ((MessageType.PINS_ADD, first), (MessageType.NEW_MEMBER, None)):
        world.guild.create_system_message(world.channel, kind, author=world.alice, referenced_message=reference)
    place = thread(world, world.channel)  # adding the bot to a thread writes a message there that mentions it
    world.env.backend.create_system_message(place.id, MessageType.RECIPIENT_ADD, world.alice.id, recipient_id=world.id)
    world.guild.add_member(world.env.create_user("newcomer"))
    await world.env.settle()

    assert len(world.requests("POST", "/messages")) == answered


async def test_answers_go_into_threads_where_the_server_wants_that(world: World) -> None:
    """With threads on, a mention in a channel opens one named after the question; a refusal does not."""
    await world.configure(threads=True)

    await world.alice.send(world.channel, f"{world.me} {MEETING}")
    await world.alice.send(world.channel, f"{world.me} {UNANSWERABLE}")

    (opened,) = world.channel.threads
    assert opened.name == MEETING
    assert question_of(opened.history()[-1]) == f"Q: {MEETING}"
    assert world.channel.last_message is not None
    assert world.channel.last_message.content == REFUSAL
    await world.say(f"{world.me} {DIALOGUE}", opened)  # within one, the answer stays there
    assert len(world.channel.threads) == 1


async def test_thread_that_cannot_be_opened_costs_no_answer(world: World) -> None:
    """Without the permission for threads the answer replies in the channel."""
    await world.configure(threads=True)
    world.env.inject_error("POST", "/channels/*/messages/*/threads", status=403)

    assert question_of(await world.say(f"{world.me} {MEETING}")) == f"Q: {MEETING}"


async def test_reset_connection_costs_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a thread, or the message that is followed, cannot be reached, the question is answered all the same."""
    await world.configure(threads=True)

    async def reset(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(discord.Message, "create_thread", reset)
    assert question_of(await world.say(f"{world.me} {MEETING}")) == f"Q: {MEETING}"

    place = thread(world, world.channel)
    monkeypatch.setattr(world.bot.http, "logs_from", reset)
    refused = await world.say(f"{world.me} and where was that?", place)
    assert refused is not None
    assert refused.content == REFUSAL


def post(world: World, title: str) -> ChannelHandle:
    """Return a new post of alice's in a new forum."""
    forum = world.guild.create_forum_channel("help")
    made = world.env.backend.create_thread(forum.id, title, world.alice.id, broadcast=False)
    world.env.backend.announce_thread_create(made)
    return ChannelHandle(world.env, world.guild, made)


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
async def test_forum_posts(world: World, title: str, settings: dict[str, Any], answered: bool) -> None:
    """A new post is answered by its title where the server wants that; nobody called, so a refusal is silent."""
    await world.configure(**settings)

    place = post(world, title)
    await world.env.settle()

    said = [message for message in place.history() if message.author.id == world.id]
    assert [question_of(message) for message in said] == ([f"Q: {title}"] if answered else [])


async def test_menu_finds_the_passage_behind_a_message(world: World) -> None:
    """The menu of a message looks for what stands behind it, for whoever used it alone."""
    message = await world.moderator.send(world.channel, THANKS)

    result = await world.alice.context_menu(world.channel, "Find the source", message)

    assert world.requests("POST", "callback") == [{"type": 5, "data": {"flags": 64}}]
    (embed,) = embeds(reply(result))
    assert reply(result).ephemeral
    assert embed["footer"]["text"].startswith(MEETING_ID)
    assert buttons(reply(result))[-1] == ("Share", f"fn:share:{MEETING_ID}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nothing about bicycles and cheese", REFUSAL),
        ("\x01", "I cannot look that up: the question is empty."),
        ("", "That message holds no text."),
    ],
)
async def test_menu_on_other_messages(world: World, text: str, line: str) -> None:
    """A message without a passage behind it, or without text, gets a line."""
    message = await world.moderator.send(world.channel, text, attachments=[("a.txt", b"a")])

    result = await world.alice.context_menu(world.channel, "Find the source", message)

    assert (reply(result).content, reply(result).embeds, reply(result).ephemeral) == (line, [], True)


async def test_menu_keeps_to_the_channels(world: World) -> None:
    """The menu answers only where the bot may answer."""
    await world.configure(channels=(world.guild.create_text_channel("questions").id,))
    message = await world.moderator.send(world.channel, THANKS)

    result = await world.alice.context_menu(world.channel, "Find the source", message)

    assert reply(result).content.startswith("I answer in <#")


async def test_what_others_wrote_is_never_kept_as_a_gap(world: World) -> None:
    """Questions without an answer are kept where that is on, but not a member's message behind the menu."""
    await world.configure(gaps=True)
    message = await world.moderator.send(world.channel, "my dentist is called Mr Bohrer")

    await world.alice.context_menu(world.channel, "Find the source", message)
    await world.ask(UNANSWERABLE)
    await world.direct("How long does it take to boil an egg?")

    assert [gap.question for gap in await world.services.database.gaps(world.guild.id)] == [UNANSWERABLE]


async def test_wording_of_the_refusal_is_the_servers_and_inert(world: World) -> None:
    """A server's own wording is shown as text: no mention and no markdown of it works."""
    await world.configure(refusal="Ask @everyone in <#1> **now**")

    assert reply(await world.ask(UNANSWERABLE)).content == r"Ask \@everyone in \<\#1\> \*\*now\*\*"


async def test_role_is_pinged_on_public_refusals_alone(
    tmp_path: Path, shipped: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """A refusal in public pings exactly the role that was named, no more often than the cooldown says."""
    now = 0.0
    cooldowns = make_cooldowns(ping=(1, 300.0), clock=lambda: now)
    async with open_world(shipped[0], tmp_path, opened=shipped[1], cooldowns=cooldowns) as world:
        role = world.guild.create_role("librarians")
        await world.configure(refusal_role=role.id, forums=True)
        world.pinged = {str(role.id)}

        post(world, UNANSWERABLE)  # a post's refusal is silent, and must not use the ping up
        await world.env.settle()
        private = reply(await world.ask(UNANSWERABLE, private=True))
        public = reply(await world.ask(UNANSWERABLE))
        body = world.requests()[-1]
        soon = reply(await world.ask(UNANSWERABLE))
        answered = reply(await world.ask(MEETING))
        now = 300.0
        said = await world.say(f"{world.me} {UNANSWERABLE}")

        assert (private.content, soon.content, answered.content) == (REFUSAL, REFUSAL, "")
        assert public.content == f"<@&{role.id}> {REFUSAL}"
        assert body["allowed_mentions"] == {"parse": [], "roles": [role.id]}
        assert said is not None
        assert said.content == f"<@&{role.id}> {REFUSAL}"


@pytest.mark.parametrize(("precision", "answered"), [(0.8, True), (0.9, False), (None, True)])
async def test_servers_precision_moves_the_threshold(world: World, precision: float | None, answered: bool) -> None:
    """A server that wants more of its answers right gets fewer; 0.56 is enough for the operator, not for 90 %."""
    await world.configure(precision=precision)

    assert bool(reply(await world.ask("Which flag did the Japanese ship fly?")).embeds) is answered


async def test_cooldown_is_told_privately_enough_and_quickly(
    tmp_path: Path, shipped: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """Who asks too often is told when to ask again, and nothing is looked up."""
    cooldowns = make_cooldowns(user=(2, 30.0), clock=lambda: 0.0)
    async with open_world(shipped[0], tmp_path, opened=shipped[1], cooldowns=cooldowns) as world:
        for _ in range(2):
            assert reply(await world.ask(MEETING)).embeds
        shown = reply(await world.ask(MEETING))
        other = await world.moderator.slash(world.channel, "ask", question=MEETING)

        assert (shown.content, shown.embeds) == ("That was quick. Please ask again in 15 s.", [])
        assert reply(other).embeds


async def test_failure_is_told_without_its_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the search is logged and counted; people read one line without any of it."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /home/operator")

    monkeypatch.setattr(world.services.answerer, "_search", fail)

    assert reply(await world.ask(MEETING)).content == BROKEN
    said = await world.say(f"{world.me} {MEETING}")
    assert said is not None
    assert said.content == BROKEN
    assert world.services.metrics.failures._value.get() == 2


async def test_database_that_is_gone_costs_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings cannot be read, the question is answered privately, for the server may have wanted that."""

    async def gone(_: int) -> None:
        raise DatabaseError("the database cannot be used")

    monkeypatch.setattr(world.services.database, "settings", gone)

    shown = reply(await world.ask(MEETING))
    assert (len(shown.embeds), shown.ephemeral) == (1, True)


async def test_late_interaction_is_dropped_quietly(world: World) -> None:
    """A question whose three seconds are over is no error: nothing is looked up and nothing raised."""
    world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)

    result = await world.ask(MEETING)

    assert result.response is None
    assert world.services.metrics.answers._value.get() == 0


async def test_questions_are_counted_by_their_way(world: World) -> None:
    """Each way of asking is counted as such; a bare mention is no question."""
    await world.ask(MEETING)
    await world.say(f"{world.me} {MEETING}")
    await world.say(world.me)
    await world.say(f"{world.me} {MEETING}", thread(world, world.channel))
    await world.direct(UNANSWERABLE)
    message = await world.moderator.send(world.channel, THANKS)
    await world.alice.context_menu(world.channel, "Find the source", message)

    metrics = world.services.metrics
    counts = {way: metrics.questions.labels(way)._value.get() for way in ("slash", "mention", "thread", "dm", "menu")}
    assert counts == {"slash": 1, "mention": 1, "thread": 1, "dm": 1, "menu": 1}
    assert (metrics.answers._value.get(), metrics.refusals._value.get()) == (4, 1)


async def test_no_privileged_intent_is_asked_for(world: World) -> None:
    """The bot listens to servers, their messages and direct messages, none of which needs Discord's approval."""
    privileged = discord.Intents(members=True, presences=True, message_content=True)

    assert world.bot.intents.value & privileged.value == 0
