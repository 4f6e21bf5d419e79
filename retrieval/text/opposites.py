"""Tell whether two English words say the opposite of each other: "before" and "after", "install" and "uninstall".

Models that compare texts by the company of their words find opposites alike. The list has the commonest pairs in
questions about rules and programs.
"""

from collections.abc import Iterable

_PAIRS = """
    above below, accept reject, accept decline, add remove, after before, all none, allow forbid, allow deny, allow
    block, always never, arrive leave, back forward, backward forward, begin end, best worst, big small, bottom top,
    buy sell, cheap expensive, close open, create delete, day night, decrease increase, decrypt encrypt, download
    upload, early late, easy hard, enter exit, enter leave, export import, fast slow, few many, first last, last
    next, free paid, full empty, gain lose, high low, horizontal vertical, in out, inside outside, join leave, join
    quit, large small, left right, less more, light dark, long short, lower raise, lower upper, lower higher, max
    min, maximum minimum, maximize minimize, new old, newer older, newest oldest, next previous, off on, offline
    online, over under, past future, pause resume, private public, pull push, read write, receive send, restore
    backup, safe dangerous, longer shorter, longest shortest, show hide, single multiple, start stop, start finish,
    start end, strong weak, up down, visible hidden, hot cold, win lose, with without, young old
"""
OPPOSITES: dict[str, set[str]] = {}
for _pair in _PAIRS.split(","):
    _one, _other = _pair.split()
    OPPOSITES.setdefault(_one, set()).add(_other)
    OPPOSITES.setdefault(_other, set()).add(_one)
PREFIXES = ("un", "dis", "in", "im", "ir", "non", "de")
SWAPPED = (("en", "dis"), ("con", "discon"), ("en", "de"))  # "enable" and "disable"
ENDINGS = ("ing", "ed", "es", "s")
MIN_STEM = 3


def have_opposites(words: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether a word is the opposite of one of the others, in whatever form: "raising" and "lowered".

    Words are in lower case. The cost is that of one pass over both, however long the texts are that they come from.
    """
    forms, other_forms = (set[str]().union(*map(_forms, some)) for some in (words, others))
    return not (_turned_round(forms).isdisjoint(other_forms) and _turned_round(other_forms).isdisjoint(forms))


def _turned_round(forms: Iterable[str]) -> set[str]:
    """Return the listed opposites of words, and what remains of words without a prefix that turns them round."""
    found: set[str] = set()
    for word in forms:
        found.update(OPPOSITES.get(word, ()))
        for prefix in PREFIXES:
            if word.startswith(prefix) and len(word) >= len(prefix) + MIN_STEM:
                found.add(word.removeprefix(prefix))
        found.update(of + word.removeprefix(to) for of, to in SWAPPED if word.startswith(to))
    return found


def _forms(word: str) -> set[str]:
    """Return a word and what it may be formed from."""
    stems = {word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending)}
    return {word} | {stem + tail for stem in stems if len(stem) >= MIN_STEM for tail in ("", "e")}
