"""Struck-out and raised text does not lose its meaning with its formatting."""

from pathlib import Path

import pytest

from retrieval.text.raised_numbers import raise_number
from tests.support import samples
from tests.support.reading import read_content, sentences_of

RAISED_RUN = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>{}</w:t></w:r>'
STRUCK_RUN = '<w:r><w:rPr><w:{}/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r>'


@pytest.mark.parametrize(
    ("raised", "written"), [("6", "⁶"), ("-12", "⁻¹²"), ("n+1", "ⁿ⁺¹"), ("th", "th"), ("[3]", "[3]"), ("", "")]
)
def test_raised_numbers_are_written_in_superscript_characters(raised: str, written: str) -> None:
    """Letters of an ordinal and the like stay as they are."""
    assert raise_number(raised) == written


@pytest.mark.parametrize(
    ("markup", "sentence"),
    [
        ("The fare is <del>four</del> five euros.", "The fare is five euros."),
        ("The fare is <s>four</s> five euros.", "The fare is five euros."),
        ("The fare is <strike>four <b>and a half</b></strike> five euros.", "The fare is five euros."),
        ('The fare is <span class="line-through">four</span> five euros.', "The fare is five euros."),
        ('The fare is <span style="Text-Decoration: line-through">four</span> five euros.', "The fare is five euros."),
        ("<b>The fare</b> <s>is four euros.</s>was four euros.", "The fare was four euros."),
        ("It holds 10<sup>6</sup> drops on the 5<sup>th</sup>.", "It holds 10⁶ drops on the 5th."),
        ('It holds 10 drops.<sup><a href="#n1">6</a></sup>', "It holds 10 drops."),
        ("It holds x<sup><i>2</i></sup> drops.", "It holds x² drops."),
    ],
)
@pytest.mark.parametrize("suffix", ["html", "epub"])
def test_pages_and_books_leave_out_what_is_struck_out(suffix: str, markup: str, sentence: str, tmp_path: Path) -> None:
    """A raised number keeps its place, unlike the number of a note."""
    body = f"<h1>The ferry</h1><p>{markup}</p>"
    content = samples.epub({"a.xhtml": body}) if suffix == "epub" else f"<html><body>{body}</body></html>".encode()
    assert sentences_of(read_content(tmp_path, f"a.{suffix}", content)) == [sentence]


def test_task_lists_of_pages_say_what_is_done(tmp_path: Path) -> None:
    """The box before an item is written as in Markdown; other boxes are no text."""
    page = (
        "<html><body><h1>Work</h1><p>This is what is left. <input type=checkbox></p><ul>"
        "<li><input type=checkbox disabled> Mend the pump.</li><li><p><input type=checkbox checked>Paint.</p></li>"
        "</ul></body></html>"
    )
    expected = ["This is what is left.", "[ ] Mend the pump.", "[x] Paint."]
    assert sentences_of(read_content(tmp_path, "a.html", page.encode())) == expected


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (STRUCK_RUN.format("strike", "four "), "It takes five drops."),
        (STRUCK_RUN.format("dstrike", "four "), "It takes five drops."),
        (STRUCK_RUN.format('strike w:val="0"', "four or "), "It takes four or five drops."),
        (STRUCK_RUN.format("b", "10") + RAISED_RUN.format("6 "), "It takes 10⁶ five drops."),
    ],
)
def test_word_files_leave_out_what_is_struck_out(runs: str, sentence: str, tmp_path: Path) -> None:
    """A raised number keeps its place."""
    around = (STRUCK_RUN.format("b", text) for text in ("It takes ", "five drops."))
    body = "<w:p>" + runs.join(around) + "</w:p>" + samples.docx_paragraph("")
    assert sentences_of(read_content(tmp_path, "a.docx", samples.docx(body))) == [sentence]


def test_restructured_text_raises_numbers(tmp_path: Path) -> None:
    """The role for superscript keeps the place of a number."""
    text = "Water\n=====\n\nIt holds 10\\ :sup:`6` drops.\n"
    assert sentences_of(read_content(tmp_path, "a.rst", text.encode())) == ["It holds 10⁶ drops."]
