"""A list or table answers the question that its heading says, though its items have none of its words."""

import numpy as np
import pytest

from retrieval.asking.named_lists import NAMED_LIST_PROBABILITY, is_all_of_a_list, prefer_named_lists
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

DOCUMENT = """# Server

The ferry sleeps.

## Console commands

- /home
- /bal

## Not reimbursed

- fines
- wine

## Reimbursed

- trains
- hotels

## Seasonal events

| Event | Start |
|---|---|
| Fair | May |
| Feast | June |

## What you may bring

- a torch
- a rope

## What you may not bring

- glass
- fireworks

## Open issues

None of these is open:

- the gate
- the mill

## Moving the mill

1. Lift it.
2. Push it.
"""


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("list all console commands", "/home"),
        ("Which console commands are there on the server?", "/home"),
        ("what is not reimbursed", "fines"),
        ("What is reimbursed?", "trains"),
        ("what are the seasonal events", "Fair | May"),
        ("How do I move the mill?", "Lift it."),
        ("what may I bring", "a torch"),
        ("what can't I bring?", "glass"),
        ("list all console commands of the ferry", None),  # says more than the heading
        ("list all commands", None),  # says less
        ("what is never reimbursed by anybody", None),
        ("how many console commands are there", None),  # asks for something else
        ("what are the open issues", None),  # the list has a lead-in
        ("what are console events", None),
    ],
)
def test_the_list_below_the_heading_that_a_question_names_comes_first(
    word_encoder: WordEncoder, question: str, first: str | None
) -> None:
    """It takes the best score, and is likely; otherwise nothing changes."""
    index = index_of(word_encoder, {"a.md": DOCUMENT})
    hits = [Hit(row, 9.0 - row, 0.1, np.zeros(1, np.float32)) for row in range(index.count)]
    ordered = prefer_named_lists(index, hits, question)
    if first is None:
        assert ordered == hits
    else:
        best = ordered[0]
        assert (index.text(best.row), best.score, best.probability) == (first, 9.0, NAMED_LIST_PROBABILITY)
        assert len(ordered) == len(hits)


def test_a_list_that_is_too_long_to_show_is_preferred_as_well(word_encoder: WordEncoder) -> None:
    """Its beginning is shown, and how many items follow."""
    items = "".join(f"- item number {number} of the long list\n" for number in range(80))
    index = index_of(word_encoder, {"a.md": f"# Things\n\nText.\n\n## Console commands\n\n{items}"})
    hits = [Hit(row, 9.0 - row, 0.1, np.zeros(1, np.float32)) for row in range(index.count)]
    first, *_ = prefer_named_lists(index, hits, "list all console commands")
    assert (index.text(first.row), first.probability) == ("item number 0 of the long list", NAMED_LIST_PROBABILITY)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("list all console commands", DOCUMENT, True),
        ("what are the seasonal events", DOCUMENT, True),
        ("what may I bring", DOCUMENT, False),  # not all of something
        ("list all commands", DOCUMENT, False),
        ("list all console commands", f"{DOCUMENT}\n# Client\n\n## Console commands\n\n- /away\n- /back\n", False),
    ],
)
def test_the_only_list_of_a_name_is_all_of_it(
    word_encoder: WordEncoder, question: str, text: str, expected: bool
) -> None:
    """Of several lists, which one is meant is left to whoever reads them."""
    index = index_of(word_encoder, {"a.md": text})
    hits = [Hit(row, 9.0 - row, 0.1, np.zeros(1, np.float32)) for row in range(index.count)]
    assert is_all_of_a_list(index, prefer_named_lists(index, hits, question), question) is expected
