"""The generation that answers: swapped while questions run, kept if a new one cannot be opened."""

import asyncio
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot import building
from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import Question
from bot.discord_bot.storage.records import ServerSettings
from bot.serving import generation as module
from bot.serving.generation import Generation, LiveGeneration
from config.settings import Settings
from retrieval.errors import DamagedIndexError
from retrieval.progress import silent
from retrieval.store import layout
from retrieval.upkeep.rebuild import rebuild
from tests.support.simulated_server import MEETING, SimulatedServer, embeds, reply

pytestmark = pytest.mark.asyncio
MILL = "Old Garbeck built the mill of Hestrup in 1804.\n"


def add_mill(server: SimulatedServer) -> None:
    """Add a document and publish a new generation, as another process would."""
    (server.services.seeds / "mill.txt").write_text(MILL)
    rebuild(building.rebuild_options(server.services.maintenance._settings), silent)


async def test_swap_loses_no_question(own_server: SimulatedServer) -> None:
    """Questions that started before the swap are answered from the old generation, later ones from the new one."""
    answerer = own_server.services.answerer
    old = answerer.live.generation
    started, released = threading.Event(), threading.Event()

    def slow(generation: Generation) -> str:
        started.set()
        assert released.wait(20)
        return generation.name

    running = asyncio.create_task(answerer.look_up(slow, user=1, server=None))
    await asyncio.to_thread(started.wait, 10)
    cards = [
        asyncio.create_task(answerer.card(Question(MEETING, "slash", n, None, None), ServerSettings(), private=False))
        for n in range(20)
    ]
    await asyncio.to_thread(add_mill, own_server)
    assert await answerer.live.refresh()
    after = await answerer.look_up(lambda generation: generation.name, user=99, server=None)
    released.set()

    assert await running == old.name
    assert all(card.embeds for card in await asyncio.gather(*cards))
    assert after == answerer.live.generation.name != old.name
    assert embeds(reply(await own_server.ask("Who built the mill of Hestrup?")))[0]["footer"]
    assert len(answerer.live.generation.visible_documents(None)) == 4


@pytest.mark.parametrize(("interval_s", "told"), [(0.01, False), (1_000.0, True)])
async def test_watcher_swaps_and_can_be_stopped(
    own_server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, interval_s: float, told: bool
) -> None:
    """The watcher notices a new generation by itself, or at once when told to look, and reports it once."""
    monkeypatch.setattr(module, "WATCH_INTERVAL_S", interval_s)
    swapped: list[str] = []
    swap_recorded = asyncio.Event()
    live = own_server.services.answerer.live

    def record(generation: Generation) -> None:
        swapped.append(generation.name)
        swap_recorded.set()

    live._swapped = record
    watcher = asyncio.create_task(live.watch())
    await asyncio.to_thread(add_mill, own_server)
    if told:
        live.look_now()
    async with asyncio.timeout(20):
        await swap_recorded.wait()
    await asyncio.sleep(0.05)
    watcher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watcher

    assert swapped == [live.generation.name]


async def test_unchanged_index_is_not_opened_again(own_server: SimulatedServer) -> None:
    """Watching costs a few bytes: while CURRENT names the generation in use, nothing is opened."""
    live = own_server.services.answerer.live
    before = live.generation

    def never(_: Generation) -> Generation:
        raise AssertionError("opened")

    live._live._reopen = never

    assert await live.refresh() is False
    assert live.generation is before


@pytest.mark.parametrize(
    "error", [DamagedIndexError("bad"), OSError("disk"), RuntimeError("faiss"), ValueError("json")]
)
async def test_unusable_generation_is_not_swapped_in(own_server: SimulatedServer, error: Exception) -> None:
    """Whatever is wrong with the new one, the old one answers; it is reported once, and tried again."""
    live = own_server.services.answerer.live
    old, reopen = live.generation, live._live._reopen
    failures: list[str] = []
    live._live._on_failure = failures.append
    await asyncio.to_thread(add_mill, own_server)

    def broken(_: Generation) -> Generation:
        raise error

    live._live._reopen = broken
    assert [await live.refresh() for _ in range(3)] == [False] * 3
    assert live.generation is old
    assert embeds(reply(await own_server.ask(MEETING)))
    newest = layout.generations(own_server.services.maintenance._settings.index_folder)[0]
    assert failures == [f"cannot open {newest}, still answering from {old.name}: {error}"]

    live._live._reopen = reopen
    assert await live.refresh()
    assert live.generation.name == newest


async def test_damaged_generation_changes_nothing(own_server: SimulatedServer) -> None:
    """A new generation with damaged files changes no answer."""
    settings = own_server.services.maintenance._settings
    await asyncio.to_thread(add_mill, own_server)
    newest = layout.generations(settings.index_folder)[0]
    (settings.index_folder / newest / "vectors.faiss").write_bytes(b"damaged")

    await own_server.services.answerer.live.refresh()

    assert embeds(reply(await own_server.ask(MEETING)))
    assert embeds(reply(await own_server.ask("Who built the mill of Hestrup?"))) == []


async def test_invalid_current_is_ignored(own_server: SimulatedServer) -> None:
    """A CURRENT that is missing or names no generation does not cause a swap."""
    current = own_server.services.maintenance._settings.index_folder / layout.CURRENT
    for content in (None, "", "gen-", "../../etc"):
        current.unlink(missing_ok=True)
        if content is not None:
            current.write_text(content)
        assert await own_server.services.answerer.live.refresh() is False


async def test_generation_published_before_watching_is_not_missed(
    sample_stack: tuple[Settings, AnsweringStack],
) -> None:
    """What went live between opening the index and watching it is found at the first look."""
    settings, opened = sample_stack
    renamed = replace(opened, retriever=retriever_of(opened, "gen-0"))
    live = LiveGeneration(settings.index_folder, lambda _: opened, renamed, seeds=None)

    assert live.generation.name == "gen-0"
    assert await live.refresh()
    assert live.generation.name == "gen-1"
    assert await live.refresh() is False


def retriever_of(opened: AnsweringStack, name: str) -> Any:
    """Return a retriever whose generation has another name."""
    index = opened.retriever.index
    renamed = SimpleNamespace(generation=name, documents=index.documents, count=index.count, table=index.table)
    return SimpleNamespace(index=renamed)


async def test_simultaneous_refreshes_open_it_once(own_server: SimulatedServer) -> None:
    """A watcher and a rebuild that refresh at the same time open a new generation once."""
    live = own_server.services.answerer.live
    reopen, opened = live._live._reopen, 0

    def count(current: Generation) -> Generation:
        nonlocal opened
        opened += 1
        return reopen(current)

    live._live._reopen = count
    await asyncio.to_thread(add_mill, own_server)

    assert sorted(await asyncio.gather(*(live.refresh() for _ in range(4)))) == [False, False, False, True]
    assert opened == 1


async def test_documents_are_listed_in_order(varied_server: SimulatedServer) -> None:
    """Documents are listed newest first, then by title."""
    generation = varied_server.services.answerer.live.generation

    dates = [document.published or "" for document in generation.visible_documents(None)]
    assert dates == sorted(dates, reverse=True)
    undated = [document.title for document in generation.visible_documents(None) if not document.published]
    assert undated == sorted(undated, key=str.casefold)


async def test_documents_are_listed_while_another_thread_empties_the_lists(varied_server: SimulatedServer) -> None:
    """Threads share what is kept of the lists, so a list may be gone as soon as it is stored."""

    class Emptied(dict[frozenset[str], Any]):
        def __setitem__(self, visible: frozenset[str], documents: Any) -> None:
            """Store nothing."""

    generation = Generation(varied_server.services.answerer.live.generation.stack)
    generation._visible_documents = Emptied()
    assert generation.visible_documents(frozenset({""})) == generation.visible_documents(None)


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("tower-new.md", ["tower-new.md"]),
        ("Tower-New", ["tower-new.md"]),
        ("THE  TOWER measured ", ["tower-new.md"]),
        ("measured", ["tower-new.md"]),
        ("\uff34he tower measured", ["tower-new.md"]),  # a wide T
        ("mill", ["mill.md"]),  # the name of a file counts more than a part of a title
        ("tower", ["tower-new.md", "tower-old.md"]),
        ("../mill.md", []),
        ("", []),
        (" ", []),
    ],
)
async def test_documents_are_found_by_what_people_type(
    varied_server: SimulatedServer, typed: str, ids: list[str]
) -> None:
    """An id, a title or a file name in any case, or else a part of one; nothing that is hidden."""
    generation = varied_server.services.answerer.live.generation

    assert [document.id for document in generation.find_documents(typed, None)] == ids
    assert generation.find_documents(typed, frozenset({"elsewhere"})) == []
