"""Several questions in one, and questions for all of something, asked of small documents with the real model."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.answering_stack import answer_threshold
from config.settings import RANKER, READER, load_settings
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.encoding.span_reader import open_reader
from retrieval.text.ask_parts import ask_in_parts
from retrieval.types import Answer
from tests.support.small_index import index_of

LANE = "Hornbeam hedges line the lane behind the chapel and are cut by the neighbours in turn. " * 10
TEXTS = {
    "museum.md": f"# The salt museum\n\n## Opening hours\n\n{LANE}\n\nThe salt museum opens at nine in the morning.\n\n"
    f"## Admission\n\n{LANE}\n\nA ticket for the salt museum costs seven euros.\n",
    "mill.md": f"# The mill\n\n{LANE}\n\nThe mill of Hestrup was built in 1804 by Old Garbeck.\n",
    "commands.md": "# Commands of the Pelna bot\n\n"
    f"{LANE}\n\n## Commands for members\n\n{LANE}\n\nThe Pelna bot has these commands for members:\n\n"
    "- `roll` throws two dice\n- `weather` shows the forecast of the day\n- `tides` shows the tides of the harbour\n\n"
    f"## Commands for moderators\n\n{LANE}\n\nThe Pelna bot has these commands for moderators:\n\n"
    "- `mute` silences a member for an hour\n- `purge` deletes the last messages of a channel\n",
}
Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def ask(encoder: OnnxEncoder) -> Ask:
    """Return what asks a question of the documents as the bot does, with the default threshold."""
    ranker = read_ranker(RANKER).with_reader(True)
    retriever = Retriever(index_of(encoder, TEXTS), encoder, ranker, reader=open_reader(READER))
    threshold = answer_threshold(load_settings(), ranker)
    return lambda question: ask_in_parts(partial(retriever.ask, threshold=threshold), question, None, "en")


def marked(answer: Answer) -> list[str]:
    """Return the quoted sentences."""
    return [quote.text for quote in answer.quotes]


OPENING, PRICE = "The salt museum opens at nine in the morning.", "A ticket for the salt museum costs seven euros."
BUILT = "The mill of Hestrup was built in 1804 by Old Garbeck."


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("When does the salt museum open and how much does a ticket for the salt museum cost?", [OPENING, PRICE]),
        ("How much is a ticket for the salt museum? When does the museum open?", [PRICE, OPENING]),
        ("When does the salt museum open and when was the mill of Hestrup built?", [OPENING, BUILT]),
    ],
)
def test_each_question_gets_its_quote(ask: Ask, question: str, quotes: list[str]) -> None:
    """The quotes are in the order of the questions, and none is missing."""
    answer = ask(question)
    assert (marked(answer), answer.unanswered) == (quotes, ())


def test_a_passage_that_answers_both_is_quoted_once(ask: Ask) -> None:
    """Both parts are answered by the same sentence."""
    answer = ask("When was the mill of Hestrup built and who built it?")
    assert (marked(answer), [part.answered for part in answer.parts]) == ([BUILT], [True, True])


def test_a_part_that_nothing_answers_is_said_to_be_unanswered(ask: Ask) -> None:
    """It lowers nothing for the other part."""
    answer = ask("When does the salt museum open and who won the football World Cup in 1954?")
    assert (marked(answer), answer.unanswered) == ([OPENING], ("who won the football World Cup in 1954?",))


def test_two_questions_without_an_answer_are_refused(ask: Ask) -> None:
    """As one question is."""
    answer = ask("What is the capital of Australia and who won the World Cup in 1954?")
    assert (answer.answered, answer.parts) == (False, ())


ROLL, MUTE = "roll throws two dice", "mute silences a member for an hour"


def items(answer: Answer) -> list[list[str]]:
    """Return the items that each quote shows."""
    return [[part.text for part in quote.passage if part.kind == "item"] for quote in answer.quotes]


@pytest.mark.parametrize("question", ["List all commands of the Pelna bot", "Which commands does the Pelna bot have?"])
def test_all_lists_of_a_document_are_shown_if_everything_is_asked_for(ask: Ask, question: str) -> None:
    """They stand in two sections, whichever comes first, and each is shown whole, from its first item on."""
    members, moderators = sorted(items(ask(question)), key=len, reverse=True)
    assert (len(members), members[0], len(moderators), moderators[0]) == (3, ROLL, 2, MUTE)


def test_one_list_is_shown_if_one_thing_is_asked_for(ask: Ask) -> None:
    """The other section is not about tides."""
    assert len(items(ask("Which command shows the tides?"))) == 1


def test_the_whole_list_is_shown_even_if_one_item_is_the_best_sentence(encoder: OnnxEncoder) -> None:
    """A long list comes whole if all of it is asked for, and else the item alone."""
    rules = [
        f"Rule of the harbour of Sarn, number {n}: boats of {n} metres lie at pier {n} by the wall" for n in range(14)
    ]
    rules[9] = "All boats in the harbour of Sarn need a permit"
    text = f"# The harbour\n\n{LANE}\n\nOn land:\n\n" + "".join(f"- {rule}\n" for rule in rules)
    retriever = Retriever(index_of(encoder, {"a.md": text}), encoder, read_ranker(RANKER))
    for question, count in (
        ("List all boats that need a permit in the harbour of Sarn", 14),
        ("Is a permit needed?", 1),
    ):
        answer = retriever.ask(question, threshold=0.0)
        assert (answer.quotes[0].text, len(items(answer)[0])) == (rules[9], count)
