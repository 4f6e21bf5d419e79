"""Quotes that are never given for a question: a file for people, found by the words of the question."""

import json
import os
from pathlib import Path

import pytest

from retrieval.reading import wrong_quotes
from retrieval.reading.folder import WRONG_QUOTES_FILE, list_files
from retrieval.reading.wrong_quotes import (
    WrongQuote,
    WrongQuotes,
    add_wrong_quote,
    forget_document,
    read_wrong_quotes,
    remove_wrong_quotes,
)
from tests.support.hostile_texts import texts

ENTRY = WrongQuote("When does it open?", "aaaaaaaaaa", "It opens.", "a.md", "mod (7)", "2024-05-03")


def test_file_is_a_line_for_each_and_no_document(tmp_path: Path) -> None:
    """Whoever reads the folder sees what was decided by whom; the listing neither takes nor rejects it."""
    add_wrong_quote(tmp_path, ENTRY)
    add_wrong_quote(tmp_path, WrongQuote("Why?", "bbbbbbbbbb"))

    first, second = (tmp_path / WRONG_QUOTES_FILE).read_text("utf-8").splitlines()
    assert first == (
        '{"question": "When does it open?", "citation": "aaaaaaaaaa", "quote": "It opens.", "document": "a.md", '
        '"member": "mod (7)", "date": "2024-05-03"}'
    )
    assert json.loads(second)["question"] == "Why?"
    assert list_files(tmp_path) == ([], [])


def test_question_is_recognised_by_its_words(tmp_path: Path) -> None:
    """Case and punctuation do not matter; another question or another folder has no wrong quotes."""
    wrong = WrongQuotes(tmp_path)
    assert wrong.citations("When does it open?") == frozenset()
    add_wrong_quote(tmp_path, ENTRY)
    add_wrong_quote(tmp_path, WrongQuote("when does it OPEN", "bbbbbbbbbb"))

    assert wrong.citations("  when does it open ?!") == {"aaaaaaaaaa", "it opens", "bbbbbbbbbb"}
    assert wrong.citations("When does it close?") == frozenset()
    assert wrong.of_parts("When does it open?")("and where?") == {"aaaaaaaaaa", "it opens", "bbbbbbbbbb"}


def test_words_of_a_quote_are_wrong_wherever_they_stand(tmp_path: Path) -> None:
    """A document that is moved gives its sentences other ids; a sentence that changed is another one."""
    add_wrong_quote(tmp_path, WrongQuote("When does it open?", "aaaaaaaaaa", "It opens at *nine*."))
    assert WrongQuotes(tmp_path).citations("When does it open?") == {"aaaaaaaaaa", "it opens at nine"}


def test_change_of_the_file_is_noticed(tmp_path: Path) -> None:
    """Said twice it is one line; taken back, the file is gone once nothing is in it."""
    wrong = WrongQuotes(tmp_path)
    add_wrong_quote(tmp_path, ENTRY)
    add_wrong_quote(tmp_path, ENTRY)
    assert read_wrong_quotes(tmp_path) == [ENTRY]
    assert wrong.citations(ENTRY.question) == {"aaaaaaaaaa", "it opens"}

    remove_wrong_quotes(tmp_path, [ENTRY])

    assert wrong.citations(ENTRY.question) == frozenset()
    assert not (tmp_path / WRONG_QUOTES_FILE).exists()


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "[" * 100_000, '{"question": "Why?"}', '{"question": 1, "citation": "a"}',
             '{"question": "?", "citation": "a"}', "\x00"]
)  # fmt: skip
def test_lines_that_are_not_valid_are_left_out(tmp_path: Path, line: str) -> None:
    """What people broke in one line costs that line alone."""
    add_wrong_quote(tmp_path, ENTRY)
    path = tmp_path / WRONG_QUOTES_FILE
    path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")

    assert read_wrong_quotes(tmp_path) == [ENTRY]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither of the folder nor of the file."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "answers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="is a link"):
        add_wrong_quote(tmp_path / "seeds", ENTRY)
    (tmp_path / "elsewhere" / "wrong_quotes.jsonl").write_text('{"question": "Why?", "citation": "a"}\n')
    assert read_wrong_quotes(tmp_path / "seeds") == []


def test_hostile_texts_stay_in_their_line(tmp_path: Path) -> None:
    """Whatever is written is one entry when it is read."""
    for number, text in enumerate(texts(300)):
        add_wrong_quote(tmp_path, WrongQuote(f"question {number}", "aaaaaaaaaa", text[:1_000], text, text))

    assert [entry.question for entry in read_wrong_quotes(tmp_path)] == [f"question {n}" for n in range(300)]


def test_change_keeps_what_people_wrote(tmp_path: Path) -> None:
    """A line with a mistake is still there, to be corrected, when another one comes or goes."""
    add_wrong_quote(tmp_path, ENTRY)
    path = tmp_path / WRONG_QUOTES_FILE
    broken = '{"question": "Why?", "citation": "bbbbbbbbbb"'
    path.write_text(f"{broken}\n{path.read_text('utf-8')}", "utf-8")
    other = WrongQuote("Where?", "cccccccccc")

    add_wrong_quote(tmp_path, other)
    remove_wrong_quotes(tmp_path, [other, ENTRY])

    assert path.read_text("utf-8") == f"{broken}\n"


@pytest.mark.parametrize("kind", ["link", "larger than the limit"])
def test_file_that_cannot_be_read_in_full_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """No entry is lost that way."""
    add_wrong_quote(tmp_path, ENTRY)
    path = tmp_path / WRONG_QUOTES_FILE
    before = path.read_bytes()
    if kind == "link":
        os.link(path, tmp_path / "elsewhere")
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")
    else:
        monkeypatch.setattr(wrong_quotes, "MAX_BYTES", len(before) + 10)
    with pytest.raises(OSError, match=r"symbolic links|must not be larger"):
        add_wrong_quote(tmp_path, WrongQuote("Where?", "cccccccccc"))
    assert path.read_bytes() == before


def test_document_is_forgotten(tmp_path: Path) -> None:
    """Its quotes go, those of others stay."""
    other = WrongQuote("Where?", "cccccccccc", "There.", "b.md")
    add_wrong_quote(tmp_path, ENTRY)
    add_wrong_quote(tmp_path, other)
    forget_document(tmp_path, "a.md")
    assert read_wrong_quotes(tmp_path) == [other]
