"""Tell short lines of plain text that state a fact from headings: "Dogs are welcome", "Warden Ines Falk".

What has neither a verb nor a word that says what is so counts as a heading, such as "Parking behind the house".
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from retrieval.text.cleaning import LINE_BREAK, own_lines


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUESTION_WORDS = _words(
    """how what why where when who which whose whether wie was warum wieso wo wann wer welche welcher welches ob
    comment pourquoi où quand qui quel quelle cómo qué dónde cuándo quién"""
)
# At the start of a line, these are the subject of a sentence.
SUBJECTS = _words(
    """it we you they he she there i this these those everyone everybody nobody nothing es wir sie er man ihr niemand
    il elle nous vous ils elles on"""
)
VERBS = _words(
    """is are was were isn't aren't wasn't weren't has have had hasn't haven't can can't cannot could may might must
    mustn't will won't would shall should shouldn't does doesn't do don't did didn't remains remain stays opens closes
    begins starts ends leaves arrives departs belongs lives goes comes takes takes serves sells needs requires includes
    contains accepts allows became becomes moved died
    ist sind war waren hat haben hatte kann können darf dürfen muss müssen soll sollen wird werden wurde wurden bleibt
    bleiben öffnet schließt beginnt endet kostet kosten gilt gelten gehört liegt befindet
    est sont était a ont peut doit reste ouvre ferme coûte es está están son tiene puede debe abre cierra cuesta"""
)
# These say what is so without a verb.
STATES = _words(
    """no not never only allowed welcome forbidden prohibited permitted required included excluded available closed
    cancelled canceled postponed free sold full kein keine keinen nicht nie nur erlaubt verboten willkommen geschlossen
    geöffnet kostenlos gratis inklusive abgesagt interdit autorisé fermé ouvert gratuit prohibido permitido cerrado"""
)
# Before a name, these say who somebody is.
ROLES = _words(
    """warden keeper director chair chairman chairwoman chairperson manager treasurer secretary president contact author
    editor captain owner mayor principal head leader curator caretaker janitor host guide organiser organizer
    coordinator conductor moderator administrator founder deputy tutor trainer coach vet pastor landlord landlady
    leiter leiterin leitung vorsitz vorsitzende vorsitzender kassier kassierer kassiererin wart hüttenwart hausmeister
    ansprechpartner ansprechpartnerin geschäftsführer geschäftsführerin inhaber inhaberin bürgermeister
    bürgermeisterin trainerin directeur directrice gardien gardienne président présidente"""
)
WORD = re.compile(r"[\w'’-]+")
MIN_NAME_WORDS, MAX_NAME_WORDS = 3, 5  # of a line with what somebody or something is, then its name
# A key and what is between it and its value: a colon, an equals sign, a dash, a tab, spaces, dots.
KEYS = tuple(
    re.compile(rf"[^\W\d_][^\s:=]{{0,30}}(?: [^\s:=]{{1,30}}){{0,3}}?{separator}(?=\S)")
    for separator in (r" ?:[ \t]+", r" = ", r" [–—-] ", r"\t+", r" {3,}", r" ?\.{3,} ?")
)
MAX_LABEL_LENGTH = 60  # characters
OPEN_ENDS = (".", ",", ";", "!", "?", "…", "-", "–", "(")
MIN_LISTED_LINES, MAX_LISTED_LENGTH = 5, 45  # lines, and characters of short ones
MIN_WRAPPED_WIDTH = 50  # characters of the longest line of a text that was made to fit a width
# Of the lines behind which the next word would have had room: of short lines without stops, and of others.
MIN_NEW_SHARE = 0.8  # of the lines that begin with a capital or a digit, unlike those of prose and of programs
MIN_LISTED_SHARE, MIN_DIVIDED_SHARE = 0.4, 0.8
MIN_PLAIN_LETTERS = 4  # of a word whose small letter says how headings are written


def states_a_fact(line: str) -> bool:
    """Tell whether a line says that something is so: with a subject, a verb, or a word for a state.

    A line that begins as a question is rather the heading of its answer.
    """
    words = [word.lower().replace("’", "'") for word in WORD.findall(line)]
    if not words or words[0] in QUESTION_WORDS:
        return False
    if len(words) > 1 and words[0] in SUBJECTS:
        return True
    return len(words) > 1 and any(word in VERBS or word in STATES for word in words)


def name_lines(lines: Sequence[str]) -> set[int]:
    """Find the lines that are a name behind what it is the name of, by their number in `lines`, which may be headings.

    That is so behind a role such as "Warden", and where no other line has a capital at each of its words.
    """
    found = {number for number, line in enumerate(lines) if _may_name(WORD.findall(line))}
    others = [line for number, line in enumerate(lines) if number not in found]
    if _are_in_small_letters(others):
        return found
    return {number for number in found if lines[number].split()[0].lower() in ROLES}


def fact_lines(paragraph: str) -> list[tuple[int, int]]:
    """Divide a paragraph whose lines are facts of their own; returns their half-open spans, none if it is prose.

    Such lines all have a key before their value ("Beds: 12"), apart from a short one above them and indented ones that
    continue a value; or all begin with a capital, none has a stop or comma at its end, and most state a fact.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for line in paragraph.split("\n"):
        if spans and line[:1].isspace():
            spans[-1] = (spans[-1][0], start + len(line.rstrip()))
        elif line.strip():
            spans.append((start, start + len(line.rstrip())))
        start += len(line) + 1
    lines = [paragraph[slice(*span)] for span in spans]
    if len(lines) < 2:
        return []
    has_label = len(lines) > 2 and len(lines[0]) <= MAX_LABEL_LENGTH
    is_prose = lines[-1].endswith(OPEN_ENDS) and not any(line.endswith(OPEN_ENDS) for line in lines[:-1])
    for key in () if is_prose else KEYS:
        if all(key.match(line) for line in lines[1:]) and (has_label or key.match(lines[0])):
            return spans
    if any(not line[0].isupper() or line.endswith(OPEN_ENDS) for line in lines):
        return []
    return spans if sum(map(states_a_fact, lines)) * 2 >= len(lines) else []


def are_listed(lines: Sequence[str]) -> bool:
    """Tell whether somebody wrote lines below each other: each begins anew, where prose would go on in the line above.

    In prose a line ends where the next word has no room, and the longest line shows how much there is.
    """
    begin_anew = sum(line[0].isalnum() and not line[0].islower() for line in lines)
    if len(lines) < MIN_LISTED_LINES or begin_anew < MIN_NEW_SHARE * len(lines):
        return False
    width = max(map(len, lines))
    had_room = sum(len(line) + 1 + len(following.split()[0]) <= width for line, following in pairwise(lines))
    are_short = width <= MAX_LISTED_LENGTH and not any(line.endswith(OPEN_ENDS) for line in lines)
    return had_room >= (MIN_LISTED_SHARE if are_short else MIN_DIVIDED_SHARE) * (len(lines) - 1)


def are_wrapped(lines: Sequence[str]) -> bool:
    """Tell whether most lines of a paragraph end where the next word has no room, as those of prose do."""
    lines = list(filter(None, map(str.strip, lines)))
    width = max(map(len, lines), default=0)
    had_room = sum(len(line) + 1 + len(following.split()[0]) <= width for line, following in pairwise(lines))
    return width >= MIN_WRAPPED_WIDTH and had_room * 2 < len(lines) - 1


def divide_facts(paragraph: str) -> list[str]:
    """Divide a paragraph into its lines if they are facts of their own; else it is one text, in lines of its own."""
    spans = fact_lines(paragraph) if "\n" in paragraph else []
    texts = [paragraph[slice(*span)] for span in spans]
    return [" ".join(text.split()) for text in texts] or [own_lines(paragraph.replace("\n", LINE_BREAK))]


def _may_name(words: Sequence[str]) -> bool:
    return MIN_NAME_WORDS <= len(words) <= MAX_NAME_WORDS and all(map(_is_name, words))


def _is_name(word: str) -> bool:
    return word[0].isupper() and word[1:].islower() and word.replace("-", "").isalpha()


def _are_in_small_letters(lines: Iterable[str]) -> bool:
    """Tell whether headings have words in small letters: some line does, and none has a capital at each long word."""
    rests = [[word for word in WORD.findall(line)[1:] if len(word) >= MIN_PLAIN_LETTERS] for line in lines]
    rests = [rest for rest in rests if rest]
    return bool(rests) and all(any(word.islower() for word in rest) for rest in rests)
