"""Questions that consist of several are divided, and no others; a part that refers back is given its subject."""

import pytest

from retrieval.text.question_parts import MAX_LENGTH, split_question
from retrieval.text.question_subjects import find_subject, refer_to

DIVIDED = [
    ("when does it open and how much does it cost?", ["when does it open?", "how much does it cost?"]),
    ("When does the museum open and how much is it?", ["When does the museum open?", "how much is it?"]),
    ("Where is the library, and when does it close?", ["Where is the library?", "when does it close?"]),
    ("How do I install Norvil? What does it need?", ["How do I install Norvil?", "What does it need?"]),
    ("What is a seed and what is a document?", ["What is a seed?", "what is a document?"]),
    ("how much is a day ticket and where do I buy it", ["how much is a day ticket?", "where do I buy it?"]),
    ("Is the pool heated and is there a sauna?", ["Is the pool heated?", "is there a sauna?"]),
    ("Can I bring my dog and do you have parking?", ["Can I bring my dog?", "do you have parking?"]),
    ("Who runs the library and when was it built?", ["Who runs the library?", "when was it built?"]),
    ("When was the bridge built and who designed it?", ["When was the bridge built?", "who designed it?"]),
    ("What is Norvil, how does it work and who made it?", ["What is Norvil?", "how does it work?", "who made it?"]),
    (
        "Does the ferry run on Sundays; how long does the crossing take?",
        ["Does the ferry run on Sundays?", "how long does the crossing take?"],
    ),
    ("how do I get to the castle and is it free", ["how do I get to the castle?", "is it free?"]),
    ("Where is the castle and can I eat there?", ["Where is the castle?", "can I eat there?"]),
    (
        "How many rooms does the hotel have and are there lifts?",
        ["How many rooms does the hotel have?", "are there lifts?"],
    ),
    (
        "What time does the market start and which streets are closed?",
        ["What time does the market start?", "which streets are closed?"],
    ),
    (
        "How many rooms does the hotel have and what do they cost?",
        ["How many rooms does the hotel have?", "what do they cost?"],
    ),
    (
        "Hi, when is the next meeting and where does it take place? Thanks!",
        ["when is the next meeting?", "where does it take place?"],
    ),
    (
        "Can I cancel my booking and will I get my money back?",
        ["Can I cancel my booking?", "will I get my money back?"],
    ),
    ("Where's the toilet and is it accessible?", ["Where's the toilet?", "is it accessible?"]),
    (
        "Why was the old bridge closed and when will it open again?",
        ["Why was the old bridge closed?", "when will it open again?"],
    ),
    (
        "which bus goes to the harbour and how often does it run?",
        ["which bus goes to the harbour?", "how often does it run?"],
    ),
    ("Do I need a ticket? How much does it cost?", ["Do I need a ticket?", "How much does it cost?"]),
    ("What does error 42 mean & how do I fix it?", ["What does error 42 mean?", "how do I fix it?"]),
    ("how old is the church and who built it", ["how old is the church?", "who built it?"]),
    ("Are dogs allowed and do they need a ticket?", ["Are dogs allowed?", "do they need a ticket?"]),
    ("what happens if I lose my key and who do I call?", ["what happens if I lose my key?", "who do I call?"]),
    (
        "When does the library in Sarn open and what are its opening hours on Sundays?",
        ["When does the library in Sarn open?", "what are its opening hours on Sundays?"],
    ),
    (
        "Is the café open in winter, and does it serve breakfast?",
        ["Is the café open in winter?", "does it serve breakfast?"],
    ),
    ("How is the bot installed and how do I update it?", ["How is the bot installed?", "how do I update it?"]),
    (
        "who is the mayor and how long has she been in office?",
        ["who is the mayor?", "how long has she been in office?"],
    ),
    (
        "How do I reset my password and how do I change my email?",
        ["How do I reset my password?", "how do I change my email?"],
    ),
]
WHOLE = [
    "how much does it cost and weigh?",
    "What and where is the Alhambra?",
    "Where and when was he born?",
    "When does it open and close?",
    "How do I install and configure the bot?",
    "Who wrote Pride and Prejudice?",
    "Is the pool heated and open to children?",
    "What is the difference between rest and sleep?",
    "Can people who live in Oslo and who work in Bergen apply?",
    "Is the ferry that leaves at nine and is the fastest free?",
    "Which city has a port and is the capital of Norway?",
    "Do you know when it opens and how much it costs?",
    "Tell me when the museum opens and where it is.",
    "Can I fish and have a fire?",
    "Can I wash and do the laundry there?",
    "I lost my card. What do I do? Where do I go?",
    "When it rains, where do I go?",
    "If I pay, how do I cancel?",
    "Is it free or do I need to pay?",
    "When does it open? On Sundays?",
    "Is it open? If so, when?",
    'Who sang "Where are you and what are you doing"?',
    "What should I bring and why?",
    "How far and how high is it?",
    "How do I read and is?",
    "Who lives in Oslo and is the king's brother?",
    "What are the names and ages of the children?",
    "When does the train that stops in Sarn and is the last one leave?",
    "How long are tickets valid, and for whom?",
    "when and how do I pay?",
    "What does the manual say about when and where it is used?",
    "Where can I eat and what?",
]


@pytest.mark.parametrize(("question", "parts"), DIVIDED)
def test_whole_questions_in_one_are_divided(question: str, parts: list[str]) -> None:
    """Parts keep their words and their order, without greetings, thanks and the words that join them."""
    assert [part.words for part in split_question(question, "en")] == parts


@pytest.mark.parametrize("question", WHOLE)
def test_what_is_one_question_is_not_divided(question: str) -> None:
    """Joined verbs, question words, clauses and names make no second question; in doubt it is one."""
    assert split_question(question, "en") == ()


def test_questions_in_other_languages_are_never_divided() -> None:
    """The rules are about English words, whatever the question looks like."""
    assert split_question("When does it open and how much is it?", "de") == ()


def test_long_messages_and_many_questions_are_not_divided() -> None:
    """A message with much besides is one question, and so are more than three."""
    assert split_question("When does it open and how much is it?" + " " * MAX_LENGTH, "en") == ()
    assert split_question("Is it open? Is it free? Is it warm? Is it far?", "en") == ()


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When does the museum open and how much is it?", ["how much is the museum?"]),
        ("Where is the library, and when does it close?", ["when does the library close?"]),
        ("How do I install Norvil? What does it need?", ["What does Norvil need?"]),
        ("how much is a day ticket and where do I buy it", ["where do I buy a day ticket?"]),
        ("Who runs the library and when was it built?", ["when was the library built?"]),
        ("When was the bridge built and who designed it?", ["who designed the bridge?"]),
        ("What is Norvil, how does it work and who made it?", ["how does Norvil work?", "who made Norvil?"]),
        ("how do I get to the castle and is it free", ["is the castle free?"]),
        ("Where is the castle and can I eat there?", ["can I eat at the castle?"]),
        (
            "Hi, when is the next meeting and where does it take place? Thanks!",
            ["where does the next meeting take place?"],
        ),
        ("Where's the toilet and is it accessible?", ["is the toilet accessible?"]),
        ("Why was the old bridge closed and when will it open again?", ["when will the old bridge open again?"]),
        ("Do I need a ticket? How much does it cost?", ["How much does a ticket cost?"]),
        ("What does error 42 mean & how do I fix it?", ["how do I fix error 42?"]),
        ("how old is the church and who built it", ["who built the church?"]),
        ("Are dogs allowed and do they need a ticket?", ["do dogs need a ticket?"]),
        (
            "When does the library in Sarn open and what are its opening hours on Sundays?",
            ["what are the library’s opening hours on Sundays?"],
        ),
        ("Is the café open in winter, and does it serve breakfast?", ["does the café serve breakfast?"]),
        ("How is the bot installed and how do I update it?", ["how do I update the bot?"]),
        ("who is the mayor and how long has she been in office?", ["how long has the mayor been in office?"]),
    ],
)
def test_a_part_that_refers_back_is_asked_with_its_subject(question: str, asked: list[str]) -> None:
    """The noun that the first part is about stands in place of the pronoun."""
    assert [part.asked for part in split_question(question, "en") if part.asked != part.words] == asked


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("when does the city museum open", "the city museum"),
        ("where is the city museum", "the city museum"),
        ("when is breakfast", "breakfast"),
        ("how do I get in", None),
        ("when does it open", None),
        ("how do you sell tickets", "tickets"),
    ],
)
def test_the_subject_is_the_noun_phrase_before_the_verb_or_the_last_one(question: str, subject: str | None) -> None:
    """A question about a person's action is about what it is done to."""
    assert find_subject(question) == subject


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("how much are they", "how much are they"),
        ("is there a lift", "is there a lift"),
        ("what is its price", "what is the pool’s price"),
        ("can I swim there", "can I swim at the pool"),
    ],
)
def test_a_pronoun_stands_only_for_what_agrees_with_it(question: str, asked: str) -> None:
    """Several things are not one, and "is there" refers to nothing."""
    assert refer_to(question, "the pool") == asked
