"""Order the names of versions: numbers by their parts, pre-releases before their release, and words such as "latest".

No name is an error: what is unknown comes before all numbers, in alphabetical order.
"""

import re
from functools import lru_cache
from typing import NamedTuple

LETTERS_OR_NUMBER = re.compile(r"\d+|[a-z]+")
LEADING_WORDS = re.compile(r"[a-z][a-z _/-]*[. ]?(?=\d)")  # "v2", "version 2", "release-2.3"
PRE_RELEASES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "m": 3, "milestone": 3, "pre": 4,
    "preview": 4, "c": 5, "rc": 5,
}  # fmt: skip
ABBREVIATED = ("a", "b", "c", "m")  # only with a number behind them; else they count on: 1.0b after 1.0a
WILDCARDS = ("x",)  # as in 2.x
UNRELEASED = ("dev", "devel", "develop", "main", "master", "trunk", "head", "edge", "nightly", "next", "unreleased")
RELEASED_WORDS = ("lts", "stable", "current", "latest")  # in rising order


class VersionOrder(NamedTuple):
    """What versions are compared by. An unreleased one comes before all that are released, as installers choose."""

    is_released: bool
    word: int  # 0 for an unknown word, 1 for a number, then the place in RELEASED_WORDS
    numbers: tuple[int, ...]  # without zeros at the end
    is_final: bool
    pre_release: tuple[int, ...]
    name: str  # of an unknown word


@lru_cache(maxsize=32_768)
def version_order(name: str) -> VersionOrder:
    """Return what a version is compared by; two names with the same order name the same version: "v2.3", "2.3.0"."""
    text = name.casefold().strip()
    if text in UNRELEASED:
        return VersionOrder(False, 0, (), True, (), text)
    if text in RELEASED_WORDS:
        return VersionOrder(True, 2 + RELEASED_WORDS.index(text), (), True, (), "")
    tokens = LETTERS_OR_NUMBER.findall(_without_leading_words(text))
    if not any(token.isdigit() for token in tokens):
        return VersionOrder(True, 0, (), True, (), text)
    numbers, pre_release = _parse_tokens(tokens)
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return VersionOrder(not pre_release, 1, tuple(numbers), not pre_release, tuple(pre_release), "")


def begins_with(name: str, shorter: str) -> bool:
    """Tell whether a version is one of those that a shorter number stands for: "2.2.4" for "2.2"."""
    order, beginning = version_order(name), version_order(shorter)
    if order.word != 1 or beginning.word != 1 or not beginning.is_final:
        return False
    return order.numbers[: len(beginning.numbers)] == beginning.numbers


def _without_leading_words(text: str) -> str:
    """Remove the words before a number, unless they name a pre-release, as in "beta 2"."""
    match = LEADING_WORDS.match(text)
    if match is None or match[0].strip(" _/-.") in PRE_RELEASES:
        return text
    return text[match.end() :]


def _parse_tokens(tokens: list[str]) -> tuple[list[int], list[int]]:
    """Divide the letters and numbers of a version into the numbers of its release and those of its pre-release."""
    numbers: list[int] = []
    pre_release: list[int] = []
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if pre_release:
            pre_release.append(int(token) if token.isdigit() else PRE_RELEASES.get(token, 0))
        elif token.isdigit():
            numbers.append(int(token))
        elif token in PRE_RELEASES and (token not in ABBREVIATED or following.isdigit()):
            pre_release.append(PRE_RELEASES[token])
        elif len(token) == 1 and token not in WILDCARDS and numbers:
            numbers.append(ord(token) - ord("a") + 1)
    return numbers, pre_release
