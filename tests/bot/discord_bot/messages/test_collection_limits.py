"""Limits to collections: parsed, completed, changed and shown."""

import pytest

from bot.discord_bot.messages import collection_limits
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.wording import NO_FOLDER
from retrieval.errors import QuestionError

NAMES = ["", "handbook", "notes, old", "ä b"]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("handbook", ("handbook",)),
        ("  HandBook ,ä b", ("handbook", "ä b")),
        ("notes, old", ("notes, old",)),
        (NO_FOLDER(), ("",)),
        ("handbook, handbook", ("handbook",)),
        ("*", ()),
        ("handbook, *", ()),
    ],
)
def test_names_are_parsed_as_they_are_shown(only: str, names: tuple[str, ...]) -> None:
    """In any case, separated by commas; a name that contains a comma is recognized alone."""
    assert collection_limits.parse(only, NAMES) == names


@pytest.mark.parametrize("only", ["nots", "handbook, nots", ",", " "])
def test_unknown_name_is_an_error(only: str) -> None:
    """The error lists the available names."""
    with pytest.raises(QuestionError, match=r"There is no collection .*\. Available: .*handbook"):
        collection_limits.parse(only, NAMES)


@pytest.mark.parametrize(("only", "names"), [("Staff", ("Staff",)), ("staff", ("staff",)), ("PUBLIC", ("public",))])
def test_collections_may_differ_only_in_case(only: str, names: tuple[str, ...]) -> None:
    """Folders may; the exact name chooses between them."""
    assert collection_limits.parse(only, ["Staff", "public", "staff"]) == names


def test_ambiguous_name_is_an_error() -> None:
    """Choosing one of two collections would be a guess."""
    with pytest.raises(QuestionError, match="There is no collection 'STAFF'"):
        collection_limits.parse("STAFF", ["Staff", "staff"])


def test_names_are_completed_one_after_another() -> None:
    """What was typed before stays; a choice is never longer than Discord allows."""
    assert collection_limits.complete("", NAMES) == ["*", NO_FOLDER(), "handbook", "notes, old", "ä b"]
    assert collection_limits.complete("handbook, Ä", NAMES) == ["handbook, ä b"]
    assert collection_limits.complete("", [f"{n} " + "x" * 200 for n in range(40)]) == ["*"]
    assert len(collection_limits.complete("", [str(n) for n in range(40)])) == collection_limits.MAX_CHOICES


def test_too_many_limits_are_rejected() -> None:
    """A limit that the database cut off would make visible what was hidden."""
    settings = ServerSettings()
    for number in range(collection_limits.MAX_LIMITS):
        settings = collection_limits.with_limit(settings, ("a",), channel=number)
    assert collection_limits.with_limit(settings, ("b",), channel=7).channel_collections[-1] == (7, ("b",))
    assert (
        len(collection_limits.with_limit(settings, (), channel=7).channel_collections)
        == collection_limits.MAX_LIMITS - 1
    )
    with pytest.raises(QuestionError, match="lift some"):
        collection_limits.with_limit(settings, ("a",), channel=collection_limits.MAX_LIMITS)


def test_limit_to_a_missing_collection_is_marked() -> None:
    """If a folder is renamed, its limit hides everything; managers can see why."""
    settings = ServerSettings(collections=("old", "handbook"), channel_collections=((10, ("",)),))
    (embed,) = collection_limits.limits_card(settings, ["handbook", "new"]).embeds
    assert "**This server** old (not available), handbook\n" in embed["description"]
    assert '<#10> "" (directly in the folder) (not available)\n' in embed["description"]
    (embed,) = collection_limits.limits_card(settings, ["", "handbook", "old"]).embeds
    assert "not available" not in embed["description"]
