"""Answers without the quotes that people called wrong: the next one, or none."""

import pytest

from retrieval.text.follow_ups import Following
from retrieval.text.without_wrong_quotes import ask_without
from retrieval.types import Answer, Citation, Quote

QUOTES = {"aa": 0.9, "bb": 0.8, "cc": 0.7}


def quote(citation: str) -> Quote:
    """Return a quote with an id and its probability."""
    place = Citation(citation, "d.md", "D", None, None, None, "d.md", 1, 1, 0, 1)
    return Quote(citation, "", "", QUOTES.get(citation, 0.1), place)


def ask(question: str, *, top: int, following: Following | None = None) -> Answer:
    """Answer with the first quotes of QUOTES."""
    del following
    ids = list(QUOTES)
    return Answer(
        question, tuple(map(quote, ids[:top])), (), 0.9, 0.5, "gen-1",
        sources_differ=True, others=tuple(ids[top:]), glossary=("A = B",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "top", "given", "others"),
    [
        ((), 1, ["aa"], ("bb", "cc")),
        (("cc",), 1, ["aa", "bb"], ()),
        (("aa",), 1, ["bb"], ("cc",)),
        (("aa",), 2, ["bb", "cc"], ()),
        (("bb",), 1, ["aa"], ("cc",)),
        (("aa", "bb"), 1, ["cc"], ()),
        (("aa", "bb", "cc"), 1, [], ()),
    ],
)
def test_next_quote_takes_the_place_of_a_wrong_one(
    wrong: tuple[str, ...], top: int, given: list[str], others: tuple[str, ...]
) -> None:
    """A wrong one is neither quoted nor among the others; the confidence is that of the first; two may differ."""
    answer = ask_without(ask, lambda _: frozenset(wrong), top)("why?")

    assert [quote.citation.id for quote in answer.quotes] == given
    assert answer.others == others
    assert answer.confidence == (QUOTES[given[0]] if given else answer.threshold)
    assert answer.answered is bool(given)
    assert answer.sources_differ is (wrong in ((), ("cc",)))
    assert answer.glossary == (("A = B",) if given[:1] == ["aa"] else ())


def test_other_questions_keep_their_quotes() -> None:
    """What is wrong depends on the question as it is asked."""
    asked = ask_without(ask, lambda question: frozenset({"aa"} if question == "why?" else ()), 1)

    assert asked("why?").quotes[0].citation.id == "bb"
    assert asked("how?").quotes[0].citation.id == "aa"
