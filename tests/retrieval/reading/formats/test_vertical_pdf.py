"""A page whose columns go from top to bottom, from right to left, is read as people read it."""

from pathlib import Path

from tests.support.cid_pdf import PlacedText, cid_pdf
from tests.support.reading import read_content, sentences_of, structure_of

TEXT = [
    "湖の渡し船は一日に二回、町と島",
    "の間を渡ります。切符は桟橋の小",
    "屋で買えます。犬は無料です。",
    "　冬には船は出ません。湖が凍る",
    "からです。",
]
SENTENCES = [
    "湖の渡し船は一日に二回、町と島の間を渡ります。", "切符は桟橋の小屋で買えます。", "犬は無料です。",
    "冬には船は出ません。", "湖が凍るからです。",
]  # fmt: skip


def columns(texts: list[str], *, right: float = 500, top: float = 92, step: float = 20) -> list[PlacedText]:
    """Place columns from right to left."""
    return [(right - step * number, top, 12, text) for number, text in enumerate(texts)]


def test_columns_are_read_from_right_to_left(tmp_path: Path) -> None:
    """Below a larger heading; a full-width space begins a paragraph, and the number of the page is left out."""
    page = cid_pdf([(540, 92, 20, "渡し船"), *columns(TEXT)], [(290, 800, 10, "12")])
    read = read_content(tmp_path, "a.pdf", page)
    assert [(kind, text) for kind, _, _, _, text in structure_of(read)] == [
        ("heading", "渡し船"),
        ("prose", "".join(SENTENCES[:3])),
        ("prose", "".join(SENTENCES[3:])),
    ]
    assert sentences_of(read) == SENTENCES
    assert read.document.marks[0].at == 1


def test_the_order_of_drawing_does_not_matter(tmp_path: Path) -> None:
    """As on a page that was drawn from left to right."""
    assert sentences_of(read_content(tmp_path, "a.pdf", cid_pdf(columns(TEXT)[::-1]))) == SENTENCES


def test_letters_that_are_drawn_one_by_one_are_columns(tmp_path: Path) -> None:
    """Some programs place each letter by itself, in a font for lines."""
    letters = [
        (x - 6, top + 12 * number, 12, letter)
        for x, top, _, text in columns(TEXT)
        for number, letter in enumerate(text, 1)
    ]
    assert sentences_of(read_content(tmp_path, "a.pdf", cid_pdf([], letters))) == SENTENCES


def test_digits_and_words_inside_a_column_stay_in_it(tmp_path: Path) -> None:
    """Two digits side by side take the place of one letter, and a Latin word is turned."""
    column = [(500.0, 92.0, 12.0, "渡し船は五月"), (500.0, 176.0, 12.0, "日から"), (500.0, 248.0, 12.0, "です。")]
    digits = [(494.0, 172.0, 6.0, "1"), (500.0, 172.0, 6.0, "2")]
    page = cid_pdf([*column, *columns(TEXT, right=480)], digits, [(496, 212, 12, "abc")])
    assert sentences_of(read_content(tmp_path, "a.pdf", page))[0] == "渡し船は五月12日からabcです。"


def test_small_letters_beside_a_column_are_left_out(tmp_path: Path) -> None:
    """They say how a word sounds."""
    page = cid_pdf([*columns(TEXT), (509, 92, 5, "みずうみ")])
    assert sentences_of(read_content(tmp_path, "a.pdf", page)) == SENTENCES


def test_the_upper_columns_are_read_before_the_lower_ones(tmp_path: Path) -> None:
    """As in magazines."""
    upper = [f"渡し船は{letter}の町から湖の島へ一日に何度も渡り" for letter in "東西南北"] + ["ます。"]
    lower = [f"切符は{letter}の桟橋の小屋で朝の九時から買うことが" for letter in "春夏秋冬"] + ["できます。"]
    page = cid_pdf([*columns(upper), *columns(lower, top=420)])
    assert sentences_of(read_content(tmp_path, "a.pdf", page)) == ["".join(upper), "".join(lower)]


def test_lines_from_left_to_right_stay_lines(tmp_path: Path) -> None:
    """Also if their letters are one below the other."""
    lines = [(72.0, 92.0 + 14 * number, 12.0, text) for number, text in enumerate(TEXT)]
    assert sentences_of(read_content(tmp_path, "a.pdf", cid_pdf([], lines))) == SENTENCES
