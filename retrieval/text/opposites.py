"""Tell whether two English words say the opposite of each other: "before" and "after", "install" and "uninstall".

Models that compare texts by the company of their words find opposites alike. The list has the commonest pairs in
questions about rules and programs.
"""

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
OPPOSITES = frozenset(frozenset(pair.split()) for pair in _PAIRS.split(","))
PREFIXES = ("un", "dis", "in", "im", "ir", "non", "de")
SWAPPED = (("en", "dis"), ("con", "discon"), ("en", "de"))  # "enable" and "disable"
ENDINGS = ("ing", "ed", "es", "s")
MIN_STEM = 3


def are_opposites(word: str, other: str) -> bool:
    """Tell whether two words in lower case are opposites, in whatever form: "raising" and "lowered"."""
    forms, other_forms = _forms(word), _forms(other)
    if any(frozenset((one, another)) in OPPOSITES for one in forms for another in other_forms):
        return True
    return any(_negates(one, another) or _negates(another, one) for one in forms for another in other_forms)


def _negates(word: str, other: str) -> bool:
    """Tell whether a word is the other one with a prefix that turns it round."""
    if any(word == prefix + other and len(other) >= MIN_STEM for prefix in PREFIXES):
        return True
    return any(word.startswith(to) and other == of + word.removeprefix(to) for of, to in SWAPPED)


def _forms(word: str) -> set[str]:
    """Return a word and what it may be formed from."""
    stems = {word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending)}
    return {word} | {stem + tail for stem in stems if len(stem) >= MIN_STEM for tail in ("", "e")}
