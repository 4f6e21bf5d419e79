"""Marks of footnotes, their footnotes, and what only looks like them."""

import pytest

from retrieval.text.note_marks import find_mark, find_note, mark_of_note, marks_in, note_end


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Open daily.[^1] Free.[^b]", ["[^1]", "[^b]"]), ("Open daily.* Free.", ["*"]), ("Price** (net†)", ["**", "†"]),
        ("Open daily.\\* Free", ["\\*"]), ("Open¹ and free.²", ["¹", "²"]), ("[^1]: The footnote.", []),
        ("A *very* good **day**.", []), ("2 * 3 is 6", []), ("a*b", []), ("* item", []),
        ("It holds 10⁶ cells on 4 km² or 30 m².", []), ("In 1990.¹ On the pier²", ["¹", "²"]),
    ],
)  # fmt: skip
def test_marks_stand_right_behind_a_word(text: str, marks: list[str]) -> None:
    """Emphasis, products, items and the footnotes themselves have none."""
    assert [mark for mark, _ in marks_in(text, 0, len(text))] == marks


def test_a_mark_right_behind_the_span_counts() -> None:
    """A sentence may end before its mark, but a mark further on belongs to other words."""
    text = "Open.* Free.†"
    assert marks_in(text, 0, 5) == [("*", 6)]


@pytest.mark.parametrize(
    ("note", "mark"), [("[^1]: Not on Monday.", "[^1]"), ("* Not on Monday.", "*"), ("*Not on Monday.", "*"),
                       ("¹ Not on Monday.", "¹"), ("> † Not on Monday.", "†")],
)  # fmt: skip
def test_a_footnote_is_a_line_that_begins_with_the_mark(note: str, mark: str) -> None:
    """It is found behind the mark, with the place of its mark and of its words."""
    text = f"Open. {mark}\n\n{note}"
    start = text.index(note)
    found = find_note(text, mark, 7)
    assert found == (start + note.index(mark), text.index("Not"))
    assert mark_of_note(text, start, len(text) - 1, len(text)) == mark


@pytest.mark.parametrize("line", ["** Not on Monday.", "*Not* on Monday.", "Not * on Monday."])
def test_other_lines_are_no_footnotes_of_a_star(line: str) -> None:
    """Two stars are another mark, and a line with a second star is emphasised."""
    assert find_note(f"Open.*\n\n{line}", "*", 6) is None


def test_a_footnote_ends_before_the_next_one_in_its_paragraph() -> None:
    """Footnotes on lines of one paragraph are told apart; a second line of a footnote belongs to it."""
    text = "[^1]: Not on\nMonday.\n[^2]: Nor on Friday."
    assert text[: note_end(text, 0, len(text))] == "[^1]: Not on\nMonday."
    assert mark_of_note(text, 0, text.index("Monday"), len(text)) == "[^1]"


def test_the_last_mark_before_a_footnote_refers_to_it() -> None:
    """Stars are used again and again, each for the next footnote."""
    text = "Open.* Free.*\n\n* Not on Monday."
    assert find_mark(text, "*", text.index("\n")) == len("Open.* Free.*")
    assert find_mark(text, "†", text.index("\n")) is None
