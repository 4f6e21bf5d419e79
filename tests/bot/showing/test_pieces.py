"""The pieces of a passage: each kind of part as its readers see it, with the quoted sentence marked in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.showing.pieces import MAX_INDENT, Piece, compose_pieces, is_apart
from bot.showing.safe_text import message_lines, one_line, safe_lines
from retrieval.types import BlockKind, Citation, PassagePart, Quote
from tests.support.hostile_texts import texts

SAFE = {"code": safe_lines, "row": message_lines, "heading": one_line}


def lines_of(text: str) -> str:
    """Return the lines of prose, each of them safe."""
    return "\n".join(map(one_line, text.split("\n")))


def pieces_of(*parts: PassagePart, sentence: tuple[int, int], path: str = "a.md") -> tuple[Piece, ...]:
    """Compose the pieces of a passage whose quoted sentence has a span of the document."""
    citation = Citation("abc", path, "Title", None, None, None, path, 3, 2, *sentence)
    part = next(part for part in parts if part.start <= sentence[0] and sentence[1] <= part.end)
    text = part.text[sentence[0] - part.start : sentence[1] - part.start]
    return compose_pieces(Quote(text, "", "", 0.9, citation, passage=parts))


def parts_of(*texts_and_kinds: tuple[str, BlockKind, int, int]) -> list[PassagePart]:
    """Make parts of texts, kinds, levels and numbers that follow each other in a document."""
    parts: list[PassagePart] = []
    for text, kind, level, number in texts_and_kinds:
        start = parts[-1].end + 2 if parts else 0
        parts.append(PassagePart(start, start + len(text), text, kind, level, number))
    return parts


def test_sentence_is_marked_in_its_paragraph() -> None:
    """On one line, wherever the ends of its lines are."""
    text = "See this.\nOpen it. Close it.  Then go."
    (piece,) = pieces_of(PassagePart(100, 100 + len(text), text, "prose"), sentence=(110, 118))
    assert (piece.before, piece.sentence, piece.after) == ("See this. ", "Open it.", " Close it. Then go.")


def test_lines_of_their_own_stay_lines() -> None:
    """A newline behind two spaces is a break that readers see; one that stands alone is where a line was full."""
    text = "Mon–Thu 9–18  \nFri 9–14  \nSat and\nSun closed"
    (piece,) = pieces_of(PassagePart(0, len(text), text, "prose"), sentence=(0, len(text)))
    assert piece.sentence == "Mon–Thu 9–18\nFri 9–14\nSat and Sun closed"
    (piece,) = pieces_of(
        PassagePart(0, len(text), text, "item", 1), sentence=(text.index("Fri"), text.index("  \nSat"))
    )
    assert (piece.before, piece.sentence, piece.after) == ("Mon–Thu 9–18\n", "Fri 9–14", "\nSat and Sun closed")


def test_message_keeps_its_lines_and_their_indentation() -> None:
    """So lists and code read as they were written; its author and time come before the first one."""
    header = PassagePart(0, 12, "mara, 10:31 ", "header")
    message = PassagePart(20, 60, "Run this:\n\ncd app\n  ./go  -x\n- then wait", "row")
    (piece,) = pieces_of(header, message, sentence=(20, 60))
    assert piece.sentence == "mara, 10:31: Run this:\ncd app\n  ./go  -x\n- then wait"


def test_items_have_bullets_or_numbers_and_are_indented_by_those_around_them() -> None:
    """A paragraph or code inside an item begins where its text does; a paragraph below the list ends it."""
    parts = parts_of(
        ("Steps:", "prose", 0, 0),
        ("One", "item", 1, 9),
        ("Two", "item", 1, 10),
        ("inside", "prose", 1, 0),
        ("x = 1", "code", 1, 0),
        ("nested", "item", 2, 0),
        ("deeper", "item", 3, 1),
        ("Three", "item", 1, 11),
        ("End.", "prose", 0, 0),
    )
    pieces = pieces_of(*parts, sentence=(0, 6))
    assert [(piece.kind, piece.indent, piece.label) for piece in pieces] == [
        ("prose", 0, ""), ("item", 0, "9."), ("item", 0, "10."), ("prose", 4, ""), ("code", 4, ""),
        ("item", 4, "•"), ("item", 6, "1."), ("item", 0, "11."), ("prose", 0, ""),
    ]  # fmt: skip


def test_indentation_is_limited() -> None:
    """Lists in lists in lists leave room for text."""
    parts = parts_of(*((f"level {level}", "item", level, 0) for level in range(1, 50)))
    assert [piece.indent for piece in pieces_of(*parts, sentence=(0, 7))] == [*range(0, MAX_INDENT, 2), *[20] * 39]


def test_rows_of_markdown_are_written_out() -> None:
    """With the names of their header, which is not shown itself, without pipes and padding."""
    parts = parts_of(
        ("Prices", "heading", 2, 0),
        ("Name      | Cost  | Note", "header", 0, 0),
        ("Longsword | 15 gp   | a \\| b", "row", 0, 0),
        ("Club      | 1 sp    |", "row", 0, 0),
        ("Then:", "prose", 0, 0),
        ("Day | Hour", "header", 0, 0),
        ("Monday   |", "row", 0, 0),
    )
    pieces = pieces_of(*parts, sentence=(parts[3].start, parts[3].end))
    assert [(piece.kind, piece.label, piece.text, piece.is_marked) for piece in pieces] == [
        ("heading", "", "Prices", False),
        ("row", "•", "Name: Longsword; Cost: 15 gp; Note: a | b", False),
        ("row", "•", "Name: Club; Cost: 1 sp", True),
        ("prose", "", "Then:", False),
        ("row", "", "Day: Monday", False),
    ]
    assert pieces[2].sentence == pieces[2].text


def test_gap_before_what_is_not_shown_shows_before_the_next_piece() -> None:
    """Before a table, before marks alone; never before the first piece."""
    parts = [
        PassagePart(5, 9, "Menu", "heading", 1, after_gap=True),
        PassagePart(20, 32, "Dish | Price", "header", after_gap=True),
        PassagePart(40, 47, "Pie | 4", "row", after_gap=True),
        PassagePart(50, 51, "\u2800", "prose", after_gap=True),
        PassagePart(60, 64, "End.", "prose"),
        PassagePart(70, 74, "End.", "prose"),
    ]
    pieces = pieces_of(*parts, sentence=(40, 47))
    assert [(piece.text, piece.after_gap) for piece in pieces] == [
        ("Menu", False),
        ("Dish: Pie; Price: 4", True),
        ("End.", True),
        ("End.", False),
    ]


def test_row_of_another_format_is_shown_as_it_is() -> None:
    """It is written out in the document already."""
    row = "Day: Monday; Opens: 9 | 10."
    (piece,) = pieces_of(PassagePart(0, len(row), row, "row"), sentence=(0, len(row)), path="a.csv")
    assert piece == Piece("row", row, (0, len(row)))


def test_code_keeps_its_lines_and_its_language() -> None:
    """All of it is quoted, and nothing in it is a mark."""
    code = "  def f(*a):\n      return `a`\u202e"
    part = PassagePart(10, 10 + len(code), code, "code", language="python")
    shown = "def f(*a):\n    return `a`\ufffd"
    assert pieces_of(part, sentence=(12, 20)) == (Piece("code", shown, (0, len(shown)), language="python"),)


def test_quote_without_a_passage_is_its_sentence() -> None:
    """The sentence alone is shown."""
    citation = Citation("abc", "a.txt", "Title", None, None, None, "a.txt", 3, 2, 7, 12)
    assert compose_pieces(Quote("It\nis.", "", "", 0.9, citation)) == (Piece("prose", "It is.", (0, 5)),)


@pytest.mark.parametrize(
    ("previous", "piece", "apart"),
    [
        (Piece("heading", "a"), Piece("prose", "b"), False),
        (Piece("prose", "a"), Piece("heading", "b"), True),
        (Piece("prose", "a"), Piece("prose", "b"), False),
        (Piece("prose", "a" * 61), Piece("prose", "b"), True),
        (Piece("prose", "a\nb"), Piece("prose", "c"), True),
        (Piece("prose", "a" * 61), Piece("item", "b"), False),
        (Piece("item", "a"), Piece("prose", "b", indent=2), False),
        (Piece("item", "a"), Piece("prose", "b"), True),
        (Piece("item", "a"), Piece("code", "b"), True),
    ],
)
def test_paragraphs_are_apart_and_lists_are_not(previous: Piece, piece: Piece, *, apart: bool) -> None:
    """Short paragraphs, such as a block of facts, follow each other closely."""
    assert is_apart(previous, piece) is apart


@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(list(texts(300))), st.text(min_size=1)),
            st.sampled_from(["prose", "item", "code", "row", "heading", "header", "aside"]),
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_hostile_passages_are_safe_and_keep_their_sentence(
    described: list[tuple[str, BlockKind, int, int]], data: st.DataObject
) -> None:
    """Every text is safe, headings are one line, and one piece has the sentence if it can be seen at all."""
    parts = parts_of(*described)
    quotable = [part for part in parts if part.kind not in ("heading", "header")]
    part = data.draw(st.sampled_from(quotable or parts))
    start = data.draw(st.integers(0, len(part.text) - 1))
    end = data.draw(st.integers(start + 1, len(part.text)))
    path = data.draw(st.sampled_from(["a.md", "a.txt"]))
    pieces = pieces_of(*parts, sentence=(part.start + start, part.start + end), path=path)
    for piece in pieces:
        assert piece.text == SAFE.get(piece.kind, lines_of)(piece.text)
        assert piece.before + piece.sentence + piece.after == piece.text
    is_visible = bool(one_line(part.text) if part.kind != "code" else safe_lines(part.text)) and quotable
    assert not is_visible or sum(piece.is_marked for piece in pieces) == 1


def test_the_items_that_are_left_out_after_a_list_are_counted() -> None:
    """On a line of their own, as far to the right as the items."""
    parts = PassagePart(0, 4, "Stop", "item", 1, 1), PassagePart(9, 11, "Go", "item", 1, 2, items_after=13)
    pieces = pieces_of(*parts, sentence=(0, 4))
    assert [(piece.label, piece.text) for piece in pieces] == [("1.", "Stop"), ("2.", "Go"), ("", "[…] +13")]
