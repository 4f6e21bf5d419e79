"""The loopback Discord refuses the same requests as Discord, with the same statuses and codes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.world_records import Channel, Interaction
from tests.discord_server.calls import Answer, call
from tests.discord_server.server import DiscordServer

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]


def _row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def _button(**changes: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | changes


def _select(**changes: Any) -> Json:
    return {"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a"}]} | changes


def _embeds(**embed: Any) -> Json:
    return {"embeds": [embed]}


VALID_MESSAGES: list[Json] = [
    {"content": "x" * 2000},
    {"content": "😀" * 1000},
    _embeds(title="x" * 256, description="x" * 4096, footer={"text": "x" * 1392}, author={"name": "x" * 256}),
    _embeds(fields=[{"name": "n", "value": "v", "inline": True}] * 25),
    {"embeds": [{"title": "t"}] * 10},
    {"content": "x", "components": [_row(*(_button(custom_id=f"{i}{j}") for j in range(5))) for i in range(5)]},
    {"content": "x", "components": [_row(_button(custom_id="x" * 100, label="x" * 80))]},
    {"content": "x", "components": [_row({"type": 2, "style": 5, "label": "to", "url": "https://a.b"})]},
    {"content": "x", "components": [_row(_select())], "allowed_mentions": {"parse": []}, "tts": False},
    {"flags": 1 << 15, "components": [{"type": 17, "components": [{"type": 10, "content": "hello"}]}]},
    {"content": "x", "nonce": "1" * 25, "enforce_nonce": True},
]
INVALID_MESSAGES: list[Json] = [
    {"content": "x" * 2001},
    {"content": "😀" * 1000 + "x"},
    {"content": 7},
    {"content": "x", "colour": 1},
    _embeds(title="x" * 257),
    _embeds(description="x" * 4097),
    _embeds(title="t", footer={"text": "x" * 2049}),
    _embeds(title="t", author={"name": "x" * 257}),
    _embeds(title="t", fields=[{"name": "n", "value": "v"}] * 26),
    _embeds(fields=[{"name": "x" * 257, "value": "v"}]),
    _embeds(fields=[{"name": "n", "value": "x" * 1025}]),
    _embeds(fields=[{"name": "n", "value": ""}]),
    _embeds(title="t", url="javascript:1"),
    _embeds(title="t", heading="x"),
    _embeds(),
    {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
    {"embeds": [{"title": "t"}] * 11},
    {"content": "x", "components": [_row(_button())] * 2},
    {"content": "x", "components": [_row(_button(custom_id=str(i))) for i in range(6)]},
    {"content": "x", "components": [_row(*(_button(custom_id=str(i)) for i in range(6)))]},
    {"content": "x", "components": [_row()]},
    {"content": "x", "components": [_button()]},
    {"content": "x", "components": [_row(_button(custom_id="x" * 101))]},
    {"content": "x", "components": [_row(_button(label="x" * 81))]},
    {"content": "x", "components": [_row(_button(label=""))]},
    {"content": "x", "components": [_row(_button(url="https://a.b"))]},
    {"content": "x", "components": [_row({"type": 2, "style": 5, "label": "to", "url": "https://a.b/" + "x" * 512})]},
    {"content": "x", "components": [_row(_button(colour=1))]},
    {"content": "x", "components": [_row(_select(), _button())]},
    {"content": "x", "components": [_row(_select(options=[]))]},
    {"content": "x", "components": [_row(_select(options=[{"label": "a", "value": str(i)} for i in range(26)]))]},
    {"content": "x", "components": [_row(_select(options=[{"label": "a", "value": "a"}] * 2))]},
    {"content": "x", "components": [_row(_select(max_values=2))]},
    {"content": "x", "components": [{"type": 17, "components": []}]},
    {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "hello"}]},
    {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    {"content": "x", "allowed_mentions": {"parse": ["all"]}},
    {"content": "x", "nonce": "1" * 26},
    {"content": "x", "enforce_nonce": True},
    {"content": "x", "message_reference": {"message_id": "1"}},
    {"content": "x", "message_reference": {}},
    {"content": "x", "attachments": [{"id": 0}] * 11},
    {"content": "x", "flags": 1 << 7},
]


@pytest.fixture
def channel(server: DiscordServer) -> Channel:
    """Return a channel of a server without rate limits."""
    server.limits.enabled = False
    return server.general(next(iter(server.world.guilds.values())))


async def _send(server: DiscordServer, channel: Channel, data: Json) -> Answer:
    return await call(server, "POST", f"/channels/{channel.id}/messages", data)


async def test_messages_at_their_limits_are_accepted(server: DiscordServer, channel: Channel) -> None:
    """Texts may be exactly as long as their limits."""
    for data in VALID_MESSAGES:
        answer = await _send(server, channel, data)
        assert answer.status == 200, (data, answer.body)


async def test_invalid_messages_are_refused(server: DiscordServer, channel: Channel) -> None:
    """The status is 400, the code 50035; the body names the field, and no message is posted."""
    for data in INVALID_MESSAGES:
        answer = await _send(server, channel, data)
        assert (answer.status, answer.code) == (400, 50035), data
        assert answer.body["errors"]
    assert not channel.messages


async def test_an_empty_message_is_refused(server: DiscordServer, channel: Channel) -> None:
    """The code is 50006, for an edit that leaves nothing as well."""
    empty: list[Json] = [{}, {"content": ""}, {"content": " \n"}, {"embeds": []}, {"content": None, "tts": False}]
    for data in empty:
        answer = await _send(server, channel, data)
        assert (answer.status, answer.code) == (400, 50006)
    sent = await _send(server, channel, {"content": "x"})
    edited = await call(server, "PATCH", f"/channels/{channel.id}/messages/{sent.body['id']}", {"content": ""})
    assert edited.code == 50006


async def test_a_wrong_or_missing_token_is_refused(server: DiscordServer) -> None:
    """The status is 401, the code 0, and the request counts as invalid."""
    for token in ("wrong", ""):
        answer = await call(server, "GET", "/users/@me", token=token)
        assert (answer.status, answer.code) == (401, 0)
    assert server.limits.invalid == 2


async def test_missing_records_are_unknown(server: DiscordServer, channel: Channel) -> None:
    """Channels, messages, webhooks, users, guilds and routes have their own codes."""
    codes = {
        "/channels/1/messages": 10003,
        f"/channels/{channel.id}/messages/1": 10008,
        f"/webhooks/{server.world.application_id}/none/messages/@original": 10015,
        "/users/1": 10013,
        "/guilds/1": 10004,
        "/nowhere": 0,
    }
    for path, code in codes.items():
        answer = await call(server, "GET", path)
        assert (answer.status, answer.code) == (404, code), path


async def test_a_body_that_is_not_an_object_is_refused(server: DiscordServer, channel: Channel) -> None:
    """The code is 50109 for invalid JSON, 50035 for other JSON values."""
    for text, code in (("{", 50109), ("[]", 50035), ("7", 50035)):
        answer = await call(server, "POST", f"/channels/{channel.id}/messages", text=text)
        assert (answer.status, answer.code) == (400, code)


async def test_missing_permissions_are_refused(server: DiscordServer, channel: Channel) -> None:
    """The code is 50001 for a channel that the bot cannot see, 50013 for lack of another permission."""
    assert channel.guild is not None
    everyone = channel.guild.roles[channel.guild.id]
    cases: list[tuple[int, Json, int]] = [
        (permission_bits.VIEW_CHANNEL, {"content": "x"}, 50001),
        (permission_bits.SEND_MESSAGES, {"content": "x"}, 50013),
        (permission_bits.EMBED_LINKS, {"embeds": [{"title": "t"}]}, 50013),
        (permission_bits.READ_MESSAGE_HISTORY, {"content": "x", "message_reference": {"message_id": "1"}}, 50013),
    ]
    for bit, data, code in cases:
        server.world.allow(channel, everyone, deny=bit)
        answer = await _send(server, channel, data)
        assert (answer.status, answer.code) == (403, code)


async def test_the_messages_of_others_are_out_of_reach(server: DiscordServer, channel: Channel) -> None:
    """The code is 50005 for an edit, 50013 for a deletion, 50007 for users who accept no direct messages."""
    ann = server.user("ann", channel.guild)
    path = f"/channels/{channel.id}/messages/{(await server.say(ann, channel, 'hello')).id}"
    assert (await call(server, "PATCH", path, {"content": "x"})).code == 50005
    assert (await call(server, "DELETE", path)).code == 50013
    ann.accepts_direct = False
    direct = await call(server, "POST", "/users/@me/channels", {"recipient_id": str(ann.id)})
    refused = await call(server, "POST", f"/channels/{direct.body['id']}/messages", {"content": "x"})
    assert (refused.status, refused.code) == (403, 50007)


async def _register(server: DiscordServer, *commands: Json) -> Answer:
    return await call(server, "PUT", f"/applications/{server.world.application_id}/commands", list(commands))


async def _slash(server: DiscordServer, channel: Channel) -> Interaction:
    await _register(server, {"name": "ask", "description": "Ask", "type": 1})
    return await server.slash(server.user("ann", channel.guild), channel, "ask")


async def _respond(server: DiscordServer, interaction: Interaction, data: Json) -> Answer:
    return await call(server, "POST", f"/interactions/{interaction.id}/{interaction.token}/callback", data)


def _webhook(server: DiscordServer, interaction: Interaction, which: str = "") -> str:
    return f"/webhooks/{server.world.application_id}/{interaction.token}" + (f"/messages/{which}" if which else "")


async def test_a_callback_comes_once_within_three_seconds(server: DiscordServer, channel: Channel) -> None:
    """The code is 10062 for a late one or a wrong token, 40060 for a second one."""
    interaction = await _slash(server, channel)
    assert (await call(server, "POST", f"/interactions/{interaction.id}/wrong/callback", {"type": 5})).code == 10062
    assert (await _respond(server, interaction, {"type": 5})).status == 204
    again = await _respond(server, interaction, {"type": 5})
    assert (again.status, again.code) == (400, 40060)
    late = await _slash(server, channel)
    server.advance(3.1)
    answer = await _respond(server, late, {"type": 5})
    assert (answer.status, answer.code) == (404, 10062)


async def test_tokens_of_interactions_last_fifteen_minutes(server: DiscordServer, channel: Channel) -> None:
    """The code is 10015 before the callback, 50027 after fifteen minutes."""
    interaction = await _slash(server, channel)
    assert (await call(server, "POST", _webhook(server, interaction), {"content": "x"})).code == 10015
    await _respond(server, interaction, {"type": 5})
    server.advance(14.9 * 60)
    assert (await call(server, "PATCH", _webhook(server, interaction, "@original"), {"content": "x"})).status == 200
    server.advance(7)
    late = await call(server, "PATCH", _webhook(server, interaction, "@original"), {"content": "y"})
    assert (late.status, late.code) == (401, 50027)


async def test_a_first_follow_up_replaces_the_deferral(server: DiscordServer, channel: Channel) -> None:
    """The deferral decides who sees it, whatever its own flags; the next follow-up is another message."""
    interaction = await _slash(server, channel)
    await _respond(server, interaction, {"type": 5, "data": {"flags": 64}})
    first = await call(server, "POST", _webhook(server, interaction), {"content": "one"})
    await call(server, "POST", _webhook(server, interaction), {"content": "two"})
    assert interaction.original is not None
    assert first.body["id"] == str(interaction.original.id)
    assert [(message.content, message.visible_to is interaction.user) for message in interaction.shown] == [
        ("one", True),
        ("two", False),
    ]
    await call(server, "DELETE", _webhook(server, interaction, "@original"))
    assert (await call(server, "PATCH", _webhook(server, interaction, "@original"), {"content": "x"})).code == 10008


async def test_invalid_responses_are_refused(server: DiscordServer, channel: Channel) -> None:
    """A refused callback leaves the interaction open."""
    interaction = await _slash(server, channel)
    field = {"type": 4, "custom_id": "a", "style": 1, "label": "A"}
    modal = {"custom_id": "m", "title": "M", "components": [_row(field)]}
    cases: list[Json] = [
        {"type": 6}, {"type": 7, "data": {"content": "x"}}, {"type": 8, "data": {"choices": []}}, {"type": "4"}, {},
        {"type": 4, "data": {"content": "x" * 2001}}, {"type": 4, "data": {"content": "x", "nonce": "1"}},
        {"type": 4, "data": {"content": "x"}, "flags": 64}, {"type": 5, "data": {"content": "x"}},
        {"type": 9, "data": modal | {"title": "x" * 46}}, {"type": 9, "data": modal | {"custom_id": "x" * 101}},
        {"type": 9, "data": modal | {"components": [_row(field | {"label": "x" * 46})]}},
        {"type": 9, "data": modal | {"components": [_row(field | {"custom_id": str(i)}) for i in range(6)]}},
    ]  # fmt: skip
    for data in cases:
        answer = await _respond(server, interaction, data)
        assert (answer.status, answer.code) == (400, 50035), data
    assert (await _respond(server, interaction, {"type": 4, "data": {"embeds": []}})).code == 50006
    assert (await _respond(server, interaction, {"type": 9, "data": modal})).status == 204


async def test_choices_beyond_their_limits_are_refused(server: DiscordServer, channel: Channel) -> None:
    """There may be 25, of 1 to 100 characters."""
    option = {"type": 3, "name": "q", "description": "Q", "autocomplete": True}
    await _register(server, {"name": "ask", "description": "Ask", "options": [option]})
    typed = await server.autocomplete(server.user("ann", channel.guild), channel, "ask", "q", q="")
    for choices in (
        [{"name": "a", "value": "a"}] * 26,
        [{"name": "x" * 101, "value": "a"}],
        [{"name": "a", "value": "x" * 101}],
        [{"name": "", "value": "a"}],
        [{"name": "a"}],
    ):
        assert (await _respond(server, typed, {"type": 8, "data": {"choices": choices}})).code == 50035
    longest = [{"name": "x" * 100, "value": "x" * 100}] * 25
    assert (await _respond(server, typed, {"type": 8, "data": {"choices": longest}})).status == 204


async def test_invalid_commands_are_refused_and_the_old_ones_stay(server: DiscordServer, channel: Channel) -> None:
    """Names, descriptions, options, choices and their numbers have limits; ids outlive another registration."""
    del channel
    command: Json = {"name": "ask", "description": "Ask"}
    option: Json = {"type": 3, "name": "q", "description": "Q"}
    first = await _register(server, command | {"options": [option | {"required": True}]})
    cases: list[list[Json]] = [
        *([command | {"name": name}] for name in ("x" * 33, "Ask", "a b", "")),
        *([command | {"description": description}] for description in ("", "x" * 101)),
        [command, command], [command | {"colour": 1}],
        *([command | {"description_localizations": texts}] for texts in ({"de": "x" * 101}, {"de": ""}, {"xx": "x"})),
        [command | {"name_localizations": {"de": "Frag mich"}}],
        [command | {"options": [option | {"name": str(i)} for i in range(26)]}],
        [command | {"options": [option, option]}],
        [command | {"options": [option, option | {"name": "r", "required": True}]}],
        [command | {"options": [option | {"choices": [{"name": "a", "value": "a"}] * 26}]}],
        [command | {"options": [option | {"choices": [{"name": "x" * 101, "value": "a"}]}]}],
        [command | {"type": 3}], [{"name": "x" * 33, "type": 3}],
        [command | {"options": [
            option | {"name": str(i), "choices": [{"name": "x" * 100, "value": "x" * 100}] * 25} for i in range(2)
        ]}],
        [command | {"name": f"c{i}"} for i in range(101)],
    ]  # fmt: skip
    for commands in cases:
        assert (await _register(server, *commands)).code == 50035, commands
    (guild,) = server.world.guilds
    local = f"/applications/{server.world.application_id}/guilds/{guild}/commands"
    assert (await call(server, "PUT", local, [command])).body[0]["guild_id"] == str(guild)
    second = await _register(server, command, {"name": "Find it", "type": 3})
    assert second.body[0]["id"] == first.body[0]["id"]


async def test_requests_that_come_too_fast_get_429(server: DiscordServer, channel: Channel) -> None:
    """After five messages in five seconds; the headers state what is left, and then how long to wait."""
    server.limits.enabled = True
    answers = [await _send(server, channel, {"content": "x"}) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers[:5]] == ["4", "3", "2", "1", "0"]
    assert 0 < answers[5].body["retry_after"] <= 5
    assert float(answers[5].headers["Retry-After"]) == answers[5].body["retry_after"]
    assert answers[5].headers["Via"]
    server.advance(5)
    assert (await _send(server, channel, {"content": "x"})).status == 200


async def test_mentions_ping_only_those_whom_the_payload_allows(server: DiscordServer, channel: Channel) -> None:
    """By default users are pinged; with an empty list nobody is."""
    ann = server.user("ann", channel.guild)
    text = f"<@{ann.id}> @everyone"
    for allowed, pings in ((None, [str(ann.id)]), ({"parse": []}, []), ({"users": [str(ann.id)]}, [str(ann.id)])):
        data: Json = {"content": text} | ({"allowed_mentions": allowed} if allowed is not None else {})
        sent = await _send(server, channel, data)
        assert server.world.messages[int(sent.body["id"])].pings == pings
