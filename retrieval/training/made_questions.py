"""Make questions out of statements, of kinds that sets of questions made by people hardly hold.

"The fort was built in 1840." – "was the fort built in 1840?"; "To reset it, hold the button." – "how to reset it?";
"If the light blinks, …" – "what happens if the light blinks?"; "It is loud because …" – "why is it loud?". What
answers is the whole sentence, since a yes and a no are answered by it alike.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.training.reading_sets import Passage, Question, ReadingSet, is_held_out

NAME = "made_questions"
AUXILIARIES = "is|are|was|were|can|could|will|may|must|should|has|have|had"
STATEMENT = re.compile(
    r"(?!(?:It|He|She|They|This|These|Those|That|There|Here|What|Who|When|Where|Why|How|If|In|On|At|For|And|But|To|By)\b)"
    rf"(?P<subject>[A-Z][^,;:()\"?!]{{2,60}}?) (?P<verb>{AUXILIARIES}) (?P<rest>[^\"?!]{{8,}})"
)
PURPOSE = re.compile(r"(?:In order to|To) (?P<purpose>[a-z]+ [^,;:()?!]{4,70}), ")
PERMISSION = re.compile(
    r"You (?P<verb>can|may|must|should) (?P<action>[a-z]+ [^,;:()?!]{4,70}?) (?:by|with|using|from|in) "
)
CONDITION = re.compile(r"(?:If|When|Once) (?P<condition>[a-z][^,;:()?!]{8,80}), ")
REASON = re.compile(r" (?:because|since|so that|in order to) ")
END_OF_CLAUSE = re.compile(r"[,;:(.]|\b(?:which|because|although|while|but|where|when|since|so that)\b")
MIN_STEP = 20  # characters of what is left of a sentence without its purpose
MAX_SUBJECT_WORDS = 7
REST_WORDS = range(2, 15)


def questions_of(sentence: str) -> list[str]:
    """Turn a statement into the questions that it answers and that its form allows."""
    made = []
    asked = _inverted(sentence)
    if asked:
        made += [f"{asked}?"] + [f"why {asked}?"] * bool(REASON.search(sentence))
    if match := PURPOSE.match(sentence):
        made += [
            f"how do i {match['purpose']}?",
            f"how to {match['purpose']}",
            f"what should I do to {match['purpose']}?",
        ]
    if match := PERMISSION.match(sentence):
        made += [f"how {match['verb']} I {match['action']}?", f"how do you {match['action']}?"]
    if match := CONDITION.match(sentence):
        made += [f"what happens if {match['condition']}?", f"what if {match['condition']}"]
    return made


def _inverted(sentence: str) -> str | None:
    """Put the verb of a statement before its subject; None if its form is not simple enough."""
    match = STATEMENT.match(sentence)
    if match is None or len(match["subject"].split()) > MAX_SUBJECT_WORDS:
        return None
    rest = END_OF_CLAUSE.split(match["rest"])[0].split()
    if len(rest) not in REST_WORDS:
        return None
    return f"{match['verb']} {match['subject'][0].lower()}{match['subject'][1:]} {' '.join(rest)}"


def under_its_purpose(passage: Passage, row: int) -> tuple[Question, Passage] | None:
    """Move the purpose of a sentence into the heading: under "Reset the lamp" stands "Hold the button.".

    Return the question about it, with the passage row to be filled in, and the passage; None if `row`, the number of
    the sentence, names no purpose.
    """
    sentences = passage.sentences
    start, end = sentences[row]
    match = PURPOSE.match(passage.text[start:end])
    if match is None or end - start - match.end() < MIN_STEP:
        return None
    first = passage.text[start + match.end() : end]
    text = " ".join([first[0].upper() + first[1:], *(passage.text[a:b] for a, b in sentences[row + 1 : row + 3])])
    heading = match["purpose"][0].upper() + match["purpose"][1:]
    moved = Passage(passage.title, heading, text, passage.group)
    return Question(f"how do i {match['purpose']}?", 0, (), ((0, len(first)),)), moved


def make_questions(sets: Sequence[ReadingSet], seed: int) -> ReadingSet:
    """Make a set with one question about each passage that has a fitting sentence, none about those held out.

    Questions other than yes-no questions are preferred, since they are rarer. A purpose that a sentence names is also
    asked for under a heading that names it.
    """
    rng = random.Random(seed)
    made = ReadingSet(NAME, [], [])

    def add(passage: Passage, question: Question | None) -> None:
        made.groups.setdefault(passage.group, []).append(len(made.passages))
        if question is not None:
            made.questions.append(replace(question, passage=len(made.passages)))
        made.passages.append(passage)

    for passage in (passage for data in sets for passage in data.passages if not is_held_out(passage)):
        asked = [(text, span) for span in passage.sentences for text in questions_of(passage.text[span[0] : span[1]])]
        rare = [(text, span) for text, span in asked if text.startswith(("how", "what", "why"))]
        text, span = rng.choice(rare or asked) if asked else ("", (0, 0))
        add(passage, Question(text, 0, (), (span,)) if asked else None)
        for row in range(len(passage.sentences)):
            if (moved := under_its_purpose(passage, row)) is not None:
                add(moved[1], moved[0])
    return made
