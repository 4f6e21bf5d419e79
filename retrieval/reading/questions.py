"""Recognise questions that stand above their answers, as headings: "Q: …" and "A: …", bold lines, a run of questions.

A myth above its fact ("Myth: …", "Fact: …") is read in the same way: what it says is not so.

So are the items of a list most of which ask, with their answers inside them.

Paragraphs and their markup come in, pieces of them go out. Questions in headings and in <summary> need no recognition.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from retrieval.reading.markdown import Markup, Span

LEVEL = 7  # of a question, below all headings of sections
LABEL = r"[*_]*(?:{words}) ?\d{{0,3}}[*_]*[{marks}][*_]*\s+(?=\S)"
ASKED = "Q|Question|QUESTION|Frage|FRAGE|Pregunta|Pergunta|Domanda|Vraag"
ANSWERS = "A|Answer|ANSWER|Antwort|ANTWORT|Réponse|Respuesta|Resposta|Risposta|Antwoord"
ASKED_LETTERS, ANSWER_LETTERS = "F|P|D|V", "R"  # of other languages; with a stop they are initials of names
FACTS = "Fact|FACT|Truth|Reality|Fakt|Wahrheit|Tatsache"
QUESTION_LABEL = re.compile(LABEL.format(words=ASKED, marks=":.") + "|" + LABEL.format(words=ASKED_LETTERS, marks=":"))
ANSWER_LABEL = re.compile(
    f"(?:{LABEL.format(words=ANSWERS, marks=':.')}|{LABEL.format(words=ANSWER_LETTERS, marks=':')})"
)
ANSWER = re.compile(  # in a paragraph
    rf"\n(?={ANSWER_LABEL.pattern})|\s(?={LABEL.format(words=ANSWERS + '|' + ANSWER_LETTERS, marks=':')})"
)
MYTH_LABEL = re.compile(LABEL.format(words="Myth|MYTH|Misconception|Mythos|Irrtum", marks=":"))
FACT_LABEL = re.compile(LABEL.format(words=FACTS, marks=":"))
FACT = re.compile(rf"\s(?={FACT_LABEL.pattern})")
BOLD_QUESTION = re.compile(r"(\*\*|__)(?=\S)[^*_\n]+\?\1\??(?=[ \t\\]*(?:\n|$))")
RUN_IN_QUESTION = re.compile(r"(\*\*|__)(?=\S)[^*_\n]+\?\1(?=[ \t]+\S)")  # bold, with its answer in the same line
SENTENCE_GAP = re.compile(r"[.!?…:]\s")  # with something behind the end of a sentence
CLOSING_MARKS = "\"'”’»)*_ "
MAX_QUESTION_LENGTH = 300  # characters
MIN_PLAIN_QUESTIONS = 2  # in a document, also of those in bold at the start of a line; fewer may be rhetorical
QUESTION = Markup("heading", LEVEL)
Piece = tuple[Span, Markup]  # of a paragraph, counted from its start


def divide_questions(contents: Sequence[str], markups: Sequence[Markup]) -> list[list[Piece]]:
    """Divide each paragraph of a document into a question, if it is or begins with one, and the rest of it.

    The label of an answer ("A: ") is in no piece. A piece without text ends the heading above it.
    """
    markups, behind = _without_asked_items(contents, markups)
    ends = [_question_end(contents, markups, number) for number in range(len(contents))]
    plain = [number for number in range(len(contents)) if not ends[number] and _is_plain(contents, markups, number)]
    if len(plain) >= MIN_PLAIN_QUESTIONS:
        for number in plain:
            ends[number] = len(contents[number])
    run_in = {number: found.end() for number, content in enumerate(contents) if not ends[number]
              and _is_text(markups[number]) and (found := RUN_IN_QUESTION.match(content))}  # fmt: skip
    for number, end in run_in.items() if len(run_in) >= MIN_PLAIN_QUESTIONS else ():
        ends[number] = end
    divided = []
    below_question = False
    for content, markup, end in zip(contents, markups, ends, strict=True):
        if end or below_question:
            divided.append(list(_pieces(content, markup, end)))
        else:
            divided.append([((0, len(content)), markup)])
        below_question = end == len(content) > 0
    for number in behind:
        divided[number].insert(0, ((0, 0), QUESTION))
    return divided


def _without_asked_items(contents: Sequence[str], markups: Sequence[Markup]) -> tuple[list[Markup], list[int]]:
    """Make headings of the items of a list that ask, above the rest of the item, where most items do and several.

    Returns the markups, and the numbers of the paragraphs before which what is below the last of them ends.
    """
    revised, behind = list(markups), []
    is_list = [markup.level > 0 and markup.kind != "heading" for markup in markups]
    for is_inside, run in groupby(range(len(markups)), key=is_list.__getitem__):
        numbers = list(run)
        outer = [number for number in numbers if markups[number].kind == "item" and markups[number].level == 1]
        asked = {number for number in outer if _is_asked_item(contents, markups, number)}
        if not is_inside or len(asked) < max(MIN_PLAIN_QUESTIONS, len(outer) / 2):
            continue
        is_below = False
        for number in numbers:
            if number in asked:
                revised[number] = QUESTION
            elif is_below and number in outer:
                behind.append(number)
            elif is_below:
                revised[number] = markups[number]._replace(level=markups[number].level - 1)
            is_below = number in asked or (is_below and number not in outer)
        following = numbers[-1] + 1
        if is_below and following < len(markups) and markups[following].kind != "heading":
            behind.append(following)
    return revised, behind


def _is_asked_item(contents: Sequence[str], markups: Sequence[Markup], number: int) -> bool:
    """Tell whether an item is a single question with something inside it that may be the answer."""
    content = contents[number]
    if len(content) > MAX_QUESTION_LENGTH or not _asks(content) or SENTENCE_GAP.search(content):
        return False
    inside = markups[number + 1] if number + 1 < len(markups) else None
    return inside is not None and inside.kind != "heading" and inside.level > (inside.kind == "item")


def _pieces(content: str, markup: Markup, end: int) -> Iterator[Piece]:
    """Yield the question content[:end], if any, and without the label of an answer what follows it."""
    start = end
    if end:
        yield (0, end), QUESTION
        start = len(content) - len(content[end:].lstrip("\\ \t\n"))
    label = ANSWER_LABEL.match(content, start) if _is_text(markup) else None
    start = label.end() if label else start
    if start < len(content) or not end:
        yield (start, len(content)), markup


def _question_end(contents: Sequence[str], markups: Sequence[Markup], number: int) -> int:
    """Return the end of a labelled or bold question at the start of a paragraph, 0 if there is none with an answer."""
    content = contents[number]
    if not _is_text(markups[number]):
        return 0
    end = 0
    if QUESTION_LABEL.match(content):
        answer = ANSWER.search(content)
        first_line = content.partition("\n")[0]
        if answer:
            end = answer.start()
        elif _asks(content) or _begins_with_answer(contents, markups, number + 1):
            end = len(content)
        elif _asks(first_line):
            end = len(first_line)
    elif MYTH_LABEL.match(content):
        end = _myth_end(contents, markups, number)
    elif bold := BOLD_QUESTION.match(content):
        end = bold.end()
    is_answered = end < len(content) or _is_answer(contents, markups, number + 1)
    return end if end <= MAX_QUESTION_LENGTH and is_answered else 0


def _myth_end(contents: Sequence[str], markups: Sequence[Markup], number: int) -> int:
    """Return where the myth in a paragraph ends, 0 if no fact follows it there or in the next paragraph."""
    if fact := FACT.search(contents[number]):
        return fact.start()
    followed = number + 1 < len(contents) and _is_text(markups[number + 1]) and FACT_LABEL.match(contents[number + 1])
    return len(contents[number]) if followed else 0


def _is_plain(contents: Sequence[str], markups: Sequence[Markup], number: int) -> bool:
    """Tell whether a paragraph is a single question without a label, and what follows it may be the answer."""
    content = contents[number]
    return (
        _is_text(markups[number])
        and len(content) <= MAX_QUESTION_LENGTH
        and _asks(content)
        and not SENTENCE_GAP.search(content)
        and _is_answer(contents, markups, number + 1)
    )


def _is_answer(contents: Sequence[str], markups: Sequence[Markup], number: int) -> bool:
    """Tell whether there is a paragraph that may be an answer: no heading, and no question itself."""
    return number < len(contents) and markups[number].kind != "heading" and not _asks(contents[number])


def _begins_with_answer(contents: Sequence[str], markups: Sequence[Markup], number: int) -> bool:
    return number < len(contents) and _is_text(markups[number]) and bool(ANSWER_LABEL.match(contents[number]))


def _asks(content: str) -> bool:
    return content.rstrip(CLOSING_MARKS).endswith("?")


def _is_text(markup: Markup) -> bool:
    """Tell whether markup leaves open what a paragraph is."""
    return markup.kind is None and not markup.level
