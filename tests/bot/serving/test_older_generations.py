"""Older generations: opened only for citations that they contain."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from bot.answering_stack import AnsweringStack
from bot.serving import older_generations
from bot.serving.generation import LiveGeneration, Passages
from bot.serving.older_generations import OlderGenerations
from config.settings import Settings
from retrieval.errors import StoreError
from retrieval.store import layout, opening
from tests.support.simulated_server import MEETING_ID


def test_older_generation_is_opened_only_for_its_citations(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made-up ids open each older generation once in all, and the generation in use is skipped."""
    settings, opened = sample_stack
    live = LiveGeneration(settings.index_folder, lambda _: opened, opened, seeds=None)
    older = OlderGenerations(settings.index_folder, live)
    open_for_quotes = MagicMock(wraps=opening.open_for_quotes)
    monkeypatch.setattr(opening, "open_for_quotes", open_for_quotes)
    assert older.search(MEETING_ID, lambda passages: passages.quote(MEETING_ID, None)) is None
    assert open_for_quotes.call_count == 0

    live.generation.stack = replace(opened, retriever=Renamed())  # type: ignore[arg-type]
    for number in range(5):
        assert older.search("aaaaaaaaa" + "abcde"[number], lambda _: True) is (True if number == 0 else None)
    assert open_for_quotes.call_count == 1
    older.release()
    for _ in range(3):
        assert older.search(MEETING_ID, lambda passages: passages.quote(MEETING_ID, None)) is not None
    assert open_for_quotes.call_count == 2


def test_open_generations_are_few_and_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stay open for a while, the last used ones; one that is deleted is dropped, one that is unused is closed."""

    def open_for_quotes(_: Path, name: str) -> MagicMock:
        opened.append(name)
        if name == "gen-1":
            raise StoreError("it has just been deleted")
        return MagicMock(generation=name)

    opened: list[str] = []
    names = ["gen-4", "gen-3", "gen-2", "gen-1"]
    monkeypatch.setattr(opening, "open_for_quotes", open_for_quotes)
    monkeypatch.setattr(layout, "generations", lambda _: names)
    monkeypatch.setattr(Passages, "lookup", MagicMock())  # every generation contains every citation
    older = OlderGenerations(tmp_path, MagicMock())

    def search(name: str) -> str | None:
        return older.search(MEETING_ID, lambda found: name if found.index.generation == name else None)

    assert [search("gen-3"), search("gen-4"), search("gen-3")] == ["gen-3", "gen-4", "gen-3"]
    assert opened == ["gen-4", "gen-3"]
    assert search("gen-0") is None
    assert opened == ["gen-4", "gen-3", "gen-2", "gen-1"]
    names.remove("gen-2")
    assert search("gen-3") == "gen-3"
    assert opened[4:] == ["gen-4", "gen-3"]

    monkeypatch.setattr(older_generations, "KEEP_OPEN_S", 0.01)
    assert search("gen-3") == "gen-3"
    older._release.join(5)
    assert older._open == {}


def test_damaged_older_generation_is_opened_once(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is remembered as damaged."""
    open_for_quotes = MagicMock(side_effect=StoreError("damaged"))
    monkeypatch.setattr(opening, "open_for_quotes", open_for_quotes)
    older = OlderGenerations(sample_stack[0].index_folder, MagicMock())
    assert [older.search(MEETING_ID, lambda _: True) for _ in range(3)] == [None, None, None]
    assert open_for_quotes.call_count == 1


class Renamed:
    """Stands for the retriever of another generation."""

    class index:  # noqa: N801
        """Its index."""

        generation = "gen-2"
