"""The loopback Discord refuses what Discord refuses, with Discord's status and code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.discord_server import permissions
from tests.discord_server.calls import Answer, call
from tests.discord_server.records import Channel, Interaction
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


GOOD: list[Json] = [
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
BAD: list[Json] = [
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
def place(server: DiscordServer) -> Channel:
    """Return a channel, of a server that limits no rates."""
    server.limits.enabled = False
    return server.general(next(iter(server.world.guilds.values())))


async def _send(server: DiscordServer, place: Channel, data: Json) -> Answer:
    return await call(server, "POST", f"/channels/{place.id}/messages", data)


async def test_messages_at_their_limits_are_taken(server: DiscordServer, place: Channel) -> None:
    """What is exactly as long as allowed passes."""
    for data in GOOD:
        answer = await _send(server, place, data)
        assert answer.status == 200, (data, answer.body)


async def test_messages_beyond_a_limit_or_of_a_wrong_form_are_refused(server: DiscordServer, place: Channel) -> None:
    """Each is refused with 400 and 50035, names the field, and leaves no message."""
    for data in BAD:
        answer = await _send(server, place, data)
        assert (answer.status, answer.code) == (400, 50035), data
        assert answer.body["errors"]
    assert not place.messages


async def test_a_message_that_says_nothing_is_refused(server: DiscordServer, place: Channel) -> None:
    """Neither text nor embed nor anything else: 50006; nor may an edit leave nothing."""
    empty: list[Json] = [{}, {"content": ""}, {"content": " \n"}, {"embeds": []}, {"content": None, "tts": False}]
    for data in empty:
        answer = await _send(server, place, data)
        assert (answer.status, answer.code) == (400, 50006)
    sent = await _send(server, place, {"content": "x"})
    edited = await call(server, "PATCH", f"/channels/{place.id}/messages/{sent.body['id']}", {"content": ""})
    assert edited.code == 50006


async def test_a_wrong_token_or_none_is_refused(server: DiscordServer) -> None:
    """401 with code 0, counted as an invalid request."""
    for token in ("wrong", ""):
        answer = await call(server, "GET", "/users/@me", token=token)
        assert (answer.status, answer.code) == (401, 0)
    assert server.limits.invalid == 2


async def test_what_does_not_exist_is_unknown(server: DiscordServer, place: Channel) -> None:
    """Channels, messages, webhooks, users and routes have their own codes."""
    wanted = {
        "/channels/1/messages": 10003,
        f"/channels/{place.id}/messages/1": 10008,
        f"/webhooks/{server.world.application_id}/none/messages/@original": 10015,
        "/users/1": 10013,
        "/guilds/1": 10004,
        "/nowhere": 0,
    }
    for path, code in wanted.items():
        answer = await call(server, "GET", path)
        assert (answer.status, answer.code) == (404, code), path


async def test_a_body_that_is_no_object_is_refused(server: DiscordServer, place: Channel) -> None:
    """Broken JSON is 50109, another JSON value 50035."""
    for text, code in (("{", 50109), ("[]", 50035), ("7", 50035)):
        answer = await call(server, "POST", f"/channels/{place.id}/messages", text=text)
        assert (answer.status, answer.code) == (400, code)


async def test_missing_permissions_are_refused(server: DiscordServer, place: Channel) -> None:
    """Not seeing a channel is 50001; seeing it without the permission for the deed is 50013."""
    assert place.guild is not None
    everyone = place.guild.roles[place.guild.id]
    cases: list[tuple[int, Json, int]] = [
        (permissions.VIEW_CHANNEL, {"content": "x"}, 50001),
        (permissions.SEND_MESSAGES, {"content": "x"}, 50013),
        (permissions.EMBED_LINKS, {"embeds": [{"title": "t"}]}, 50013),
        (permissions.READ_MESSAGE_HISTORY, {"content": "x", "message_reference": {"message_id": "1"}}, 50013),
    ]
    for bit, data, code in cases:
        server.world.allow(place, everyone, deny=bit)
        answer = await _send(server, place, data)
        assert (answer.status, answer.code) == (403, code)


async def test_others_messages_are_not_edited_and_only_moderators_delete_them(
    server: DiscordServer, place: Channel
) -> None:
    """50005 for an edit, 50013 for a deletion; and who takes no direct messages gets none, 50007."""
    ann = server.user("ann", place.guild)
    path = f"/channels/{place.id}/messages/{(await server.say(ann, place, 'hello')).id}"
    assert (await call(server, "PATCH", path, {"content": "x"})).code == 50005
    assert (await call(server, "DELETE", path)).code == 50013
    ann.accepts_direct = False
    direct = await call(server, "POST", "/users/@me/channels", {"recipient_id": str(ann.id)})
    refused = await call(server, "POST", f"/channels/{direct.body['id']}/messages", {"content": "x"})
    assert (refused.status, refused.code) == (403, 50007)


async def _commands(server: DiscordServer, *commands: Json) -> Answer:
    return await call(server, "PUT", f"/applications/{server.world.application_id}/commands", list(commands))


async def _asked(server: DiscordServer, place: Channel) -> Interaction:
    await _commands(server, {"name": "ask", "description": "Ask", "type": 1})
    return await server.slash(server.user("ann", place.guild), place, "ask")


async def _respond(server: DiscordServer, to: Interaction, data: Json) -> Answer:
    return await call(server, "POST", f"/interactions/{to.id}/{to.token}/callback", data)


def _hook(server: DiscordServer, to: Interaction, which: str = "") -> str:
    return f"/webhooks/{server.world.application_id}/{to.token}" + (f"/messages/{which}" if which else "")


async def test_a_callback_comes_within_three_seconds_and_once(server: DiscordServer, place: Channel) -> None:
    """Later it is 10062, a second one 40060; a wrong token is 10062."""
    asked = await _asked(server, place)
    assert (await call(server, "POST", f"/interactions/{asked.id}/wrong/callback", {"type": 5})).code == 10062
    assert (await _respond(server, asked, {"type": 5})).status == 204
    again = await _respond(server, asked, {"type": 5})
    assert (again.status, again.code) == (400, 40060)
    late = await _asked(server, place)
    server.advance(3.1)
    answer = await _respond(server, late, {"type": 5})
    assert (answer.status, answer.code) == (404, 10062)


async def test_tokens_of_interactions_last_fifteen_minutes(server: DiscordServer, place: Channel) -> None:
    """Before the callback there is no webhook yet (10015), and after 15 minutes the token is void (50027)."""
    asked = await _asked(server, place)
    assert (await call(server, "POST", _hook(server, asked), {"content": "x"})).code == 10015
    await _respond(server, asked, {"type": 5})
    server.advance(14.9 * 60)
    assert (await call(server, "PATCH", _hook(server, asked, "@original"), {"content": "x"})).status == 200
    server.advance(7)
    late = await call(server, "PATCH", _hook(server, asked, "@original"), {"content": "y"})
    assert (late.status, late.code) == (401, 50027)


async def test_a_first_follow_up_fills_the_message_that_says_thinking(server: DiscordServer, place: Channel) -> None:
    """The deferral decides who sees it, whatever the follow-up's flags say; the next follow-up is its own message."""
    asked = await _asked(server, place)
    await _respond(server, asked, {"type": 5, "data": {"flags": 64}})
    first = await call(server, "POST", _hook(server, asked), {"content": "one"})
    await call(server, "POST", _hook(server, asked), {"content": "two"})
    assert asked.original is not None
    assert first.body["id"] == str(asked.original.id)
    assert [(one.content, one.visible_to is asked.user) for one in asked.shown] == [("one", True), ("two", False)]
    await call(server, "DELETE", _hook(server, asked, "@original"))
    assert (await call(server, "PATCH", _hook(server, asked, "@original"), {"content": "x"})).code == 10008


async def test_responses_of_a_wrong_kind_or_form_are_refused(server: DiscordServer, place: Channel) -> None:
    """A refused callback leaves the interaction open."""
    asked = await _asked(server, place)
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
        answer = await _respond(server, asked, data)
        assert (answer.status, answer.code) == (400, 50035), data
    assert (await _respond(server, asked, {"type": 4, "data": {"embeds": []}})).code == 50006
    assert (await _respond(server, asked, {"type": 9, "data": modal})).status == 204


async def test_choices_beyond_their_limits_are_refused(server: DiscordServer, place: Channel) -> None:
    """At most 25, of 1 to 100 characters."""
    option = {"type": 3, "name": "q", "description": "Q", "autocomplete": True}
    await _commands(server, {"name": "ask", "description": "Ask", "options": [option]})
    typed = await server.autocomplete(server.user("ann", place.guild), place, "ask", "q", q="")
    for choices in (
        [{"name": "a", "value": "a"}] * 26,
        [{"name": "x" * 101, "value": "a"}],
        [{"name": "a", "value": "x" * 101}],
        [{"name": "", "value": "a"}],
        [{"name": "a"}],
    ):
        assert (await _respond(server, typed, {"type": 8, "data": {"choices": choices}})).code == 50035
    most = [{"name": "x" * 100, "value": "x" * 100}] * 25
    assert (await _respond(server, typed, {"type": 8, "data": {"choices": most}})).status == 204


async def test_commands_of_a_wrong_form_are_refused_and_the_old_ones_stay(
    server: DiscordServer, place: Channel
) -> None:
    """Names, descriptions, options, choices and their numbers have limits; ids stay over a new registration."""
    del place
    good: Json = {"name": "ask", "description": "Ask"}
    option: Json = {"type": 3, "name": "q", "description": "Q"}
    first = await _commands(server, good | {"options": [option | {"required": True}]})
    cases: list[list[Json]] = [
        [good | {"name": "x" * 33}], [good | {"name": "Ask"}], [good | {"name": "a b"}], [good | {"name": ""}],
        [good | {"description": ""}], [good | {"description": "x" * 101}], [good, good], [good | {"colour": 1}],
        [good | {"options": [option | {"name": str(i)} for i in range(26)]}], [good | {"options": [option, option]}],
        [good | {"options": [option, option | {"name": "r", "required": True}]}],
        [good | {"options": [option | {"choices": [{"name": "a", "value": "a"}] * 26}]}],
        [good | {"options": [option | {"choices": [{"name": "x" * 101, "value": "a"}]}]}],
        [good | {"type": 3}], [{"name": "x" * 33, "type": 3}],
        [good | {"options": [
            option | {"name": str(i), "choices": [{"name": "x" * 100, "value": "x" * 100}] * 25} for i in range(2)
        ]}],
        [good | {"name": f"c{i}"} for i in range(101)],
    ]  # fmt: skip
    for commands in cases:
        assert (await _commands(server, *commands)).code == 50035, commands
    (guild,) = server.world.guilds
    local = f"/applications/{server.world.application_id}/guilds/{guild}/commands"
    assert (await call(server, "PUT", local, [good])).body[0]["guild_id"] == str(guild)
    second = await _commands(server, good, {"name": "Find it", "type": 3})
    assert second.body[0]["id"] == first.body[0]["id"]


async def test_requests_that_come_too_fast_get_429_with_how_long_to_wait(server: DiscordServer, place: Channel) -> None:
    """Five messages in five seconds; headers tell what is left before and how long to wait after."""
    server.limits.enabled = True
    sent = [await _send(server, place, {"content": "x"}) for _ in range(6)]
    assert [one.status for one in sent] == [200] * 5 + [429]
    assert [one.headers["X-RateLimit-Remaining"] for one in sent[:5]] == ["4", "3", "2", "1", "0"]
    assert 0 < sent[5].body["retry_after"] <= 5
    assert float(sent[5].headers["Retry-After"]) == sent[5].body["retry_after"]
    assert sent[5].headers["Via"]
    server.advance(5)
    assert (await _send(server, place, {"content": "x"})).status == 200


async def test_mentions_ping_only_whom_the_payload_allows(server: DiscordServer, place: Channel) -> None:
    """By default users and roles are pinged, with an empty list nobody is."""
    ann = server.user("ann", place.guild)
    text = f"<@{ann.id}> @everyone"
    for allowed, wanted in ((None, [str(ann.id)]), ({"parse": []}, []), ({"users": [str(ann.id)]}, [str(ann.id)])):
        data: Json = {"content": text} | ({"allowed_mentions": allowed} if allowed is not None else {})
        sent = await _send(server, place, data)
        assert server.world.messages[int(sent.body["id"])].pings == wanted
