"""Answers without the quotes that people called wrong: the next one, or none."""

from dataclasses import replace

import pytest

from retrieval.text.follow_ups import Following
from retrieval.text.without_wrong_quotes import ask_without
from retrieval.types import Answer, Citation, Quote

QUOTES = {"aa": 0.9, "bb": 0.8, "cc": 0.7}


def quote(citation: str) -> Quote:
    """Return a quote with an id and its probability."""
    place = Citation(citation, "d.md", "D", None, None, None, "d.md", 1, 1, 0, 1)
    return Quote(citation, "", "", QUOTES.get(citation, 0.1), place)


def ask(
    question: str, *, top: int, following: Following | None = None, joined: bool = True, threshold: float = 0.0
) -> Answer:
    """Answer with the first quotes of QUOTES."""
    del following, joined, threshold
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


def test_words_of_a_wrong_quote_are_wrong_in_any_document() -> None:
    """Its citation has another id there; other words are another quote."""
    same = ask_without(ask, lambda _: frozenset({"aa"}), 1)("why?")
    by_words = ask_without(lambda *_, **__: _moved(same), lambda _: frozenset({"zz", "it opens at nine"}), 1)
    assert by_words("why?").quotes == ()


def _moved(answer: Answer) -> Answer:
    """Return an answer with one quote whose words are not its id."""
    (first,) = answer.quotes
    return replace(answer, quotes=(replace(first, text="It opens at **nine**!"),), sources_differ=False)


def test_quotes_of_removed_documents_are_left_out() -> None:
    """Neither quoted nor cited nor among the closest, whatever the index still has; others take their places."""
    gone, stays = (replace(quote("aa").citation, document=name) for name in ("answers/a.md", "d.md"))
    found = (
        replace(quote("aa"), citation=gone),
        replace(quote("bb"), also=(gone, stays)),
        replace(quote("cc"), citation=replace(gone, id="cc")),
    )

    def ask_removed(
        question: str, *, top: int, following: Following | None = None, joined: bool = True, threshold: float = 0.0
    ) -> Answer:
        del following, joined, threshold
        return Answer(question, found[:top], found, 0.9, 0.5, "gen-1")

    answer = ask_without(ask_removed, lambda _: frozenset(), 1, lambda document: document == "answers/a.md")("why?")

    kept = replace(quote("bb"), also=(stays,))
    assert (answer.quotes, answer.confidence) == ((kept,), 0.8)
    assert answer.closest == (found[1],)


def test_without_any_right_quote_the_closest_passages_are_those_of_a_refusal() -> None:
    """The question is asked again with a threshold that nothing reaches; what is wrong is not among them."""
    thresholds = []

    def ask_far(
        question: str, *, top: int, following: Following | None = None, joined: bool = True, threshold: float = 0.0
    ) -> Answer:
        del top, following, joined
        thresholds.append(threshold)
        if threshold > 1:
            return Answer(question, (), (quote("aa"), quote("bb")), 0.9, threshold, "gen-1")
        return Answer(question, (quote("aa"),), (), 0.9, 0.5, "gen-1")

    answer = ask_without(ask_far, lambda _: frozenset({"aa"}), 1)("why?")

    assert thresholds == [0.0, 2.0]
    assert (answer.quotes, answer.closest, answer.threshold) == ((), (quote("bb"),), 0.5)


def test_other_questions_keep_their_quotes() -> None:
    """What is wrong depends on the question as it is asked."""
    asked = ask_without(ask, lambda question: frozenset({"aa"} if question == "why?" else ()), 1)

    assert asked("why?").quotes[0].citation.id == "bb"
    assert asked("how?").quotes[0].citation.id == "aa"


@pytest.mark.parametrize("wrong", [(), ("zz",)])
def test_no_second_passage_is_shown_where_a_quote_is_wrong(wrong: tuple[str, ...]) -> None:
    """It may be that quote."""
    seen = []

    def note(
        question: str, *, top: int, following: Following | None = None, joined: bool = True, threshold: float = 0.0
    ) -> Answer:
        seen.append(joined)
        return ask(question, top=top, following=following, threshold=threshold)

    ask_without(note, lambda _: frozenset(wrong), 1)("why?")
    assert seen == [not wrong]
