"""Older generations: opened only for citations that they contain."""

from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from bot.answering_stack import AnsweringStack
from bot.discord_bot.corpus.generation import LiveGeneration
from bot.discord_bot.corpus.older_generations import OlderGenerations
from config.settings import Settings
from retrieval.errors import StoreError
from retrieval.store import opening
from tests.support.simulated_server import MEETING_ID


def test_older_generation_is_opened_only_for_its_citations(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made-up ids open each older generation once in all, and the generation in use is skipped."""
    settings, opened = sample_stack
    live = LiveGeneration(settings.index_folder, lambda _: opened, opened)
    older = OlderGenerations(settings.index_folder, live)
    open_generation = MagicMock(wraps=opening.open_generation)
    monkeypatch.setattr(opening, "open_generation", open_generation)
    assert older.search(MEETING_ID, lambda passages: passages.quote(MEETING_ID, None)) is None
    assert open_generation.call_count == 0

    live.generation.stack = replace(opened, retriever=Renamed())  # type: ignore[arg-type]
    for number in range(5):
        assert older.search("aaaaaaaaa" + "abcde"[number], lambda _: True) is (True if number == 0 else None)
    assert open_generation.call_count == 1
    assert older.search(MEETING_ID, lambda passages: passages.quote(MEETING_ID, None)) is not None
    assert open_generation.call_count == 2


def test_damaged_older_generation_is_opened_once(
    sample_stack: tuple[Settings, AnsweringStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is remembered as damaged."""
    open_generation = MagicMock(side_effect=StoreError("damaged"))
    monkeypatch.setattr(opening, "open_generation", open_generation)
    older = OlderGenerations(sample_stack[0].index_folder, MagicMock())
    assert [older.search(MEETING_ID, lambda _: True) for _ in range(3)] == [None, None, None]
    assert open_generation.call_count == 1


class Renamed:
    """Stands for the retriever of another generation."""

    class index:  # noqa: N801
        """Its index."""

        generation = "gen-2"
