"""Find the versions that a question names: "in 2.2", "on version 2.2", "with Python 3.9", "in the 2.2 docs".

The versions of the documents come in; a version that no document has is an ordinary word. So is a number that counts
something ("in 2.5 hours"), one of a chapter, and one in a question about what changed, which release notes answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from retrieval.text.version_names import begins_with, version_order

Subjects = Mapping[str, frozenset[str]]  # of each version of the documents: the case-folded words that name its subject

# Possessive throughout: there are many ways to divide "11111", and what follows may refuse all of them.
NUMBER = r"v?\d++(?:[._-]?(?:\d++|x\b|(?:a|b|c|rc|alpha|beta|pre|dev)(?:[._-]?\d++)?\b|[a-z]\b))*+"
PREPOSITIONS = "in|on|for|with|under|using|running|against|inside"
CONNECTIVES = "and|or|but|so|then|about|from|to|into|since|until|before|after|than|through|between"
VERSION_WORDS = ("version", "versions", "release", "ver", "ver.", "v", "v.")
DOCUMENT_WORDS = "docs?|documentation|manual|guide|handbook|version|release|branch|series|line"
CHANGE = re.compile(  # before a version from or to which something changed
    r"\b(?:from|to|into|since|until|before|after|than|through)\s+$|\bbetween\b", re.IGNORECASE
)
GOES_ON = re.compile(r"\s*(?:,|(?:,\s*)?\b(?:and|or)\b)\s*", re.IGNORECASE)  # between two versions that are named
ABOUT_CHANGES = re.compile(
    r"\bwhat(?:['’]s| is| was| has| are)? (?:new|changed|added|removed|fixed|deprecated)\b|\brelease notes?\b"
    r"|\bchange ?logs?\b|\brelease dates?\b"
    r"|\b(?:was|were|been) (?:added|changed|dropped|introduced|removed|renamed|deprecated|fixed|released)\b"
    rf"|\b{NUMBER}\s+(?:(?:be|been)\s+)?(?:released|(?:come|came) out|add|change|drop|introduce|remove|rename|fix)\b",
    re.IGNORECASE,
)
ENDS_CLAUSE = re.compile(  # what may follow a bare version, which a thing that is counted cannot
    r"\W*$|\s*[,;:?!.)\]](?:\s|$)|['’]s\b"
    r"|\s+(?:who|whom|whose|what|which|when|where|why|how|if|and|or|but|is|are|was|were|do|does|did|has|have|had|can"
    r"|could|may|might|must|shall|should|will|would|the|an?|my|your|our|this|that|these|those|i|we|you|it|they|there"
    r"|please|on|with|using|for|by|without)\b",
    re.IGNORECASE,
)
SPARE_SPACE = re.compile(r"^[\s,;:]+|[\s,;:]+(?=[?.!,;:]|$)|\s+(?=\s)")  # left where a version was
HAS_DIGIT = re.compile(r"\d")
TURN_END = re.compile(r"(?<=\?)\s+")
FOLLOWS_UP = re.compile(r"\W*(?:(?:and|but|so|what about|how about|then)\b\W*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedVersions:
    """What a question says about versions: its other words, and the versions in the order in which it names them.

    `versions` are as documents write them where one has exactly that version, else as the question does; `matching` are
    the documents' versions that each of them stands for.
    """

    text: str
    versions: tuple[str, ...] = ()
    matching: tuple[frozenset[str], ...] = field(default=())


def find_named_versions(question: str, subjects: Subjects, *, follows_up: bool = False) -> NamedVersions:
    """Find the versions that a question names and remove the words that only name them.

    A question that `follows_up` another one can consist of the version alone: "and 2.1?".
    """
    if ABOUT_CHANGES.search(question):
        return NamedVersions(question)
    names: dict[str, frozenset[str]] = {}
    stands_for = lru_cache(partial(_matching, subjects=subjects))  # a long question can name one version often
    kept, end = [], 0
    for match in _mention(_words_among(subjects, question)).finditer(question):
        matching = stands_for(match["version"])
        goes_on = bool(names) and GOES_ON.fullmatch(question[end : match.start()]) is not None
        if not matching or not (goes_on or _names_version(question, match, matching, subjects, follows_up=follows_up)):
            continue
        names.setdefault(_name(match["version"], matching), matching)
        is_other_word = match["word"] and match["word"].casefold() not in VERSION_WORDS
        if not goes_on:
            kept += [question[end : match.start("version") if is_other_word else match.start()], " "]
        end = match.end()
    text = SPARE_SPACE.sub("", "".join([*kept, question[end:]])) if names else question
    return NamedVersions(text, tuple(names), tuple(names.values()))


def find_in_follow_up(question: str, follow_up: str, subjects: Subjects) -> NamedVersions:
    """Find the versions that a question names which ends with a follow-up: only those of the last turn that has any.

    A turn ends with a question mark: "Where is the port set? and in 2.1? and on Windows?" has three.
    """
    first, *others = TURN_END.split(question.removesuffix(follow_up).strip())
    turns = [find_named_versions(first, subjects)]
    turns += [find_named_versions(turn, subjects, follows_up=True) for turn in (*others, follow_up)]
    named = next((turn for turn in reversed(turns) if turn.versions), turns[0])
    return NamedVersions(" ".join(turn.text for turn in turns).strip(), named.versions, named.matching)


def name_each_version(question: str, versions: Sequence[str]) -> list[str]:
    """Make of a question that names several versions one for each: "What is the port in version 2.2?".

    `versions` are those that were found in it, see NamedVersions.
    """
    everything = dict.fromkeys(versions, _AnySubject())
    text = find_named_versions(question, everything, follows_up=True).text
    words, end = text.rstrip(" ?!.,;:"), "?" if "?" in question else ""
    return [f"{words} in version {version}{end}" for version in versions]


class _AnySubject(frozenset[str]):
    """The words for the subject of a version of which only the name is known: all."""

    def __contains__(self, word: object) -> bool:
        return True


def _words_among(subjects: Subjects, question: str) -> tuple[str, ...]:
    """Return the versions that are words, such as "latest", case-folded: those that may be in a question."""
    folded = question.casefold()
    names = (name.casefold() for name in subjects if not HAS_DIGIT.search(name))
    return tuple(sorted(name for name in names if name in folded))


@lru_cache(maxsize=64)
def _mention(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile the form of a version with what is said around it."""
    version = "|".join([NUMBER, *map(re.escape, words)])
    return re.compile(
        rf"(?<![\w.-])(?:(?P<lead>{PREPOSITIONS})\s+)?(?P<the>the\s+)?(?:(?P<word>(?!(?:{PREPOSITIONS}|{CONNECTIVES})\b)[^\W\d_][\w+#.-]*)\s+)??"
        rf"(?P<version>(?<![\w.]){version})(?![\w%°]|\.\d)(?:\s+(?P<tail>{DOCUMENT_WORDS})\b)?",
        re.IGNORECASE,
    )


def _matching(typed: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return the versions that a typed one stands for: those equal to it, or else those that begin with it."""
    order = version_order(typed)
    equal = frozenset(name for name in subjects if version_order(name) == order)
    return equal or frozenset(name for name in subjects if begins_with(name, typed))


def _name(typed: str, matching: frozenset[str]) -> str:
    """Return a version as the documents write it if they have exactly it, without a "v" before it."""
    name = min(matching) if any(version_order(name) == version_order(typed) for name in matching) else typed
    return re.sub(r"^v(?=\d)", "", name, flags=re.IGNORECASE)


def _names_version(
    question: str, match: re.Match[str], matching: Iterable[str], subjects: Subjects, *, follows_up: bool
) -> bool:
    """Tell whether what looks like a version is meant as one."""
    version, word = match["version"].casefold(), (match["word"] or "").casefold()
    before, after = question[: match.start()], question[match.end() :]
    if CHANGE.search(before):
        return False
    if re.match(r"v\d", version) or word in VERSION_WORDS:
        return True
    if word:
        return any(word in subjects[name] for name in matching)
    if match["tail"] and (match["lead"] or match["the"]):
        return True
    if version.isdigit():
        return False
    if follows_up and FOLLOWS_UP.fullmatch(before) and not re.search(r"\w", after):
        return True
    return bool(match["lead"]) and not match["the"] and ENDS_CLAUSE.match(after) is not None
