"""Make questions out of statements, of kinds that sets of questions made by people hardly hold.

"The fort was built in 1840." – "was the fort built in 1840?"; "To reset it, hold the button." – "how to reset it?";
"If the light blinks, …" – "what happens if the light blinks?"; "It is loud because …" – "why is it loud?". What
answers is the whole sentence, since a yes and a no are answered by it alike.
"""

import random
import re
from collections.abc import Sequence

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


def make_questions(sets: Sequence[ReadingSet], seed: int) -> ReadingSet:
    """Make a set with one question about each passage that has a fitting sentence, none about those held out.

    Questions other than yes-no questions are preferred, since they are rarer.
    """
    rng = random.Random(seed)
    passages: list[Passage] = []
    questions = []
    groups: dict[str, list[int]] = {}
    for passage in (passage for data in sets for passage in data.passages if not is_held_out(passage)):
        groups.setdefault(passage.group, []).append(len(passages))
        made = [(text, span) for span in passage.sentences for text in questions_of(passage.text[span[0] : span[1]])]
        rare = [(text, span) for text, span in made if text.startswith(("how", "what", "why"))]
        if made:
            text, span = rng.choice(rare or made)
            questions.append(Question(text, len(passages), (), (span,)))
        passages.append(passage)
    return ReadingSet(NAME, questions, passages, groups)
