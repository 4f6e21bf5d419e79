"""Sentences of technical and legal prose end where people end them.

The files in prose/ hold a sentence a line and a paragraph between blank lines; "# de" names the language from there on.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.text.sentences import sentence_spans

PROSE = Path(__file__).parent / "prose"


def paragraphs(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the language and the sentences of each paragraph of a file of prose."""
    for part in (PROSE / name).read_text("utf-8").split("# ")[1:]:
        language, text = part.split("\n", 1)
        yield from ((language, lines.split("\n")) for lines in text.strip().split("\n\n"))


def counted(name: str) -> tuple[int, int, int, list[str]]:
    """Count the boundaries inside paragraphs that are right, found and expected; also return what is wrong."""
    right = found = expected = 0
    wrong = []
    for language, sentences in paragraphs(name):
        text = " ".join(sentences)
        ends = {len(" ".join(sentences[:number])) for number in range(1, len(sentences))}
        ours = {end for _, end in sentence_spans(text, language)} - {len(text)}
        right, found, expected = right + len(ends & ours), found + len(ours), expected + len(ends)
        wrong += [f"{'-+'[at in ours]} {text[max(at - 30, 0) : at]}|{text[at : at + 30]}" for at in sorted(ends ^ ours)]
    return right, found, expected, wrong


@pytest.mark.parametrize(
    ("name", "least"),
    [("technical.txt", 0.97), ("legal.txt", 0.97), ("other_languages.txt", 0.97), ("variants.txt", 0.97)],
)
def test_boundaries_agree_with_technical_and_legal_prose(name: str, least: float) -> None:
    """The F-measure of the boundaries inside paragraphs is at least what is said."""
    right, found, expected, wrong = counted(name)
    f_measure = 2 * right / (found + expected)
    print(f"{name}: boundary F {f_measure:.4f} of {expected} boundaries", *wrong, sep="\n")
    assert f_measure >= least
