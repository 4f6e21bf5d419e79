"""Which collections may be seen: granted by the operator, narrowed by server, channel and role, on every way out."""

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
from bot.discord_bot.access.visibility import Grants, Place, grants, visible
from bot.discord_bot.answering import answerer, quote_lookup
from bot.discord_bot.corpus import generation
from bot.discord_bot.corpus.generation import Generation, Passages
from bot.discord_bot.messages import collection_limits
from bot.discord_bot.operations.maintenance import Rebuilt
from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.wording import NO_FOLDER
from config.settings import ConfigError, as_environment, load_settings
from retrieval.asking.retriever import Retriever
from retrieval.errors import QuestionError, SeedsError
from tests.proofs import canaries
from tests.proofs.canaries import Players, open_index, prove, question
from tests.support.simulated_server import World, embeds, open_world, reply
from tests.support.small_index import BY_LATE

GUILD, CHANNEL, THREAD, STAFF, GUEST = 1, 10, 11, 20, 21
OWN, OTHER, THIRD = "zq0x0", "zq0x1", "zq0x2"
NAMES = ["", "handbook", "notes, old", "ä b"]


def of(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("granted", "limited", "channels", "roles", "seen"),
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
    limited: dict[str, Any],
    channels: list[int] | None,
    roles: list[int] | None,
    seen: frozenset[str] | None,
) -> None:
    """Operator, server, channel and one of the limited roles must let it; what is not known lets the least."""
    place = Place(GUILD, None if channels is None else frozenset(channels), None if roles is None else frozenset(roles))
    found = visible(Grants({GUILD: granted} if granted is not None else {}, None), ServerSettings(**limited), place)
    assert found == seen


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
    """A named server has its own; once one is named, the others and direct messages have nothing unless told."""
    granted = grants(servers, others)
    assert (granted.of(1), granted.of(2), granted.of(None)) == (listed, unlisted, unlisted)


def test_grants_reach_the_rebuild_through_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and lists are JSON there; what is none is one line."""
    file = tmp_path / "footnote.toml"
    file.write_text('[discord]\ncollections = ["a, b", ""]\n[discord.servers]\n"17" = ["ä"]\n')
    settings = load_settings(file)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert settings.discord.servers == {"17": ["ä"]}
    monkeypatch.setenv("FOOTNOTE_DISCORD__SERVERS", "{17")
    with pytest.raises(ConfigError, match="FOOTNOTE_DISCORD__SERVERS in the environment is not a list or table"):
        load_settings()


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("handbook", ("handbook",)),
        ("  HandBook ,ä b", ("handbook", "ä b")),
        ("notes, old", ("notes, old",)),
        (NO_FOLDER, ("",)),
        ("handbook, handbook", ("handbook",)),
        ("*", ()),
        ("handbook, *", ()),
    ],
)
def test_names_are_read_as_they_are_shown(only: str, names: tuple[str, ...]) -> None:
    """In any case, with commas between them; a name that holds a comma stands alone."""
    assert collection_limits.parse(only, NAMES) == names


@pytest.mark.parametrize("only", ["nots", "handbook, nots", ",", " "])
def test_an_unknown_name_limits_nothing(only: str) -> None:
    """The line names what there is."""
    with pytest.raises(QuestionError, match=r"There is no collection .*\. There are: .*handbook"):
        collection_limits.parse(only, NAMES)


def test_too_many_limits_are_refused_and_none_is_dropped() -> None:
    """A limit that the database cut off would open what was closed."""
    server = ServerSettings()
    for number in range(collection_limits.MOST):
        server = collection_limits.changed(server, ("a",), channel=number)
    assert collection_limits.changed(server, ("b",), channel=7).channel_collections[-1] == (7, ("b",))
    assert len(collection_limits.changed(server, (), channel=7).channel_collections) == collection_limits.MOST - 1
    with pytest.raises(QuestionError, match="lift some"):
        collection_limits.changed(server, ("a",), channel=collection_limits.MOST)


def test_names_are_completed_one_after_another() -> None:
    """What was typed before stays; a choice is never longer than Discord allows."""
    assert collection_limits.complete("", NAMES) == ["*", NO_FOLDER, "handbook", "notes, old", "ä b"]
    assert collection_limits.complete("handbook, Ä", NAMES) == ["handbook, ä b"]
    assert collection_limits.complete("", [f"{n} " + "x" * 200 for n in range(40)]) == ["*"]
    assert len(collection_limits.complete("", [str(n) for n in range(40)])) == collection_limits.CHOICES


async def test_no_server_sees_a_foreign_passage(tmp_path: Path) -> None:
    """Ten servers, forty passages each, three hundred times something is done, much of it hostile."""
    done = await prove(tmp_path, 10, 40, 300)
    assert done["foreign"] == 0
    for act in ("asks", "mentions", "looks_an_id_up", "finds_a_source", "asks_on", "lists", "completes_a_document"):
        assert done[f"{act}, own passages shown"] > 0


def shown(*_: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("module", "name", "act"),
    [
        (answerer.Answerer, "seen", "asks"),
        (answerer.Answerer, "seen", "writes_directly"),
        (generation, "shows", "looks_an_id_up"),
        (generation, "shows", "presses_foreign_buttons"),
        (generation, "shows", "lists"),
        (generation, "shows", "completes_a_document"),
    ],
)
async def test_the_proof_sees_what_comes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, act: str
) -> None:
    """With a filter taken out, the same things that people do show foreign passages at once."""
    monkeypatch.setattr(module, name, shown if name == "shows" else lambda *_: None)
    monkeypatch.setattr(canaries, "SHARES", [float(one == act) for one in ACTS])
    with pytest.raises(AssertionError, match="Counter"):
        await prove(tmp_path, 4, 20, 20)


ACTS = (
    "asks", "asks_privately_and_shares", "mentions", "names_a_document", "completes_a_document", "looks_an_id_up",
    "presses_foreign_buttons", "lists", "finds_a_source", "asks_on", "writes_directly", "tells_about", "limits",
    "opens_settings",
)  # fmt: skip


def test_the_acts_are_those_of_the_proof() -> None:
    """Each has its share, in its order."""
    assert len(canaries.SHARES) == len(ACTS)
    assert all(callable(getattr(Players, one)) for one in ACTS)


@pytest_asyncio.fixture
async def three(tmp_path: Path) -> AsyncIterator[World]:
    """Yield a server that may see everything of three collections."""
    settings = load_settings(index=str(tmp_path / "index"), seeds=str(tmp_path))
    async with open_world(settings, tmp_path, opened=open_index(3, 20)) as world:
        yield world


def marks(shown: Any) -> set[str]:
    """Return the collections that a message names or quotes."""
    return {f"zq0x{mark}" for mark in canaries.MARK.findall(str(embeds(shown)))}


async def test_managers_limit_the_server_a_channel_and_a_role(three: World) -> None:
    """Each limit is shown, holds at once for the next question, and is lifted again."""
    mod, channel = three.moderator, three.channel

    async def limit(**options: Any) -> str:
        return str(embeds(reply(await mod.slash(channel, "footnote collections", **options))))

    assert "all of them" in await limit()
    assert OWN in await limit(only=f"{OWN}, {OTHER}")
    assert marks(reply(await three.alice.slash(channel, "sources"))) == {OWN, OTHER}
    assert f"<#{channel.id}>" in await limit(only=f"{OTHER}, {THIRD}", channel=channel)
    assert marks(reply(await three.alice.slash(channel, "sources"))) == {OTHER}
    assert marks(reply(await three.ask(question(7)))) == {OTHER}
    assert marks(await three.say(f"{three.me} {question(7)}")) == {OTHER}

    elsewhere = three.guild.create_text_channel("elsewhere")
    assert marks(reply(await three.alice.slash(elsewhere, "sources"))) == {OWN, OTHER}
    await limit(only="*")
    await limit(only="*", channel=channel)
    assert marks(reply(await three.alice.slash(channel, "sources"))) == {OWN, OTHER, THIRD}


async def test_a_role_limits_those_who_have_it(three: World) -> None:
    """A guest sees what guests may see, a member without a limited role everything, one with two what either may."""
    guest, staff = three.guild.create_role("guest"), three.guild.create_role("staff")
    people = {
        "guest": three.guild.add_member(three.env.create_user("g"), roles=[guest]),
        "both": three.guild.add_member(three.env.create_user("b"), roles=[guest, staff]),
        "neither": three.alice,
    }
    for role, name in ((guest, OWN), (staff, OTHER)):
        await three.moderator.slash(three.channel, "footnote collections", only=name, role=role)
    seen = {who: marks(reply(await one.slash(three.channel, "sources"))) for who, one in people.items()}
    assert seen == {"guest": {OWN}, "both": {OWN, OTHER}, "neither": {OWN, OTHER, THIRD}}
    await people["guest"].send(three.channel, f"{three.me} {question(3)}")
    assert marks(three.channel.history()[-1]) == {OWN}


async def test_a_button_shows_a_guest_no_more_than_the_guest_may_see(three: World) -> None:
    """Under an answer that all can see, More context is empty for those who may not see its document."""
    guest = three.guild.create_role("guest")
    who = three.guild.add_member(three.env.create_user("g"), roles=[guest])
    await three.configure(role_collections=((guest.id, (OWN,)),), collections=(OTHER,))
    shown = reply(await three.ask(question(7)))
    (custom_id,) = (one for one in canaries.buttons_of(shown) if one.startswith("fn:context:"))
    assert marks(reply(await three.alice.click(shown, custom_id=custom_id))) == {OTHER}
    refused = reply(await who.click(shown, custom_id=custom_id))
    assert (refused.content, embeds(refused)) == ("That passage changed or vanished since.", [])


async def test_a_thread_is_limited_as_its_channel(three: World) -> None:
    """What is asked in a thread is answered from what its channel may see."""
    await three.configure(threads=True, channel_collections=((three.channel.id, (THIRD,)),))
    before = len(three.env.http_requests)
    await three.say(f"{three.me} {question(7)}")
    sent = str([one.json for one in three.env.http_requests[before:]])
    assert set(canaries.MARK.findall(sent)) == {"2"}


async def test_a_category_limits_its_channels_and_their_threads(three: World) -> None:
    """A category can be chosen where a channel can, so what it is limited to holds below it."""
    staff = three.guild.create_category("staff")
    inside, outside = three.guild.create_text_channel("inside", category=staff), three.channel
    await three.moderator.slash(three.channel, "footnote collections", only=THIRD, channel=staff)
    assert marks(reply(await three.alice.slash(inside, "sources"))) == {THIRD}
    assert marks(reply(await three.alice.slash(outside, "sources"))) == {OWN, OTHER, THIRD}
    assert marks(await three.say(f"{three.me} {question(7)}", inside)) == {THIRD}

    server = await three.services.database.settings(three.guild.id)
    await three.configure(channel_collections=server.channel_collections, threads=True)
    before = len(three.env.http_requests)
    await three.say(f"{three.me} {question(8)}", inside)
    sent = str([one.json for one in three.env.http_requests[before:]])
    assert set(canaries.MARK.findall(sent)) == {"2"}


def test_a_thread_whose_channel_is_not_known_counts_as_the_least() -> None:
    """Its category may be limited, so every limit of a channel holds."""
    thread = MagicMock(spec=discord.Thread, id=THREAD, parent_id=CHANNEL, parent=None)
    assert places.place(GUILD, thread, None) == Place(GUILD, None, None)


@pytest.mark.parametrize(("only", "names"), [("Staff", ("Staff",)), ("staff", ("staff",)), ("PUBLIC", ("public",))])
def test_collections_that_differ_in_case_are_told_apart(only: str, names: tuple[str, ...]) -> None:
    """Two folders may; a manager limits a channel to the one that was named."""
    assert collection_limits.parse(only, ["Staff", "public", "staff"]) == names


def test_a_name_that_means_two_collections_limits_nothing() -> None:
    """It would be a guess which of them may be seen."""
    with pytest.raises(QuestionError, match="There is no collection 'STAFF'"):
        collection_limits.parse("STAFF", ["Staff", "staff"])


def moved(opened: AnsweringStack, **changed: Any) -> Generation:
    """Return a generation with what is said of the documents of OTHER changed."""
    index = opened.retriever.index
    documents = [replace(one, **changed) if one.collection == OTHER else one for one in index.documents]
    retriever = Retriever(replace(index, documents=documents), opened.retriever.encoder, BY_LATE)
    return Generation(replace(opened, retriever=retriever))


@pytest.mark.parametrize(
    "changed", [{"collection": THIRD}, {"collection": THIRD, "id": "zq0x2/moved.md"}], ids=["named anew", "moved"]
)
def test_what_became_a_secret_is_one_in_older_states_as_well(tmp_path: Path, changed: dict[str, Any]) -> None:
    """The id of a quote from when its document could be seen does not bring it back from a generation that is kept."""
    opened = open_index(3, 20)
    public, (citation, *_) = Passages(opened.retriever.index), canaries.ids(opened.retriever.index)[1]
    live, seen = moved(opened, **changed).passages, of(OWN, OTHER)
    shown = quote_lookup.card(live, lambda _, look: look(public), citation, tmp_path, seen)
    assert (shown.content, shown.embeds) == (quote_lookup.UNKNOWN, ())
    assert quote_lookup.card(live, lambda _, look: look(public), citation, tmp_path, of(OTHER, THIRD)).embeds


async def test_a_direct_message_is_no_way_around_the_limits_of_a_server(three: World) -> None:
    """Unless the operator says what direct messages may see, they see what every limit lets."""
    guest, staff = three.guild.create_role("guest"), three.guild.create_role("staff")
    answerer = three.services.answerer

    async def seen() -> set[str]:
        return marks(await three.direct(question(7)))

    answerer.grants = grants({}, "auto")
    assert await seen() != set()
    await three.configure(role_collections=((guest.id, (OWN, OTHER)),))
    assert await seen() <= {OWN, OTHER}
    await three.configure(role_collections=((guest.id, (OWN, OTHER)), (staff.id, (OTHER, THIRD))))
    assert await seen() == {OTHER}
    await three.configure(channel_collections=((three.channel.id, (OWN,)),))
    assert await seen() == {OWN}
    await three.configure(collections=(THIRD,), channel_collections=((three.channel.id, (OWN,)),))
    assert await seen() == set()
    answerer.grants = grants({}, [OWN])
    assert await seen() == {OWN}
    answerer.grants = grants({}, "all")
    assert await seen() != set()
    answerer.grants = grants({}, "auto")
    await three.services.database.forget_server(three.guild.id)
    assert await seen() != set()


def test_a_hidden_copy_hides_nothing(tmp_path: Path) -> None:
    """What may be seen is shown, whether or not the same file lies in another collection as well, now or before."""
    opened = open_index(3, 20)
    public, (citation, *_) = Passages(opened.retriever.index), canaries.ids(opened.retriever.index)[1]
    quoted = public.document(citation, None)
    assert quoted is not None
    copied = [replace(one, sha256=quoted.sha256) for one in public.index.documents]
    live = Passages(replace(public.index, documents=copied))
    gone = Passages(replace(public.index, documents=[replace(one, id=f"{one.id}.old") for one in copied]))
    assert quote_lookup.card(live, lambda *_: None, citation, tmp_path, of(OTHER)).embeds
    assert quote_lookup.card(gone, lambda _, look: look(public), citation, tmp_path, of(OTHER)).embeds


async def test_what_is_not_known_of_a_member_or_a_channel_counts_as_the_least() -> None:
    """A place without channel and roles is one of which nothing is known; a direct message has none to know."""
    assert places.place(GUILD, None, None) == Place(GUILD, None, None)
    partial = discord.Object(7)
    assert places.place(GUILD, partial, partial) == Place(GUILD, None, None)
    assert places.place(None, None, None) == Place(None, None, frozenset())


async def test_nothing_is_shown_while_the_limits_cannot_be_read(three: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database may hold a limit, so until it answers there is no answer; without folders there is none to hold."""

    async def fail(*_: object) -> ServerSettings:
        await asyncio.sleep(0)
        raise DatabaseError("the database is away")

    monkeypatch.setattr(Database, "settings", fail)
    monkeypatch.setattr(Database, "collection_limits", fail)
    shown = reply(await three.ask(question(7)))
    assert marks(shown) == set()
    assert reply(await three.alice.slash(three.channel, "sources")).embeds[0].title == "0 documents"
    three.services.answerer.grants = grants({}, "auto")
    assert marks(await three.direct(question(7))) == set()
    three.services.answerer.live.generation.collections = [""]
    assert marks(reply(await three.ask(question(7)))) != set()


async def test_a_document_that_may_not_be_seen_is_none_that_there_is(three: World) -> None:
    """The option `source` with a foreign document says the same as with a made-up one."""
    await three.configure(collections=(OWN,))
    foreign = reply(await three.ask(question(7), source="zq0x1/register-0-zq0x1.md"))
    made_up = reply(await three.ask(question(7), source="zq9/none.md"))
    own = reply(await three.ask(question(7), source="zq0x0/register-0-zq0x0.md"))
    assert foreign.content == made_up.content != ""
    assert marks(own) == {OWN}


async def test_a_managers_limit_cannot_open_what_the_operator_did_not_grant(three: World) -> None:
    """A foreign collection is as unknown as a made-up one; of a limit made before nothing comes through."""
    three.services.answerer.grants = Grants({three.guild.id: of(OWN)}, of())
    refused = reply(await three.moderator.slash(three.channel, "footnote collections", only=OTHER))
    assert refused.content.replace("\\", "") == f"There is no collection '{OTHER}'. There are: {OWN}."
    await three.configure(collections=(OTHER,))
    assert reply(await three.alice.slash(three.channel, "sources")).embeds[0].title == "0 documents"
    offered = await three.moderator.autocomplete(three.channel, "footnote collections", "only", "zq")
    assert [one["value"] for one in offered] == ["*", OWN]
    assert await three.alice.autocomplete(three.channel, "footnote collections", "only", "zq") == []


def test_a_limit_to_what_is_not_there_says_so() -> None:
    """A folder that was renamed leaves a limit that lets nothing be seen; whoever manages it reads why."""
    server = ServerSettings(collections=("old", "handbook"), channel_collections=((CHANNEL, ("",)),))
    (embed,) = collection_limits.limits_card(server, ["handbook", "new"]).embeds
    assert "**This server** old (not there), handbook\n" in embed["description"]
    assert f'<#{CHANNEL}> "" (directly in the folder) (not there)\n' in embed["description"]
    (embed,) = collection_limits.limits_card(server, ["", "handbook", "old"]).embeds
    assert "not there" not in embed["description"]


async def test_a_channel_and_a_role_together_are_refused(three: World) -> None:
    """A limit is of one of them, so that what it means is plain."""
    role = three.guild.create_role("guest")
    options = {"only": OWN, "channel": three.channel, "role": role}
    refused = reply(await three.moderator.slash(three.channel, "footnote collections", **options))
    assert collection_limits.BOTH.rstrip(".") in refused.content
    assert await three.services.database.settings(three.guild.id) == ServerSettings()


@pytest.mark.parametrize("failing", [False, True])
async def test_who_may_not_see_everything_is_told_nothing_of_it_by_a_rebuild(
    three: World, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    """Neither progress, report nor error names or counts documents there; the log tells the operator."""

    async def rebuild(progress: Any) -> Rebuilt:
        await progress("zq0x1/secret.md is read")
        if failing:
            raise SeedsError("zq0x1/secret.md cannot be read")
        changes: dict[str, list[str]] = {"added": [], "changed": [], "removed": [], "renamed": []}
        return Rebuilt(
            {"published": False, "generation": "gen-77", "rejected": ["zq0x1"], "counts": {}, "changes": changes}
        )

    monkeypatch.setattr(three.services.maintenance, "rebuild", rebuild)
    three.services.answerer.grants = Grants({three.guild.id: of(OWN)}, of())
    before = len(three.env.http_requests)
    await three.moderator.slash(three.channel, "footnote rebuild")
    sent = str([one.json for one in three.env.http_requests[before:]])
    assert "operator's log" in sent
    assert "zq0x1" not in sent
    assert "gen-77" not in sent
