"""Which collections are visible: granted by the operator, limited by server, channel and role, on every way out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.discord_bot.access import places
from bot.discord_bot.access.visibility import Grants, Place, parse_grants, visible_collections
from bot.discord_bot.answering import answerer, quote_lookup
from bot.discord_bot.handlers import button_actions
from bot.discord_bot.messages import collection_limits
from bot.discord_bot.operations.maintenance import RebuildResult
from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.records import ServerSettings
from bot.serving import generation
from bot.serving.generation import Generation, Passages
from config.settings import ConfigError, as_environment, load_settings
from retrieval.asking.retriever import Retriever
from retrieval.errors import SeedsError
from tests.proofs import canaries
from tests.proofs.canaries import Members, open_index, prove, question
from tests.support.simulated_server import SimulatedServer, embeds, open_simulated_server, reply, seen_by_asker
from tests.support.small_index import BY_LATE

GUILD, CHANNEL, THREAD, STAFF, GUEST = 1, 10, 11, 20, 21
OWN, OTHER, THIRD = "zq0x0", "zq0x1", "zq0x2"


def of(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("granted", "limits", "channels", "roles", "expected"),
    [
        (None, {}, [CHANNEL], [], None),
        (of("a", "b"), {}, [CHANNEL], [], of("a", "b")),
        (of("a", "b"), {"collections": ("b", "c")}, [CHANNEL], [], of("b")),
        (None, {"collections": ("b",)}, [CHANNEL], [], of("b")),
        (of("a"), {"collections": ("b",)}, [CHANNEL], [], of()),
        (None, {"channel_collections": ((CHANNEL, ("a",)),)}, [CHANNEL], [], of("a")),
        (None, {"channel_collections": ((CHANNEL, ("a",)),)}, [99], [], None),
        (None, {"channel_collections": ((CHANNEL, ("a", "b")), (THREAD, ("b",)))}, [THREAD, CHANNEL], [], of("b")),
        (None, {"channel_collections": ((CHANNEL, ("a",)), (99, ("b",)))}, None, [], of()),
        (None, {"role_collections": ((STAFF, ("a",)), (GUEST, ("b",)))}, [CHANNEL], [STAFF, GUEST], of("a", "b")),
        (None, {"role_collections": ((STAFF, ("a",)), (GUEST, ("b",)))}, [CHANNEL], [GUEST, 99], of("b")),
        (None, {"role_collections": ((STAFF, ("a",)),)}, [CHANNEL], [99], None),
        (None, {"role_collections": ((STAFF, ("a", "b")), (GUEST, ("b",)))}, [CHANNEL], None, of("b")),
        (of("a"), {"role_collections": ((STAFF, ("b",)),)}, [CHANNEL], [STAFF], of()),
    ],
)
def test_the_rule(
    granted: frozenset[str] | None,
    limits: dict[str, Any],
    channels: list[int] | None,
    roles: list[int] | None,
    expected: frozenset[str] | None,
) -> None:
    """Operator, server, channel and one of the limited roles must allow it; what is unknown allows the least."""
    place = Place(GUILD, None if channels is None else frozenset(channels), None if roles is None else frozenset(roles))
    visible = visible_collections(
        Grants({GUILD: granted} if granted is not None else {}, None), ServerSettings(**limits), place
    )
    assert visible == expected


@pytest.mark.parametrize(
    ("servers", "others", "listed", "unlisted"),
    [
        ({}, "auto", None, None),
        ({"1": ["a"]}, "auto", of("a"), of()),
        ({"1": ["a"]}, "all", of("a"), None),
        ({"1": ["a"]}, ["b"], of("a"), of("b")),
        ({"1": []}, "auto", of(), of()),
        ({}, ["b"], of("b"), of("b")),
    ],
)
def test_what_the_operator_grants(
    servers: dict[str, list[str]], others: Any, listed: frozenset[str] | None, unlisted: frozenset[str] | None
) -> None:
    """A listed server gets its own; once one is listed, others and direct messages get nothing by default."""
    grants = parse_grants(servers, others)
    assert (grants.of_server(1), grants.of_server(2), grants.of_server(None)) == (listed, unlisted, unlisted)


def test_grants_reach_the_rebuild_through_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and lists travel as JSON; other text is an error of one line."""
    file = tmp_path / "footnote.toml"
    file.write_text('[discord]\ncollections = ["a, b", ""]\n[discord.servers]\n"17" = ["ä"]\n')
    settings = load_settings(file)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert settings.discord.servers == {"17": ["ä"]}
    monkeypatch.setenv("FOOTNOTE_DISCORD__SERVERS", "{17")
    with pytest.raises(ConfigError, match="FOOTNOTE_DISCORD__SERVERS in the environment is not a valid JSON"):
        load_settings()


async def test_no_server_sees_a_foreign_passage(tmp_path: Path) -> None:
    """Ten servers with forty passages each, three hundred actions, many of them hostile."""
    counts = await prove(tmp_path, 10, 40, 300)
    assert counts["foreign"] == 0
    for action in (
        "asks",
        "mentions",
        "looks_up_ids",
        "finds_the_source",
        "asks_follow_ups",
        "lists_documents",
        "completes_a_document",
    ):
        assert counts[f"{action}, own passages shown"] > 0


def always(*_: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("module", "name", "action"),
    [
        (answerer.Answerer, "visible_collections", "asks"),
        (answerer.Answerer, "visible_collections", "writes_directly"),
        (generation, "is_visible", "looks_up_ids"),
        (generation, "is_visible", "clicks_foreign_buttons"),
        (generation, "is_visible", "lists_documents"),
        (generation, "is_visible", "completes_a_document"),
    ],
)
async def test_the_proof_finds_leaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, action: str
) -> None:
    """Without a filter, the same actions show foreign passages."""
    monkeypatch.setattr(module, name, always if name == "is_visible" else lambda *_: None)
    monkeypatch.setattr(canaries, "SHARES", [float(name == action) for name in ACTIONS])
    with pytest.raises(AssertionError, match="Counter"):
        await prove(tmp_path, 4, 20, 20)


ACTIONS = (
    "asks", "asks_privately_and_shares", "mentions", "names_a_document", "completes_a_document", "looks_up_ids",
    "clicks_foreign_buttons", "lists_documents", "finds_the_source", "asks_follow_ups", "writes_directly",
    "uses_about", "sets_limits", "opens_settings",
)  # fmt: skip


def test_the_actions_are_those_of_the_proof() -> None:
    """Each action exists and has its share."""
    assert len(canaries.SHARES) == len(ACTIONS)
    assert all(callable(getattr(Members, name)) for name in ACTIONS)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[SimulatedServer]:
    """Yield a server that may see all of three collections."""
    settings = load_settings(index=str(tmp_path / "index"), seeds=str(tmp_path))
    async with open_simulated_server(settings, tmp_path, opened=open_index(3, 20)) as server:
        yield server


def marks(shown: Any) -> set[str]:
    """Return the collections that a message names or quotes."""
    return {f"zq0x{mark}" for mark in canaries.MARK.findall(str(embeds(shown)))}


async def test_managers_limit_the_server_and_a_channel(server: SimulatedServer) -> None:
    """Each limit is shown, applies to the next question, and can be lifted."""
    moderator, channel = server.moderator, server.channel

    async def limit(**options: Any) -> str:
        return str(embeds(reply(await moderator.slash(channel, "footnote collections", **options))))

    assert "all of them" in await limit()
    assert OWN in await limit(only=f"{OWN}, {OTHER}")
    assert marks(reply(await server.alice.slash(channel, "sources"))) == {OWN, OTHER}
    assert f"<#{channel.id}>" in await limit(only=f"{OTHER}, {THIRD}", channel=channel)
    assert marks(reply(await server.alice.slash(channel, "sources"))) == {OTHER}
    assert marks(reply(await server.ask(question(7)))) == {OTHER}
    assert marks(await server.say(f"{server.me} {question(7)}")) == {OTHER}

    elsewhere = server.guild.create_text_channel("elsewhere")
    assert marks(reply(await server.alice.slash(elsewhere, "sources"))) == {OWN, OTHER}
    await limit(only="*")
    await limit(only="*", channel=channel)
    assert marks(reply(await server.alice.slash(channel, "sources"))) == {OWN, OTHER, THIRD}


async def test_role_limits_its_members(server: SimulatedServer) -> None:
    """A guest sees what guests may see, a member without limited roles everything, one with two what either may see."""
    guest, staff = server.guild.create_role("guest"), server.guild.create_role("staff")
    people = {
        "guest": server.guild.add_member(server.env.create_user("g"), roles=[guest]),
        "both": server.guild.add_member(server.env.create_user("b"), roles=[guest, staff]),
        "neither": server.alice,
    }
    for role, name in ((guest, OWN), (staff, OTHER)):
        await server.moderator.slash(server.channel, "footnote collections", only=name, role=role)
    visible = {name: marks(reply(await who.slash(server.channel, "sources"))) for name, who in people.items()}
    assert visible == {"guest": {OWN}, "both": {OWN, OTHER}, "neither": {OWN, OTHER, THIRD}}
    await people["guest"].send(server.channel, f"{server.me} {question(3)}")
    assert marks(server.channel.history()[-1]) == {OWN}


async def test_button_respects_the_limits_of_whoever_clicks_it(server: SimulatedServer) -> None:
    """Under a public answer, More context shows nothing to those who may not see the document."""
    guest = server.guild.create_role("guest")
    who = server.guild.add_member(server.env.create_user("g"), roles=[guest])
    await server.configure(role_collections=((guest.id, (OWN,)),), collections=(OTHER,))
    shown = reply(await server.ask(question(7)))
    (helpful,) = (id_ for id_ in canaries.buttons_of(shown) if id_.startswith("fn:helpful:"))
    custom_id = helpful.replace("helpful", "context")  # as under the answer before a rebuild, when there was more
    canaries.put_button(server.env, shown, custom_id)
    assert marks(reply(await server.alice.click(shown, custom_id=custom_id))) == {OTHER}
    refused = reply(await who.click(shown, custom_id=custom_id))
    assert (refused.content, embeds(refused)) == (button_actions.PASSAGE_GONE(), [])


async def test_thread_has_the_limit_of_its_channel(server: SimulatedServer) -> None:
    """A question in a thread is answered from what its channel may see."""
    await server.configure(threads=True, channel_collections=((server.channel.id, (THIRD,)),))
    before = len(server.env.http_requests)
    await server.say(f"{server.me} {question(7)}")
    sent = str([request.json for request in server.env.http_requests[before:]])
    assert set(canaries.MARK.findall(sent)) == {"2"}


async def test_category_limits_its_channels_and_their_threads(server: SimulatedServer) -> None:
    """A category can be chosen like a channel, and its limit applies to what is inside it."""
    staff = server.guild.create_category("staff")
    inside, outside = server.guild.create_text_channel("inside", category=staff), server.channel
    await server.moderator.slash(server.channel, "footnote collections", only=THIRD, channel=staff)
    assert marks(reply(await server.alice.slash(inside, "sources"))) == {THIRD}
    assert marks(reply(await server.alice.slash(outside, "sources"))) == {OWN, OTHER, THIRD}
    assert marks(await server.say(f"{server.me} {question(7)}", inside)) == {THIRD}

    settings = await server.services.database.settings(server.guild.id)
    await server.configure(channel_collections=settings.channel_collections, threads=True)
    before = len(server.env.http_requests)
    await server.say(f"{server.me} {question(8)}", inside)
    sent = str([request.json for request in server.env.http_requests[before:]])
    assert set(canaries.MARK.findall(sent)) == {"2"}


def test_thread_of_an_unknown_channel_may_see_the_least() -> None:
    """Its category may be limited, so the limits of all channels apply."""
    thread = MagicMock(spec=discord.Thread, id=THREAD, parent_id=CHANNEL, parent=None)
    assert places.place_of(GUILD, thread, None) == Place(GUILD, None, None)


def moved(opened: AnsweringStack, **changed: Any) -> Generation:
    """Return a generation in which the documents of OTHER are changed."""
    index = opened.retriever.index
    documents = [
        replace(document, **changed) if document.collection == OTHER else document for document in index.documents
    ]
    retriever = Retriever(replace(index, documents=documents), opened.retriever.encoder, BY_LATE)
    return Generation(replace(opened, retriever=retriever))


@pytest.mark.parametrize(
    "changed", [{"collection": THIRD}, {"collection": THIRD, "id": "zq0x2/moved.md"}], ids=["renamed", "moved"]
)
def test_hidden_documents_are_hidden_in_older_generations(tmp_path: Path, changed: dict[str, Any]) -> None:
    """The id of an old quote does not bring back a document that has been hidden since."""
    opened = open_index(3, 20)
    public, (citation_id, *_) = Passages(opened.retriever.index), canaries.ids(opened.retriever.index)[1]
    live, visible = moved(opened, **changed).passages, of(OWN, OTHER)
    shown = quote_lookup.find_quote(live, lambda _, find: find(public), citation_id, tmp_path, visible)
    assert (shown.content, shown.embeds) == (quote_lookup.UNKNOWN_ID(button="More…"), ())
    assert quote_lookup.find_quote(live, lambda _, find: find(public), citation_id, tmp_path, of(OTHER, THIRD)).embeds


async def test_direct_message_cannot_bypass_the_limits_of_a_server(server: SimulatedServer) -> None:
    """Unless the operator configured direct messages, they see what every limit allows."""
    guest, staff = server.guild.create_role("guest"), server.guild.create_role("staff")
    answerer = server.services.answerer

    async def visible() -> set[str]:
        return marks(await server.direct(question(7)))

    answerer.grants = parse_grants({}, "auto")
    assert await visible() != set()
    await server.configure(role_collections=((guest.id, (OWN, OTHER)),))
    assert await visible() <= {OWN, OTHER}
    await server.configure(role_collections=((guest.id, (OWN, OTHER)), (staff.id, (OTHER, THIRD))))
    assert await visible() == {OTHER}
    await server.configure(channel_collections=((server.channel.id, (OWN,)),))
    assert await visible() == {OWN}
    await server.configure(collections=(THIRD,), channel_collections=((server.channel.id, (OWN,)),))
    assert await visible() == set()
    answerer.grants = parse_grants({}, [OWN])
    assert await visible() == {OWN}
    answerer.grants = parse_grants({}, "all")
    assert await visible() != set()
    answerer.grants = parse_grants({}, "auto")
    await server.services.database.delete_server(server.guild.id)
    assert await visible() != set()


def test_hidden_copy_hides_nothing(tmp_path: Path) -> None:
    """A visible document is shown, even if a copy of it is or was in a hidden collection."""
    opened = open_index(3, 20)
    public, (citation_id, *_) = Passages(opened.retriever.index), canaries.ids(opened.retriever.index)[1]
    quoted = public.document(citation_id, None)
    assert quoted is not None
    copied = [replace(document, sha256=quoted.sha256) for document in public.index.documents]
    live = Passages(replace(public.index, documents=copied))
    renamed = [replace(document, id=f"{document.id}.old") for document in copied]
    gone = Passages(replace(public.index, documents=renamed))
    assert quote_lookup.find_quote(live, lambda *_: None, citation_id, tmp_path, of(OTHER)).embeds
    assert quote_lookup.find_quote(gone, lambda _, find: find(public), citation_id, tmp_path, of(OTHER)).embeds


async def test_unknown_member_or_channel_may_see_the_least() -> None:
    """Missing channels and roles are unknown (None); a direct message has none."""
    assert places.place_of(GUILD, None, None) == Place(GUILD, None, None)
    partial = discord.Object(7)
    assert places.place_of(GUILD, partial, partial) == Place(GUILD, None, None)
    assert places.place_of(None, None, None) == Place(None, None, frozenset())


async def test_nothing_is_visible_while_the_limits_cannot_be_read(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database may hold a limit, so nothing is shown until it answers; without collections there is no limit."""

    async def fail(*_: object) -> ServerSettings:
        await asyncio.sleep(0)
        raise DatabaseError("the database cannot be used")

    monkeypatch.setattr(Database, "settings", fail)
    monkeypatch.setattr(Database, "collection_limits", fail)
    shown = reply(await server.ask(question(7)))
    assert marks(shown) == set()
    assert reply(await server.alice.slash(server.channel, "sources")).embeds[0].title == "0 documents"
    server.services.answerer.grants = parse_grants({}, "auto")
    assert marks(await server.direct(question(7))) == set()
    server.services.answerer.live.generation.collections = [""]
    assert marks(reply(await server.ask(question(7)))) != set()


async def test_hidden_document_is_reported_like_an_unknown_one(server: SimulatedServer) -> None:
    """The option `source` says the same for a foreign document as for a made-up one."""
    await server.configure(collections=(OWN,))
    for typed in ("zq0x1/register-0-zq0x1.md", "register-0-zq0x1", "zq0x1"):
        foreign = await seen_by_asker(server, question(7), source=typed)
        assert foreign == await seen_by_asker(server, question(7), source="zq9/none.md") != ""
    own = reply(await server.ask(question(7), source="zq0x0/register-0-zq0x0.md"))
    assert marks(own) == {OWN}


async def test_managers_learn_which_granted_collections_do_not_exist(server: SimulatedServer) -> None:
    """/about names them to managers of that server, and to nobody else."""
    server.services.answerer.grants = Grants({server.guild.id: of(OWN, "han*book"), 7: of("secret")}, of("rules"))
    fields = {}
    for member in (server.moderator, server.alice):
        (embed,) = embeds(reply(await member.slash(server.channel, "about")))
        fields[member] = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields[server.moderator]["Not found"].endswith(r"; nobody can see them here: han\*book")
    assert fields[server.alice] == {
        name: value for name, value in fields[server.moderator].items() if name != "Not found"
    }


async def test_limit_cannot_exceed_the_grants(server: SimulatedServer) -> None:
    """A foreign collection is as unknown as a made-up one, and an older limit to it shows nothing."""
    server.services.answerer.grants = Grants({server.guild.id: of(OWN)}, of())
    refused = reply(await server.moderator.slash(server.channel, "footnote collections", only=OTHER))
    assert refused.content.replace("\\", "") == f"There is no collection '{OTHER}'. Available: {OWN}."
    await server.configure(collections=(OTHER,))
    assert reply(await server.alice.slash(server.channel, "sources")).embeds[0].title == "0 documents"
    offered = await server.moderator.autocomplete(server.channel, "footnote collections", "only", "zq")
    assert [choice["value"] for choice in offered] == ["*", OWN]
    assert await server.alice.autocomplete(server.channel, "footnote collections", "only", "zq") == []


async def test_channel_and_role_together_are_rejected(server: SimulatedServer) -> None:
    """A limit belongs to one of them, so that its meaning is clear."""
    role = server.guild.create_role("guest")
    options = {"only": OWN, "channel": server.channel, "role": role}
    refused = reply(await server.moderator.slash(server.channel, "footnote collections", **options))
    assert collection_limits.CHANNEL_OR_ROLE().rstrip(".") in refused.content
    assert await server.services.database.settings(server.guild.id) == ServerSettings()


@pytest.mark.parametrize("failing", [False, True])
async def test_rebuild_shows_no_details_to_a_limited_server(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    """Neither progress, report nor error names or counts documents there; the log has them."""

    async def rebuild(progress: Any) -> RebuildResult:
        await progress("zq0x1/secret.md is read")
        if failing:
            raise SeedsError("zq0x1/secret.md cannot be read")
        changes: dict[str, list[str]] = {"added": [], "changed": [], "removed": [], "renamed": []}
        return RebuildResult(
            {"published": False, "generation": "gen-77", "rejected": ["zq0x1"], "counts": {}, "changes": changes}
        )

    monkeypatch.setattr(server.services.maintenance, "rebuild", rebuild)
    server.services.answerer.grants = Grants({server.guild.id: of(OWN)}, of())
    before = len(server.env.http_requests)
    await server.moderator.slash(server.channel, "footnote rebuild")
    sent = str([request.json for request in server.env.http_requests[before:]])
    assert "operator's log" in sent
    assert "zq0x1" not in sent
    assert "gen-77" not in sent
