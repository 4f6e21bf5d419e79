"""Tell in which language a text is, by the small words in it; only those that have a list are known."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from retrieval.text.function_words import FUNCTION_WORDS

WORD = re.compile(r"\b[^\W\d_]+\b")
MAX_WORDS = 5_000
MIN_WORDS = 8  # small words; fewer may be names, or a quotation
MIN_WORDS_OF_QUESTION = 2
MIN_SHARE = 0.2  # of the words; prose has 30 to 40 %
MIN_LEAD = 1.5  # over the next language; related ones share half of theirs
# Bulgarian, Serbian and Ukrainian have many small words of Russian, but no word with this letter.
LETTERS = {"ru": "ы"}
# For each small word of any language those that have it.
LANGUAGES_OF = {
    word: tuple(language for language, words in FUNCTION_WORDS.items() if word in words)
    for word in frozenset().union(*FUNCTION_WORDS.values())
}


def likely_language(texts: Iterable[str]) -> str:
    """Return the two-letter code of the language in which most of some texts are, "" if that is in doubt."""
    texts = list(texts)
    counts, total = _count_languages(texts)
    (language, best), (_, next_best) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    is_clear = best >= max(MIN_WORDS, MIN_SHARE * total) and best >= MIN_LEAD * next_best
    has_letter = language not in LETTERS or any(LETTERS[language] in text for text in texts)
    return language if is_clear and has_letter else ""


def is_in_another_language(question: str, language: str) -> bool:
    """Tell whether a question has several small words of another language, and more of them than of this one."""
    counts, _ = _count_languages([question])
    return max(counts.values(), default=0) >= max(MIN_WORDS_OF_QUESTION, counts[language] + 1)


def _count_languages(texts: Iterable[str]) -> tuple[Counter[str], int]:
    """Count the small words of each language in the first words of some texts; also return how many words these are."""
    words = (match[0].lower() for text in texts for match in WORD.finditer(text))
    counts: Counter[str] = Counter()
    total = 0
    for word in islice(words, MAX_WORDS):
        total += 1
        counts.update(LANGUAGES_OF.get(word, ()))
    return counts, total
