"""Recognise headings that name a release, such as "3.1 (2025-06-01)", and questions about what a release brought.

A heading that has more words than a version and a date, such as "1.2 Installation", names none.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from retrieval.text.terms import split_terms

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = re.compile(
    rf"\b(?:(?:19|20)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:19|20)\d\d"
    rf"|\d\d?(?:st|nd|rd|th)?[ -]{MONTH},?[ -](?:19|20)\d\d|{MONTH} \d\d?(?:st|nd|rd|th)?,? (?:19|20)\d\d"
    rf"|{MONTH},? (?:19|20)\d\d)\b|(?<=\()(?:19|20)\d\d(?=\))",
    re.IGNORECASE,
)
VERSION = r"\d{1,6}(?:\.\d{1,6}){0,4}(?:[.-]?(?:a|b|c|rc|alpha|beta|dev|post|pre)[.-]?\d{0,6})?(?![\w%])"
MARK = r"(?:versions?|release|ver\.?|v\.?)"
HEADING = re.compile(
    r"(?:what['’]?s new in |(?:changes|new) in |release notes? (?:for |of )?)?"
    rf"(?P<name>(?!{MARK}\b)[^\W\d_][\w+-]{{0,30}} )?"
    rf"\[?(?P<mark>{MARK} ?)?(?P<version>{VERSION})\]?(?:\(https?:[^()\s]*\))?(?P<rest>.*)",
    re.IGNORECASE,
)
UNRELEASED = re.compile(
    r"[\s\W]*(?:unreleased|upcoming|next|development|yanked|latest|current|lts)?[\s\W]*", re.IGNORECASE
)
SET_OFF = re.compile(r"\s*[\[(:,–—-]")  # the date from the version
MAX_HEADING_LENGTH = 100
ASKED_VERSION = re.compile(rf"(?<![\w.-])(?:{MARK} ?)?(?P<version>{VERSION})(?!\.\d)", re.IGNORECASE)
ASKS_DATE = re.compile(
    r"\bwhen\b.{0,100}\b(?:released|release|(?:come|came|coming|go|went|is|was|get) out|published|launch(?:ed)?"
    r"|ship(?:ped)?)\b"
    r"|\brelease date\b|\bdate of (?:the )?release\b|\bhow (?:old|long)\b.{0,100}\b(?:release|version|out)\b",
    re.IGNORECASE,
)
ASKS_CHANGES = re.compile(
    r"\bwhat(?:['’]?s| is| was| has| were| are| got| did)?(?: been)?"
    r" (?:new|change[sd]?|added|removed|fixed|deprecated|dropped|improved|different|breaking)\b"
    r"|\b(?:change ?logs?|release notes?|new features|changes)\b.{0,20}\b(?:in|of|for|from)\b"
    r"|\bwhich (?:features|bugs|changes|things|functions|options)\b.{0,20}"
    r"\b(?:added|removed|fixed|made|changed|deprecated)\b"
    r"|\bwhat did\b.{0,100}\b(?:add|change|bring|remove|fix|introduce|deprecate|drop)\b",
    re.IGNORECASE,
)
KINDS = frozenset(split_terms("added removed fixed deprecated improved breaking", "en"))  # of changes
ABOUT_RELEASES = frozenset(
    split_terms(
        "release released releases date version versions ver v new news change changes changed changelog log notes"
        " note feature features come came coming out go went get got published publish launched launch ship shipped"
        " add added remove removed fix fixed deprecate deprecated dropped drop improved bring brought introduce"
        " introduced breaking different bugs bug things thing functions options all whats what's list show tell old"
        " long ago exactly update updates made since just day year",
        "en",
    )
)


class ReleaseHeading(NamedTuple):
    """A heading that names a release: its version without a "v", and whether it says when that was."""

    version: str
    dated: bool


class ReleaseQuestion(NamedTuple):
    """A question about a release: its version, whether it asks when that was, and the terms of its other words.

    `kinds` are the terms for the kind of change that is asked for, such as "add" for "added".
    """

    version: str
    asks_date: bool
    others: frozenset[str]
    kinds: frozenset[str]


@lru_cache(maxsize=4_096)
def parse_release_heading(heading: str) -> ReleaseHeading | None:
    """Find the release that a heading names; None if it names none."""
    match = HEADING.match(heading.strip()) if len(heading) <= MAX_HEADING_LENGTH else None
    if match is None:
        return None
    dated = DATE.search(match["rest"]) is not None
    if not dated and (match["name"] or not UNRELEASED.fullmatch(match["rest"])):
        return None
    is_bare = "." not in match["version"] and not match["mark"]
    if is_bare and not (dated and SET_OFF.match(match["rest"])):  # "5 June 2031" is a date
        return None
    return ReleaseHeading(match["version"], dated)


def begins_with_release(headings: Iterable[str]) -> bool:
    """Tell whether the first of several headings names a release, or what is not yet released, and the next one too."""
    first_two = list(islice(headings, 2))
    return len(first_two) > 1 and all(
        parse_release_heading(heading) or UNRELEASED.fullmatch(heading) for heading in first_two
    )


@lru_cache(maxsize=256)
def parse_release_question(question: str) -> ReleaseQuestion | None:
    """Find the release that a question asks for the date or the changes of; None if it asks for something else."""
    asks_date = ASKS_DATE.search(question) is not None
    versions = list(ASKED_VERSION.finditer(question))
    if len(versions) != 1 or not (asks_date or ASKS_CHANGES.search(question)):
        return None
    (version,) = versions
    words = frozenset(split_terms(question[: version.start()] + " " + question[version.end() :], "en"))
    return ReleaseQuestion(version["version"], asks_date, words - ABOUT_RELEASES, words & KINDS)
