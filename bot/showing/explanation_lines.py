"""Word an explanation for people: how a question was understood, what was found, and why it was answered or refused.

The terminal prints the lines, and the page of an evaluation shows the same.
"""

from bot.showing.safe_text import one_line
from bot.showing.wording import many, versions_text
from retrieval.explanations import Considered, Explanation, Reason

MAX_TEXT = 90  # characters of a sentence
ALMOST_ALL = 0.995
FEATURES = {  # of the ranker, with what a high value and a low value mean
    "late": ("its words mean what the question's words mean", "its words mean something else"),
    "window": ("the text around it is about the same", "the text around it is about something else"),
    "kind": ("it has the kind of thing that is asked for", "it lacks the kind of thing that is asked for"),
    "coverage_neighbours": ("it has words of the question", "it lacks words of the question"),
    "coverage_window": (
        "the text around it has words of the question",
        "the text around it lacks words of the question",
    ),
    "coverage_text": ("words that are not in the title are in the text", "words are in the title only"),
    "coverage_names": ("it has the names and numbers", "it lacks names or numbers"),
    "late_window": ("the words around it mean the same", "the words around it mean something else"),
    "late_window_rare": ("it matches the rare words", "it misses the rare words"),
    "off_topic": ("it is on the subject", "it is off the subject"),
    "margin": ("it is ahead of other subjects", "another subject matches better"),
}


def explanation_lines(explanation: Explanation) -> list[str]:
    """Word an explanation in lines, safe to print."""
    lines = []
    if explanation.asked_as != explanation.question:
        lines.append(f"Asked as: {one_line(explanation.asked_as)}")
    if explanation.versions:
        lines.append(f"Searched only the documents of {versions_text(explanation.versions)}.")
    if explanation.unseen:
        lines.append(f"No document has: {', '.join(map(one_line, explanation.unseen))}")
    lines.append(f"Found by meaning and by words: {many(explanation.candidates, 'sentence')} to choose from.")
    for place, considered in enumerate(explanation.considered, start=1):
        first, *others = _passage(considered)
        lines += [f"{place}. {first}", *(f"   {line}" for line in others)]
    if explanation.read is not None:
        lines.append(f"Read together with the question: {many(explanation.read, 'passage')}.")
    return [*lines, *_result(explanation)]


def reason_text(reason: Reason) -> str:
    """Word what a feature adds to a score: "+1.2 it matches the rare words"."""
    high, low = FEATURES.get(reason.feature, (reason.feature, reason.feature))
    return f"{reason.weight:+.1f} {high if reason.weight > 0 else low}"


def _passage(considered: Considered) -> list[str]:
    """Word a sentence that was considered: its place and text, where it was found, and what it was judged by."""
    text = one_line(considered.text)
    shown = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    ranks = f"{_rank('meaning', considered.by_meaning)}, {_rank('words', considered.by_words)}"
    ranks += f", place {considered.by_ranker} by the ranker"
    confidence = f"confidence {considered.confidence:.0%}"
    if considered.reader is not None:
        confidence = f"confidence {considered.confidence_before:.0%}, then {considered.confidence:.0%}"
        confidence += f": the reader says {considered.reader:.0%} that it answers"
    if considered.better_half is not None:
        confidence += f", {considered.better_half:.0%} that its better half does"
    lines = [f"{one_line(considered.document)}:{considered.line} “{shown}”", ranks]
    if considered.reasons:
        lines.append(f"compared with the others: {'; '.join(map(reason_text, considered.reasons))}")
    return [*lines, f"{considered.covered:.0%} of the question's words in the passage; {confidence}"]


def _rank(search: str, rank: int | None) -> str:
    return f"not found by {search}" if rank is None else f"place {rank} by {search}"


def _result(explanation: Explanation) -> list[str]:
    """Say why the question was answered or refused."""
    sure, needed = f"{explanation.confidence:.1%}", f"{explanation.threshold:.1%}"
    if not explanation.considered:
        return ["Refused: no sentence has anything in common with the question."]
    first = explanation.considered[0]
    if explanation.withheld:
        return [
            f"Refused: what answers, with a confidence of {sure}, was called wrong for this question (in "
            "answers/wrong_quotes.jsonl) or removed from the folder since."
        ]
    if explanation.answered:
        return [f"Answered: the first passage has a confidence of {sure}, and an answer needs {needed}."]
    lines = [f"Refused: the first passage has a confidence of {sure}, and an answer needs {needed}."]
    before = max(item.confidence_before for item in explanation.considered)
    if first.reader is not None and before >= explanation.threshold:
        lines.append("The reader is the reason: without it the question would have been answered.")
    if explanation.unseen:
        lines.append(
            "Words that no document has count against every passage; if the documents have other words for the same, "
            "write them into the glossary."
        )
    elif first.covered < ALMOST_ALL:
        lines.append(f"The passage lacks words of the question: by their rarity, {1 - first.covered:.0%} of them.")
    return lines
