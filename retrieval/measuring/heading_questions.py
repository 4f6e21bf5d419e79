"""Make questions out of the headings of documents: what stands below a heading answers what people ask with its words.

"Creating a backup" – "how do i create a backup"; "Why is it slow?" – as it is; "Keyboard shortcuts" – "where can i find
the keyboard shortcuts". English only.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retrieval.index.index import Index
from retrieval.text.locations import HEADING_SEPARATOR, heading_path

WORD = re.compile(r"[a-z][a-z'-]+")
NUMBERING = re.compile(r"^(?:(?:chapter|section|appendix|step)\s+)?[\divxIVX]*\d[\d.]*[.):]?\s+", re.IGNORECASE)
EMPTY_HEADINGS = frozenset((
    "introduction", "overview", "examples", "example", "notes", "note", "see also", "description", "usage", "options",
    "parameters", "arguments", "summary", "contents", "more information", "further reading", "background", "details",
    "general", "misc", "other", "about", "related topics", "next steps", "conclusion", "references", "attributes",
))  # fmt: skip
HOW_FORMS = (
    "how do i {}", "how to {}", "how can i {}?", "how do you {}", "is there a way to {}?", "i want to {}", "can i {}?",
    "what do i have to do to {}", "{}",
)  # fmt: skip
WHAT_FORMS = ("what is {}?", "{}", "{}", "where can i find {}", "how does {} work?", "tell me about {}", "{} explained")
MIN_SECTION_LENGTH = 80  # characters below a heading that can answer
MAX_WORDS = 9  # of a heading; longer ones are sentences


@dataclass(frozen=True, slots=True)
class HeadingQuestion:
    """A question made from a heading, and the section below it: characters start…end of a document, a row."""

    question: str
    heading: str
    document: int
    start: int
    end: int


def make_heading_questions(index: Index, seed: int) -> Iterator[HeadingQuestion]:
    """Make a question for each section with a heading that says something, in the order of the documents."""
    rng = random.Random(seed)
    frequency = Counter(word for document in index.documents for word in WORD.findall(document.text.lower()))
    verbs = {base for word in frequency if (base := base_of(word, frequency)) is not None}
    for number, document in enumerate(index.documents):
        headings = document.headings
        for place, heading in enumerate(headings):
            end = headings[place + 1].start if place + 1 < len(headings) else len(document.text)
            text = document.text[heading.start : heading.end].strip("#*=_` \n:")
            names = (heading_path(document, heading.end) or text).split(HEADING_SEPARATOR)
            question = ask(text, [name for name in names if name != text], frequency, verbs, rng)
            if question is not None and end - heading.end >= MIN_SECTION_LENGTH:
                yield HeadingQuestion(question, text, number, heading.end, end)


def ask(
    heading: str, above: Iterable[str], frequency: Mapping[str, int], verbs: Iterable[str], rng: random.Random
) -> str | None:
    """Turn a heading into a question; None if it says too little or too much. `above` are the headings around it."""
    text = NUMBERING.sub("", heading).strip()
    words = text.split()
    if (
        not words
        or len(words) > MAX_WORDS
        or text.lower().strip(".:") in EMPTY_HEADINGS
        or not WORD.search(text.lower())
    ):
        return None
    if text.endswith("?"):
        return text
    first, rest = words[0].lower(), " ".join(words[1:])
    base = base_of(first, frequency) or (first if first in verbs else None)
    if base is not None and rest:
        asked = rng.choice(HOW_FORMS).format(
            f"{base} {rest[0].lower() if len(rest) > 1 and rest[1:2].islower() else rest[0]}{rest[1:]}"
        )
    else:
        asked = rng.choice(WHAT_FORMS).format(text.lower() if text[1:].islower() else text)
    names = [name for name in above if len(name.split()) <= 4]
    if names and (len(words) == 1 or rng.random() < 0.25):
        asked = f"{asked.rstrip('?')} in {names[-1].lower()}"
    return asked if len(asked.split()) > 1 else None


def base_of(word: str, frequency: Mapping[str, int]) -> str | None:
    """Find the verb of which a word is the -ing form, among the words that occur; None if it is none."""
    if not word.endswith("ing") or len(word) < 5:
        return None
    stem = word[:-3]
    bases = [stem, f"{stem}e"] + [stem[:-1]] * (len(stem) > 2 and stem[-1] == stem[-2])
    known = [base for base in bases if frequency.get(base)]
    return max(known, key=lambda base: frequency[base], default=None)
