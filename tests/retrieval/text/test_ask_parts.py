"""Each part of a question is asked, and the quotes of all parts make the answer."""

from dataclasses import replace

from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.follow_ups import Ask, Following, Previous
from retrieval.types import Answer, Citation, PassagePart, Quote

QUESTION = "When does the museum open and how much is it?"
FIRST, SECOND, ASKED_SECOND = "When does the museum open?", "how much is it?", "how much is the museum?"


def quote(start: int, end: int, *shown: tuple[int, int]) -> Quote:
    """Make a quote of characters of one document; `shown` are the spans of its passage."""
    citation = Citation(f"id-{start}", "a.md", "", None, None, None, "a.md", 1, 1, start, end)
    return Quote("x", "", "", 0.9, citation, passage=tuple(PassagePart(*span, "x", "prose") for span in shown))


def asker(answers: dict[str, tuple[Quote, ...]], asked: list[str], others: tuple[str, ...] = ()) -> Ask:
    """Return a function that gives prepared quotes and notes what it is asked."""

    def ask(question: str, *, following: Following | None = None) -> Answer:  # noqa: ARG001 - not needed here
        asked.append(question)
        quotes = answers.get(question, ())
        return Answer(question, quotes, (), 0.8 if quotes else 0.1, 0.5, "gen-1", others=others)

    return ask


def test_the_quotes_of_the_parts_are_shown_in_order() -> None:
    """The second part is asked with its subject, and keeps its own words."""
    asked: list[str] = []
    opening, price = quote(0, 9), quote(20, 29)
    answer = ask_in_parts(asker({FIRST: (opening,), ASKED_SECOND: (price,)}, asked), QUESTION, None, "en")
    assert (answer.question, answer.quotes, answer.confidence) == (QUESTION, (opening, price), 0.8)
    assert [part.question for part in answer.parts] == [FIRST, SECOND]
    assert (asked, answer.unanswered) == ([FIRST, ASKED_SECOND], ())


def test_a_part_without_an_answer_is_named() -> None:
    """The other part is answered all the same."""
    answer = ask_in_parts(asker({ASKED_SECOND: (quote(0, 9),)}, []), QUESTION, None, "en")
    assert (answer.answered, answer.unanswered, len(answer.quotes)) == (True, (FIRST,), 1)


def test_if_no_part_has_an_answer_the_whole_question_is_asked() -> None:
    """Its answer or refusal is that of a question without parts."""
    asked: list[str] = []
    answer = ask_in_parts(asker({QUESTION: (quote(0, 9),)}, asked), QUESTION, None, "en")
    assert (answer.answered, answer.parts, asked) == (True, (), [FIRST, ASKED_SECOND, QUESTION])
    assert not ask_in_parts(asker({}, []), QUESTION, None, "en").answered


def test_a_passage_that_answers_both_is_shown_once() -> None:
    """Whichever comes first, the wider passage is shown, and both parts have their quote."""
    narrow, wide = quote(0, 9, (0, 9)), quote(10, 19, (0, 19))
    for first, second in ((narrow, wide), (wide, narrow), (narrow, narrow)):
        answer = ask_in_parts(asker({FIRST: (first,), ASKED_SECOND: (second,)}, []), QUESTION, None, "en")
        assert answer.quotes == ((wide,) if wide in (first, second) else (narrow,))
        assert [part.quotes for part in answer.parts] == [(first,), (second,)]


def test_quotes_are_limited_but_each_part_keeps_its_first() -> None:
    """The part with most loses its last ones, and a pair of sources that differ is none any more."""
    many = tuple(quote(start, start + 5) for start in (0, 10, 20, 30))
    one = (quote(40, 45),)
    ask = asker({FIRST: many, ASKED_SECOND: one}, [])
    assert ask_in_parts(ask, QUESTION, None, "en", max_quotes=3).quotes == (*many[:2], *one)

    def differing(question: str, *, following: Following | None = None) -> Answer:  # noqa: ARG001 - not needed here
        return replace(ask(question), sources_differ=question == FIRST)

    assert ask_in_parts(differing, QUESTION, None, "en", max_quotes=3).sources_differ
    limited = ask_in_parts(differing, QUESTION, None, "en", max_quotes=1)
    assert (limited.quotes, limited.sources_differ) == ((many[0], *one), False)


def test_next_passages_are_those_of_all_parts_without_what_is_shown() -> None:
    """Each is listed once, five at most."""
    ask = asker({FIRST: (quote(0, 9),)}, [], others=("id-0", "b", "c", "d", "e", "f", "g"))
    assert ask_in_parts(ask, QUESTION, None, "en").others == ("b", "c", "d", "e", "f")


def test_one_question_is_asked_as_it_is_and_a_follow_up_with_the_previous_one() -> None:
    """Without parts nothing changes."""
    asked: list[str] = []
    ask = asker({}, asked)
    ask_in_parts(ask, "When does it open and close?", None, "en")
    ask_in_parts(ask, "and when was that?", Previous("Who opened the museum?"), "en")
    assert asked == ["When does it open and close?", "Who opened the museum? and when was that?"]
