"""The generation that answers: taken up while questions run, kept where a new one cannot be opened."""

import asyncio
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot import building
from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import Question
from bot.discord_bot.corpus import generation as module
from bot.discord_bot.corpus.generation import Generation, LiveGeneration
from bot.discord_bot.storage.records import ServerSettings
from config.settings import Settings
from retrieval.errors import DamagedIndexError
from retrieval.progress import silent
from retrieval.store import layout
from retrieval.upkeep.rebuild import rebuild
from tests.support.simulated_server import MEETING, World, embeds, reply

pytestmark = pytest.mark.asyncio
MILL = "Old Garbeck built the mill of Hestrup in 1804.\n"


def add_mill(world: World) -> None:
    """Add a document and publish a new generation, as another process would."""
    (world.services.seeds / "mill.txt").write_text(MILL)
    rebuild(building.rebuild_options(world.services.maintenance._settings), silent)


async def test_new_generation_is_taken_up_without_losing_a_question(own_world: World) -> None:
    """Questions that began before are answered from the old state, those after from the new; none is lost."""
    answerer = own_world.services.answerer
    old = answerer.live.generation
    begun, go_on = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(generation: Generation) -> str:
        begun.set()
        assert go_on.wait(20)
        seen.append(generation.name)
        return generation.name

    running = asyncio.create_task(answerer.look_up(slow, user=1, server=None))
    await asyncio.to_thread(begun.wait, 10)
    many = [
        asyncio.create_task(answerer.card(Question(MEETING, "slash", n, None, None), ServerSettings(), private=False))
        for n in range(20)
    ]
    await asyncio.to_thread(add_mill, own_world)
    assert await answerer.live.refresh()
    after = await answerer.look_up(lambda generation: generation.name, user=99, server=None)
    go_on.set()

    assert await running == old.name
    assert all(card.embeds for card in await asyncio.gather(*many))
    assert after == answerer.live.generation.name != old.name
    assert embeds(reply(await own_world.ask("Who built the mill of Hestrup?")))[0]["title"]
    assert len(answerer.live.generation.seen(None)) == 4


async def test_watching_takes_it_up_and_can_be_stopped(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watcher notices a new generation by itself, and tells once."""
    monkeypatch.setattr(module, "SECONDS", 0.01)
    swapped: list[str] = []
    taken = asyncio.Event()
    live = own_world.services.answerer.live

    def note(generation: Generation) -> None:
        swapped.append(generation.name)
        taken.set()

    live._swapped = note
    watcher = asyncio.create_task(live.watch())
    await asyncio.to_thread(add_mill, own_world)
    async with asyncio.timeout(20):
        await taken.wait()
    await asyncio.sleep(0.05)
    watcher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watcher

    assert swapped == [live.generation.name]


async def test_unchanged_index_is_not_opened_again(own_world: World) -> None:
    """Looking costs a few bytes: while CURRENT names the generation in use, nothing is opened."""
    live = own_world.services.answerer.live
    before = live.generation

    def never(_: Generation) -> Generation:
        raise AssertionError("opened")

    live._live._reopen = never

    assert await live.refresh() is False
    assert live.generation is before


@pytest.mark.parametrize(
    "error", [DamagedIndexError("bad"), OSError("disk"), RuntimeError("faiss"), ValueError("json")]
)
async def test_generation_that_cannot_be_opened_leaves_the_old_one(own_world: World, error: Exception) -> None:
    """Whatever is wrong with the new one, the old one answers; it is told once, and tried again."""
    live = own_world.services.answerer.live
    old, reopen = live.generation, live._live._reopen
    told: list[str] = []
    live._live._failed = told.append
    await asyncio.to_thread(add_mill, own_world)

    def broken(_: Generation) -> Generation:
        raise error

    live._live._reopen = broken
    assert [await live.refresh() for _ in range(3)] == [False] * 3
    assert live.generation is old
    assert embeds(reply(await own_world.ask(MEETING)))
    newest = layout.generations(own_world.services.maintenance._settings.index_folder)[0]
    assert told == [f"cannot open {newest}, so {old.name} goes on answering: {error}"]

    live._live._reopen = reopen
    assert await live.refresh()
    assert live.generation.name == newest


async def test_damaged_generation_on_the_disk_leaves_an_answer(own_world: World) -> None:
    """A new generation whose files are damaged changes nothing of what is answered."""
    settings = own_world.services.maintenance._settings
    await asyncio.to_thread(add_mill, own_world)
    newest = layout.generations(settings.index_folder)[0]
    (settings.index_folder / newest / "vectors.faiss").write_bytes(b"damaged")

    await own_world.services.answerer.live.refresh()

    assert embeds(reply(await own_world.ask(MEETING)))
    assert embeds(reply(await own_world.ask("Who built the mill of Hestrup?"))) == []


async def test_index_without_a_name_is_left_alone(own_world: World) -> None:
    """A CURRENT that is missing or names nothing is no new generation."""
    current = own_world.services.maintenance._settings.index_folder / layout.CURRENT
    for content in (None, "", "gen-", "../../etc"):
        current.unlink(missing_ok=True)
        if content is not None:
            current.write_text(content)
        assert await own_world.services.answerer.live.refresh() is False


async def test_generation_published_before_the_watch_began_is_not_missed(
    shipped: tuple[Settings, AnsweringStack],
) -> None:
    """What went live between opening the index and watching it is taken up at the first look."""
    settings, opened = shipped
    renamed = replace(opened, retriever=retriever_of(opened, "gen-0"))
    live = LiveGeneration(settings.index_folder, lambda _: opened, renamed)

    assert live.generation.name == "gen-0"
    assert await live.refresh()
    assert live.generation.name == "gen-1"
    assert await live.refresh() is False


def retriever_of(opened: AnsweringStack, name: str) -> Any:
    """Return a retriever whose generation has another name."""
    index = opened.retriever.index
    told = SimpleNamespace(generation=name, documents=index.documents, count=index.count, table=index.table)
    return SimpleNamespace(index=told)


async def test_two_looks_at_once_open_it_once(own_world: World) -> None:
    """The watcher and a rebuild that look at the same time open a new generation once."""
    live = own_world.services.answerer.live
    reopen, opened = live._live._reopen, 0

    def counted(held: Generation) -> Generation:
        nonlocal opened
        opened += 1
        return reopen(held)

    live._live._reopen = counted
    await asyncio.to_thread(add_mill, own_world)

    assert sorted(await asyncio.gather(*(live.refresh() for _ in range(4)))) == [False, False, False, True]
    assert opened == 1


async def test_sources_are_ordered_and_found_by_id(varied_world: World) -> None:
    """Documents stand newest first, then by title; each is found by its id, nothing else is."""
    generation = varied_world.services.answerer.live.generation

    dates = [one.published or "" for one in generation.seen(None)]
    assert dates == sorted(dates, reverse=True)
    undated = [one.title for one in generation.seen(None) if not one.published]
    assert undated == sorted(undated, key=str.casefold)
    found = generation.source("tower-new.md", None)
    assert found is not None
    assert (found.title, found.published, found.url) == ("The tower measured", "2023-02-03", None)
    assert generation.source("tower", None) is None
