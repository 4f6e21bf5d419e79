"""A quote of an older generation is shown only to those who may see its document now."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.serving.generation import Passages
from bot.serving.stored_quotes import StoredQuote, find_stored_quote
from retrieval.asking.quotes import citation_id_of_row
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

OLD = {
    "public/hours.md": "# Hours\n\nThe library opens at nine.\n\nThe cat sleeps.\n",
    "hidden/ferry.md": "# Ferry\n\nThe ferry has a price.\n",
}
FERRY = {"hidden/ferry.md": OLD["hidden/ferry.md"]}
CHANGED = "# Times\n\nThe library opens at four.\n\nThe cat sleeps.\n"


def passages_of(texts: Mapping[str, str], generation: str) -> Passages:
    """Index texts under their first headings."""
    index = index_of(WordEncoder(), texts, generation=generation)
    titled = [replace(document, title=document.text.split("\n")[0]) for document in index.documents]
    return Passages(replace(index, documents=titled))


def find(now: Mapping[str, str], folder: Path, visible: frozenset[str] | None) -> StoredQuote | None:
    """Look up the quote "The library opens at nine." when `now` is indexed."""
    older, live = passages_of(OLD, "gen-1"), passages_of(now, "gen-2")
    row = next(row for row in range(older.index.count) if older.index.text(row) == "The library opens at nine.")
    citation_id = citation_id_of_row(older.index, row)
    return find_stored_quote(live, lambda _, look: look(older), citation_id, folder, visible)


@pytest.mark.parametrize(
    "moved",
    [
        {"hidden/times.md": CHANGED},  # one of its sentences is left
        {"hidden/hours.md": "# Times\n\nThe library closes.\n"},
        {"hidden/times.md": "# Hours\n\nThe library closes.\n"},
        {"hidden/hours.md": OLD["public/hours.md"]},  # the very same
        {"hidden/times.md": CHANGED, "public/other.md": "# Other\n\nThe cat sleeps.\n"},
    ],
)
def test_a_document_that_moved_to_a_hidden_collection_is_hidden(moved: dict[str, str], tmp_path: Path) -> None:
    """Also if it changed in the same rebuild: a sentence, its file name or its title tells; who may see it can read."""
    now = FERRY | moved
    assert find(now, tmp_path, frozenset({"public"})) is None
    assert find(now, tmp_path, frozenset({"public", "hidden"})) is not None
    assert find(now, tmp_path, None) is not None


@pytest.mark.parametrize(
    "now",
    [
        FERRY,
        FERRY | {"public/times.md": CHANGED},
        FERRY | {"public/hours.md": CHANGED, "hidden/copy.md": CHANGED},
        FERRY | {"public/new.md": OLD["public/hours.md"], "hidden/copy.md": CHANGED},
    ],
)
def test_a_document_that_was_deleted_or_is_visible_can_be_read(now: Mapping[str, str], tmp_path: Path) -> None:
    """A deleted document's quote says so; hidden documents that do not resemble it, or its copies, hide nothing."""
    found = find(now, tmp_path, frozenset({"public"}))
    assert found is not None
    assert (found.quote.text, found.state) == ("The library opens at nine.", "vanished")
