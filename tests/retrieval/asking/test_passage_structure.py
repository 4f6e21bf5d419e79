"""Passages: the structure around a sentence decides what is shown with it; every part is cut from the document."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.asking.completing import MAX_PASSAGE_LENGTH, MAX_SECTION_LENGTH
from retrieval.asking.passages import compose_passage, compose_surroundings
from retrieval.index.index import Index
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

LONG = "The ferry sails along the whole coast and the cat sleeps. " * 16  # more than MAX_SECTION_LENGTH
LIST = "- the cat sleeps\n- the ferry left:\n  - at nine\n  - on monday\n- the library opens\n" + "- it rains\n" * 60


def row_of(index: Index, text: str) -> int:
    """Return the first row whose sentence has a text in it."""
    return next(row for row in range(index.count) if text in index.text(row))


def shown(words: WordEncoder, document: str, sentence: str, question: str = "", name: str = "a.md") -> list[str]:
    """Return the parts that are shown for a sentence, each after "…" if something is left out before it."""
    index = index_of(words, {name: document})
    passage = compose_passage(index, row_of(index, sentence), question)
    text = index.documents[0].text
    assert all(text[part.start : part.end] == part.text for part in passage)
    return [f"…{part.text}" if part.after_gap else part.text for part in passage]


def test_a_short_section_is_shown_whole_with_its_heading(word_encoder: WordEncoder) -> None:
    """Code and lists are part of it; the sections beside it are not."""
    document = (
        "# Cat\n\nThe cat came.\n\n## Ferry\n\nIt sails:\n\n```sh\nsail now\n```\n\n- at nine\n\n## Mill\n\nIt turns."
    )
    assert shown(word_encoder, document, "It sails") == ["Ferry", "It sails:", "sail now", "at nine"]


def test_a_sentence_of_a_long_text_without_headings_is_shown_alone(word_encoder: WordEncoder) -> None:
    """Only the sentences that it refers back to come along."""
    document = f"The library opens. It closes at four. {LONG}"
    assert shown(word_encoder, document, "The library", name="a.txt") == ["The library opens."]
    assert shown(word_encoder, document, "It closes", name="a.txt") == ["The library opens. It closes at four."]


def test_an_item_is_shown_with_the_line_that_introduces_its_list(word_encoder: WordEncoder) -> None:
    """Items between them are left out, which is marked; the sentences before that line are not needed."""
    document = f"# Rules\n\n{LONG}No money is given if you:\n\n{LIST}"
    assert shown(word_encoder, document, "the library opens") == [
        "Rules", "No money is given if you:", "…the library opens",
    ]  # fmt: skip


def test_a_nested_item_is_shown_with_the_items_around_it(word_encoder: WordEncoder) -> None:
    """An item is shown with the items inside it as well."""
    document = f"# Rules\n\n{LONG}Not allowed:\n\n{LIST}"
    assert shown(word_encoder, document, "on monday") == [
        "Rules", "Not allowed:", "…the ferry left:", "…on monday",
    ]  # fmt: skip
    assert shown(word_encoder, document, "the ferry left") == [
        "Rules", "Not allowed:", "…the ferry left:", "at nine", "on monday",
    ]  # fmt: skip


def test_the_line_above_a_list_is_found_however_long_the_list_is(word_encoder: WordEncoder) -> None:
    """An item far below it would say the opposite without it."""
    items = "".join(f"- wear hat {number}\n" for number in range(500))
    document = f"# Rules\n\n{LONG}Never:\n\n{items}"
    assert shown(word_encoder, document, "wear hat 450") == ["Rules", "Never:", "…wear hat 450"]


def test_of_two_lists_each_has_the_line_that_introduces_it(word_encoder: WordEncoder) -> None:
    """The line above the first list says nothing about the second."""
    document = f"# Rules\n\n{LONG}\n\nAllowed:\n\n- cats sleep\n\nNot allowed:\n\n- ferries rain\n\n{LONG}"
    assert shown(word_encoder, document, "ferries rain") == ["Rules", "Not allowed:", "ferries rain"]


@pytest.mark.parametrize(
    ("question", "count"), [("how do I start the ferry", 30), ("list all steps", 30), ("when does the ferry start", 1)]
)
def test_all_steps_are_shown_to_those_who_ask_how(word_encoder: WordEncoder, question: str, count: int) -> None:
    """Who asks for a fact gets the step with the line above the list."""
    steps = "".join(f"{number}. Turn the wheel {number} times.\n" for number in range(1, 31))
    document = f"# Ferry\n\n{LONG}To start it:\n\n{steps}"
    parts = shown(word_encoder, document, "wheel 7 times", question)
    assert parts[:2] == ["Ferry", "To start it:"]
    assert len(parts) == 2 + count


LONG_LIST = "".join(f"{number}. Turn wheel {number} as far as it goes, and wait.\n" for number in range(1, 41))


@pytest.mark.parametrize(
    ("question", "found", "count", "left_out"),
    [
        ("how do I start the ferry", "wheel 7 ", 24, 16),
        ("what are all the steps to start the ferry", "wheel 7 ", 38, 2),
        ("how do I turn wheel 7", "wheel 7 ", 1, 0),
    ],
)
def test_of_a_long_list_that_is_asked_for_the_beginning_is_shown(
    word_encoder: WordEncoder, question: str, found: str, count: int, left_out: int
) -> None:
    """And how many items follow; who asks for one of them gets that one."""
    index = index_of(word_encoder, {"a.md": f"# Starting the ferry\n\n{LONG_LIST}"})
    _, *items = compose_passage(index, row_of(index, found), question)
    first = 1 if count > 1 else 7
    assert [item.number for item in items] == [*range(first, first + count)]
    assert [item.items_after for item in items] == [0] * (count - 1) + [left_out]


def test_of_a_long_list_the_step_that_was_found_is_shown_after_the_beginning(word_encoder: WordEncoder) -> None:
    """What is left out between them is marked, and what follows is counted."""
    index = index_of(word_encoder, {"a.md": f"# Starting the ferry\n\n{LONG_LIST}"})
    _, *items, last = compose_passage(index, row_of(index, "wheel 39 "), "how do I start the ferry")
    assert [item.number for item in items] == [*range(1, 24)]
    assert (last.number, last.after_gap, last.items_after) == (39, True, 1)


def test_more_context_counts_the_items_that_are_left_out(word_encoder: WordEncoder) -> None:
    """Of a list that goes on."""
    index = index_of(word_encoder, {"a.md": f"# Starting the ferry\n\n{LONG_LIST}{LONG_LIST}"})
    last = compose_surroundings(index, row_of(index, "wheel 7 "))[-1]
    assert last.items_after == 80 - last.number > 0


def test_code_is_shown_with_the_sentence_above_it_and_after_the_one_that_introduces_it(
    word_encoder: WordEncoder,
) -> None:
    """Whichever of the two is found."""
    document = f"# Ferry\n\n{LONG}Never run this:\n\n```python\nsail(0)\n```\n\n{LONG}"
    assert shown(word_encoder, document, "sail(0)") == ["Ferry", "Never run this:", "sail(0)"]
    assert shown(word_encoder, document, "Never run this")[-1] == "sail(0)"


def test_a_row_is_shown_with_the_header_of_its_table(word_encoder: WordEncoder) -> None:
    """The rows between them are left out."""
    rows = "".join(f"| {day} | nine |\n" for day in ("monday", "tuesday", "friday"))
    document = f"# Hours\n\n{LONG}\n\n| Day | Opens |\n|---|---|\n{rows}"
    assert shown(word_encoder, document, "friday") == ["Hours", "Day | Opens", "…friday | nine"]


@pytest.mark.parametrize("exception", ["Except on mondays.", "However, it may rain.", "This does not apply to cats."])
def test_an_exception_after_a_sentence_is_shown_with_it(word_encoder: WordEncoder, exception: str) -> None:
    """In the same paragraph and at the beginning of the next one."""
    plain = f"{LONG}The library opens at nine. {exception} {LONG}"
    assert shown(word_encoder, plain, "The library", name="a.txt") == [f"The library opens at nine. {exception}"]
    split = f"{LONG}The library opens at nine.\n\n{exception} {LONG}"
    assert shown(word_encoder, split, "The library", name="a.txt") == ["The library opens at nine.", exception]


def test_the_mark_of_a_box_is_no_exception(word_encoder: WordEncoder) -> None:
    """Its text would be missing."""
    text = f"{LONG}The library opens at nine.\n\n:::caution\n\n{LONG}"
    assert shown(word_encoder, text, "The library", name="a.txt") == ["The library opens at nine."]


def test_a_paragraph_of_a_long_section_is_shown_with_its_neighbours_as_far_as_they_fit(
    word_encoder: WordEncoder,
) -> None:
    """First those below it; a text without headings has none."""
    document = f"The cat came.\n\nThe library opens.\n\nIt rains.\n\n{LONG}"
    assert shown(word_encoder, f"# Cat\n\n{document}", "The library") == [
        "Cat", "The cat came.", "The library opens.", "It rains.",
    ]  # fmt: skip
    assert shown(word_encoder, document, "The library", name="a.txt") == ["The library opens."]


def test_a_question_above_a_paragraph_is_shown_with_its_answer(word_encoder: WordEncoder) -> None:
    """Without the other questions and answers."""
    document = f"{LONG}\n\nWhen does it open? At nine.\n\nIs it free?\n\nThe library is free."
    assert shown(word_encoder, document, "The library is free", name="a.txt")[-2:] == [
        "Is it free?", "The library is free.",
    ]  # fmt: skip


def test_more_context_ends_at_the_section(word_encoder: WordEncoder) -> None:
    """The nearest blocks come first."""
    index = index_of(
        word_encoder, {"a.md": f"# Cat\n\nOne.\n\n{LONG}\n\n{LONG}\n\nIt left.\n\n{LONG}\n\n# Mill\n\nIt turns."}
    )
    parts = compose_surroundings(index, row_of(index, "It left"))
    assert [part.text for part in parts] == ["Cat", LONG.strip(), "It left.", LONG.strip()]


@given(st.text(alphabet="aB.:?# -1\n|`>", max_size=300), st.booleans())
def test_any_text_gives_verified_parts_in_order_within_the_limits(text: str, markdown: bool) -> None:
    """Of every sentence of any document."""
    index = index_of(WordEncoder(), {"a.md" if markdown else "a.txt": text})
    for row in range(index.count):
        passage = compose_passage(index, row, "how do I do it")
        sentence = index.sentence(row)
        document = index.documents[0].text
        assert [document[part.start : part.end] for part in passage] == [part.text for part in passage]
        assert all(first.end <= second.start for first, second in pairwise(passage))
        assert any(part.start <= sentence.start and sentence.end <= part.end for part in passage)
        assert sum(len(part.text) for part in passage) <= MAX_SECTION_LENGTH + MAX_PASSAGE_LENGTH
