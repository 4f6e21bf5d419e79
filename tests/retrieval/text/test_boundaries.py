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


@pytest.mark.parametrize(
    "sentences",
    [
        ["Sorting takes n log n.", "Lectures begin at nine."],
        ["The depth is at most k.", "Removing a node takes longer."],
        ["The jacket is size M.", "Order it by post."],
        ["We meet in group B.", "Bring a pen."],
        ["It leaves from platform C.", "Tickets are sold on board."],
        ["The room was built by J. R. Smith and A. Jones in May."],
        ["The painter M. Okoro and the weaver L. Berg came."],
        ["See p. Nine for more, and Roe v. Wade for the rest."],
    ],
)
def test_a_letter_ends_a_sentence_where_it_is_no_initial(sentences: list[str]) -> None:
    """A variable does, and so does what a size, a group or a place is called."""
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("es", ["El taller abre de 8 a. m. a 3 p. m. todos los días.", "Máx. 4 bultos por persona.", "Vale."]),
        ("es", ["El apto. postal es el 12.", "Véase la pág. 7 del folleto."]),
        ("fr", ["La piscine ferme du 2 janv. au 9 févr. pour travaux.", "Prévoir 3 pers. par barque.", "Réf. 44-C."]),
        ("fr", ["Elle a dit : « Revenez lundi. » puis elle a fermé.", "On attend."]),
        ("pt", ["O ateliê fica na Av. Central, no séc. XVIII era um mercado.", "V. Exa. pode entrar."]),
        ("nl", ["Wij bellen mevr. Smit op di. t/m do. over de sleutel.", "Zie blz. 9 van de gids."]),
        ("pl", ["Biuro działa w pon. i wt. od godz. 9 do 12.", "Zob. art. 4 ust. 1 regulaminu."]),
        ("es", ["Se instala con npm.", "iOS no lo necesita."]),
        ("es", ["no arranca.", "mira el cable."]),
        ("en", ["It is sold as a kit.", "assembly takes an hour."]),
    ],
)
def test_a_small_letter_continues_a_sentence_where_sentences_begin_with_capitals(
    language: str, sentences: list[str]
) -> None:
    """Languages have more abbreviations than lists have; who writes all in small letters ends sentences as well."""
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text, language)] == sentences
