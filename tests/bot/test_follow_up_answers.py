"""Follow-ups to an answer, with the real model: another answer than the one just given, or none, unless asked again."""

from functools import partial
from pathlib import Path

import pytest

from bot.answering_stack import AnsweringStack
from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.follow_ups import Previous
from retrieval.types import Answer
from tests.bot.conftest import build_stack

TEXTS = {
    "museum.md": """# Museum of the river

A ticket costs 9 euros for adults. Children under twelve pay 4 euros. Groups of more than ten people pay 6 euros each.
The museum opens at ten in the morning. It closes at six in the evening. On Mondays it stays shut.
Dogs are welcome in the yard. They may not enter the halls.

## History

The museum was founded in 1931 by the ferry guild. The guild sold it to the town in 1967.
The largest exhibit is a barge of oak. It was built in Werden in 1822 and carried slate.
""",
    "library.md": """# Town library

The town library opens at nine on weekdays. On Saturdays it opens at eleven. It is shut on Sundays.

Members may borrow eight books at a time. Films can be borrowed two at a time.

A membership card costs 15 euros a year. Students pay 7 euros a year. Whoever loses the card pays 3 euros for a new one.
""",
    "norvil.md": """# Norvil server handbook

Norvil is installed with `pip install norvil`. On Windows it is installed with the setup program from the download page.

The port is set with `listen_port` in norvil.toml. The log level is set with `log_level`. The default port is 8642.

Backups are made every night at two. They are kept for thirty days.
""",
    "club.md": """# Rules of the rowing club

New members pay a fee of 60 euros a year. Members under eighteen pay 25 euros a year.

The chairwoman is Marta Ilves. The treasurer is Piet Anders.

The winter tournament begins on 8 January. Registration ends on 20 December.
""",
}
TICKET, OPENING = "How much does a museum ticket cost for adults?", "When does the town library open on weekdays?"
FOUNDED, FEE = "When was the museum founded?", "How much do new members of the rowing club pay?"
BEGIN = "When does the winter tournament begin?"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]) -> AnsweringStack:
    """Return what answers from the texts."""
    seeds = tmp_path_factory.mktemp("seeds")
    for name, text in TEXTS.items():
        (seeds / name).write_text(text, "utf-8")
    return build_stack(seeds, tmp_path_factory.mktemp("follow-ups"), compiled_model[0])[1]


def ask_both(stack: AnsweringStack, question: str, follow_up: str) -> tuple[Answer, Answer]:
    """Ask a question, which must be answered, and its follow-up; return both answers."""
    ask = partial(stack.retriever.ask, threshold=stack.threshold)
    first = ask_in_parts(ask, question, None, "en")
    assert first.answered
    given = frozenset(quote.citation.id for quote in first.quotes)
    return first, ask_in_parts(ask, follow_up, Previous(question, given), "en")


@pytest.mark.parametrize(
    ("question", "follow_up", "beginning"),
    [
        (TICKET, "and for children?", "Children under twelve pay 4"),
        (TICKET, "for children?", "Children under twelve pay 4"),
        (TICKET, "what about groups?", "Groups of more than ten"),
        ("How much does a museum ticket cost?", "and when does it close?", "It closes at six"),
        (OPENING, "and on Saturdays?", "On Saturdays it opens at eleven"),
        (OPENING, "what about Sundays?", "It is shut on Sundays"),
        ("How many books can members borrow?", "and films?", "Films can be borrowed two"),
        ("How much is a membership card of the library?", "what about students?", "Students pay 7"),
        ("How is Norvil installed?", "and on Windows?", "On Windows it is installed"),
        ("How is the port set in Norvil?", "and the log level?", "The log level is set"),
        ("When are backups of Norvil made?", "and how long are they kept?", "They are kept for thirty"),
        ("Who is the chairwoman of the rowing club?", "and the treasurer?", "The treasurer is Piet"),
        (FEE, "and members under eighteen?", "Members under eighteen pay 25"),
        (BEGIN, "and when does registration end?", "Registration ends on 20"),
    ],
)
def test_follow_up_gets_its_own_answer(stack: AnsweringStack, question: str, follow_up: str, beginning: str) -> None:
    """The sentence beside the one just quoted that has the words of the follow-up."""
    _, second = ask_both(stack, question, follow_up)

    assert [quote.text.startswith(beginning) for quote in second.quotes] == [True]


@pytest.mark.parametrize(
    ("question", "follow_up"),
    [
        (TICKET, "how much was that again?"),
        (FOUNDED, "and who founded it?"),
        (FOUNDED, "by whom?"),
        ("When was the barge of oak built?", "and where was that?"),
    ],
)
def test_quote_is_given_again_if_it_is_asked_again_or_answers_that_as_well(
    stack: AnsweringStack, question: str, follow_up: str
) -> None:
    """The follow-up has no word that the quoted sentence lacks, or asks for it again."""
    first, second = ask_both(stack, question, follow_up)

    assert [quote.text for quote in second.quotes] == [quote.text for quote in first.quotes]


@pytest.mark.parametrize(
    ("question", "follow_up"),
    [
        (TICKET, "and for pensioners?"),
        (TICKET, "and when was it painted?"),
        ("How is Norvil installed?", "and what does it cost?"),
        (BEGIN, "and who won it?"),
    ],
)
def test_follow_up_without_an_answer_is_refused(stack: AnsweringStack, question: str, follow_up: str) -> None:
    """Neither the quote just given nor what stands beside it answers."""
    assert not ask_both(stack, question, follow_up)[1].answered
