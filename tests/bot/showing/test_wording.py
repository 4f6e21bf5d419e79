"""Wording: counts, durations and names as people read them."""

import datetime

import pytest

from bot.showing.wording import NO_FOLDER, age, collection_name, duration, list_counts, many, sizes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (3_599, "60 minutes"),
        (7_200, "2 hours"),
        (90_000, "25 hours"),
        (172_800, "2 days"),
        (86_400 * 1_500, "1,500 days"),
    ],
)
def test_duration_has_at_least_two_of_its_unit(seconds: float, text: str) -> None:
    """A day and a half is given in hours, so that rounding changes little."""
    assert duration(seconds) == text


def test_age_is_the_duration_since_a_moment() -> None:
    """The moment is written in ISO format, as a manifest has it."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    assert age(moment.isoformat(timespec="seconds")) == "3 days"


def test_counts_are_grouped_and_agree_with_their_noun() -> None:
    """One document, 2,000 documents; what is 0 is not listed."""
    assert (many(1, "document"), many(2_000, "document")) == ("1 document", "2,000 documents")
    assert sizes(1, 1_234) == "1 document, 1,234 sentences"
    assert list_counts({"added": 2, "changed": 0, "removed": 1_500}) == "2 added, 1,500 removed"
    assert list_counts({"added": 0}) == "nothing"


def test_collection_without_a_name_is_the_folder_itself() -> None:
    """A name is foreign text, and made safe to show."""
    assert collection_name("") == NO_FOLDER()
    assert collection_name("a\nb\u202e") == "a b\ufffd"
