"""Sources of kept answers: translated where the bot wrote them, untouched in other documents."""

import pytest

from bot.showing.kept_sources import is_kept, translate_source
from bot.showing.languages import speaking
from retrieval.reading.folder import KEPT_FOLDER
from retrieval.types import KEPT_PREFIX

KEPT = f"{KEPT_FOLDER}/2024-05-03-permits.md"


@pytest.mark.parametrize(
    ("source", "german"),
    [
        ("answered by a moderator", "beantwortet von der Moderation"),
        ("Parking, chosen by a moderator", "Parking, von der Moderation ausgewählt"),
        ("a message by ada (lovelace) {x}", "eine Nachricht von ada (lovelace) {x}"),
        ("a message by ada, edited by a moderator", "eine Nachricht von ada, von der Moderation bearbeitet"),
        ("answered by a moderator in May", "answered by a moderator in May"),
        ("", ""),
    ],
)
def test_source_of_a_kept_answer_is_translated(source: str, german: str) -> None:
    """Names and titles in it stay; a source that people wrote into the file stays as a whole."""
    with speaking("de"):
        assert translate_source(source, KEPT) == german
        assert translate_source(source, "handbook/permits.md") == source
    assert translate_source(source, KEPT) == source


def test_documents_that_the_bot_wrote_are_told_from_others() -> None:
    """By their folder and their source, in any language."""
    assert is_kept("answered by a moderator", KEPT)
    assert is_kept("a message by ada", KEPT)
    assert not is_kept("answered by a moderator", "handbook/permits.md")
    assert not is_kept("the town council", KEPT)


def test_kept_answers_are_recognised_by_their_folder() -> None:
    """The name of the folder is the one that the bot writes to."""
    assert f"{KEPT_FOLDER}/" == KEPT_PREFIX
