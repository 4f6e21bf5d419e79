"""What is struck out in Markdown is never quoted as if it still held."""

from pathlib import Path

import pytest

from tests.support.reading import asides_of, read_content, sentences_of, structure_of


@pytest.mark.parametrize(
    ("text", "sentences", "asides"),
    [
        ("~~Dogs ride free.~~", [], ["~~Dogs ride free.~~"]),
        ("<del>Dogs ride free.</del>", [], ["<del>Dogs ride free.</del>"]),
        ("It is open. ~~Dogs ride free.~~ Cats pay.", ["It is open.", "Cats pay."], ["~~Dogs ride free.~~"]),
        ("It is open. <S>Dogs ride\nfree. Cats pay.</S>", ["It is open."], ["<S>Dogs ride\nfree. Cats pay.</S>"]),
        ("~~Dogs ride free.~~ ~~Cats pay.~~ It is open.", ["It is open."], ["~~Dogs ride free.~~", "~~Cats pay.~~"]),
        ("It costs ~~four~~ five euros.", ["It costs five euros."], []),
        ("~~Dogs~~ Cats ride free.", ["Cats ride free."], []),
        ("Dogs ride free. ~~~~ Cats pay.", ["Dogs ride free.", "~~~~ Cats pay."], []),
        ("Dogs ride. </s> Cats <s> pay ~~five</s>.", ["Dogs ride.", "</s> Cats ."], []),
    ],
)
def test_whole_sentences_are_set_apart(text: str, sentences: list[str], asides: list[str], tmp_path: Path) -> None:
    """A struck-out word is left out of its sentence."""
    read = read_content(tmp_path, "a.md", f"{text}\n\nThe harbour is old.".encode())
    assert sentences_of(read) == [*sentences, "The harbour is old."]
    assert asides_of(read) == asides


def test_items_keep_their_place_without_what_is_struck_out(tmp_path: Path) -> None:
    """An item that is struck out is an aside of the same depth; one that is struck out in part is still an item."""
    text = "1. ~~Ring the bell~~\n2. ~~Knock.~~ Wait. Enter.\n   - ~~Sing~~\n\nThe harbour is old.\n"
    assert structure_of(read_content(tmp_path, "a.md", text.encode())) == [
        ("aside", 1, 0, "", "~~Ring the bell~~"),
        ("aside", 1, 0, "", "~~Knock.~~"),
        ("item", 1, 2, "", "Wait. Enter."),
        ("aside", 2, 0, "", "~~Sing~~"),
        ("prose", 0, 0, "", "The harbour is old."),
    ]


def test_marks_in_headings_code_and_tables_change_nothing(tmp_path: Path) -> None:
    """Only paragraphs and items are divided."""
    text = "# Old ~~here.~~\n\n| A | B |\n|---|---|\n| ~~c.~~ | d |\n\n```\n~~code.~~\n```\n"
    kinds = [kind for kind, *_ in structure_of(read_content(tmp_path, "a.md", text.encode()))]
    assert kinds == ["heading", "header", "row", "code"]
