"""The item of a legend answers a question for the meaning of its symbol."""

import numpy as np
import pytest

from retrieval.asking.retriever import Retriever
from retrieval.asking.symbol_items import (
    MEANINGS_PROBABILITY,
    ONE_MEANING_PROBABILITY,
    is_symbol_item,
    prefer_symbol_item,
)
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

LEGEND = "# Museum\n\nThe museum opens at nine.\n\n- `~` The ferry.\n- `%` A cat.\n- `^` Four.\n"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("what does ~ mean in the museum?", "~ The ferry."),
        ("whats ^ in the museum", "^ Four."),
        ("what is %", "% A cat."),
    ],
)
def test_the_only_item_with_the_symbol_comes_first(word_encoder: WordEncoder, question: str, text: str) -> None:
    """It is likely, also if nothing but the symbol is asked."""
    index = index_of(word_encoder, {"a.md": LEGEND})
    (quote,) = Retriever(index, word_encoder, BY_LATE).ask(question).quotes
    assert quote.text.replace("`", "") == text
    assert quote.score >= ONE_MEANING_PROBABILITY


@pytest.mark.parametrize(("other", "count"), [("The price.", 2), ("The ferry.", 1)])
def test_every_meaning_is_quoted(word_encoder: WordEncoder, other: str, count: int) -> None:
    """As wherever the symbol is used; the same said twice is one."""
    index = index_of(word_encoder, {"a.md": LEGEND, "b.md": f"# Museum\n\nThe museum sleeps.\n\n- `~` {other}\n"})
    quotes = Retriever(index, word_encoder, BY_LATE).ask("what does the tilde mean in the museum?").quotes
    assert [quote.text.replace("`", "") for quote in quotes] == ["~ The ferry.", f"~ {other}"][:count]


@pytest.mark.parametrize(
    ("other", "least"), [("The price.", MEANINGS_PROBABILITY), ("The ferry.", ONE_MEANING_PROBABILITY)]
)
def test_several_meanings_are_less_sure(word_encoder: WordEncoder, other: str, least: float) -> None:
    """A symbol may mean a place on one map, and a key elsewhere; the same said twice is one."""
    index = index_of(word_encoder, {"a.md": LEGEND, "b.md": f"# Museum\n\nThe museum sleeps.\n\n- `~` {other}\n"})
    hits = [Hit(row, 9.0 - row, 0.1, np.zeros(1, np.float32)) for row in range(index.count)]
    ordered = prefer_symbol_item(index, hits, "~")
    assert [index.text(hit.row).replace("`", "") for hit in ordered[:2]] == ["~ The ferry.", f"~ {other}"]
    assert [(hit.score, hit.probability) for hit in ordered[:2]] == [(9.0, least)] * 2
    assert (ordered[2:], is_symbol_item(index, ordered, "~")) == ([hit for hit in hits if hit.row not in (1, 5)], True)
    assert (prefer_symbol_item(index, hits, "@"), is_symbol_item(index, hits, "~")) == (hits, False)
