"""What is missing, in plain words: each finding with what to do."""

import pytest

from bot.discord_bot.messages import doctor_card
from bot.discord_bot.messages.doctor_card import ALL_WELL, GIVE, PERMISSIONS, Finding
from bot.discord_bot.storage.records import ServerSettings

DEFAULT, THREADS = ServerSettings(), ServerSettings(threads=True)


@pytest.mark.parametrize("name", PERMISSIONS)
def test_missing_permission_is_named_with_its_purpose(name: str) -> None:
    """In the words of Discord's settings."""
    label, purpose = PERMISSIONS[name]
    assert doctor_card.check_permissions({name}, THREADS, in_thread=False) == [
        Finding(f"{label()} is missing, which I need {purpose()}.", GIVE())
    ]


def test_permissions_that_are_not_needed_are_not_missed() -> None:
    """Threads are only created where the server wants them; in a thread, the right to write outside does not matter."""
    assert doctor_card.check_permissions({"create_public_threads"}, DEFAULT, in_thread=False) == []
    assert doctor_card.check_permissions({"send_messages"}, DEFAULT, in_thread=True) == []
    assert len(doctor_card.check_permissions(set(PERMISSIONS), DEFAULT, in_thread=False)) == len(PERMISSIONS) - 1


@pytest.mark.parametrize(
    ("missing", "wrong"),
    [
        (set(), []),
        ({"send_messages", "embed_links"}, ["To ask the team in <#5> I lack Send Messages, Embed Links."]),
        (None, ["The channel of the team is gone, or hidden from me."]),
    ],
)
def test_channel_of_the_team_is_checked(missing: set[str] | None, wrong: list[str]) -> None:
    """If there is one."""
    assert [found.wrong for found in doctor_card.check_team(ServerSettings(team_channel=5), missing)] == wrong
    assert doctor_card.check_team(DEFAULT, None) == []


def test_commands_that_discord_does_not_know_are_named() -> None:
    """All of them, or those that are missing."""
    assert doctor_card.check_commands({"ask": 1, "help": 2}, {"ask", "help"}) == []
    assert [found.wrong for found in doctor_card.check_commands({}, {"ask", "help"})] == [
        "None of my commands is registered with Discord."
    ]
    assert [found.wrong for found in doctor_card.check_commands({"ask": 1}, {"ask", "help"})] == [
        "These commands are not registered with Discord: help."
    ]


def test_hidden_documents_are_explained() -> None:
    """Names of collections are escaped."""
    assert doctor_card.check_documents(3, [], 0) == []
    assert [found.wrong for found in doctor_card.check_documents(0, ["*a*", ""], 2)] == [
        r'This server may see collections that do not exist: \*a\*, "" (directly in the folder).',
        "No document can be seen here.",
        "2 files of the documents' folder cannot be read.",
    ]


def test_folder_that_cannot_be_written_is_found() -> None:
    """As nothing can be kept in it."""
    assert doctor_card.check_folder(writable=True) == []
    (found,) = doctor_card.check_folder(writable=False)
    assert "no answer, message or word can be kept" in found.wrong


def test_outdated_index_is_found_with_what_changed() -> None:
    """However young it is; without counts it is out of date for another reason."""
    counts = {"added": 2, "changed": 0, "removed": 1}
    assert [finding.wrong for finding in doctor_card.check_index(5.0, counts, outdated=True)] == [
        "The documents changed since the index was built: 2 added, 1 removed."
    ]
    assert [finding.wrong for finding in doctor_card.check_index(5.0, {}, outdated=True)] == [
        "The index is out of date: settings, the glossary or the documents' folder changed since."
    ]


@pytest.mark.parametrize(("days", "found"), [(0, 0), (30, 0), (31, 1)])
def test_old_index_is_found(days: int, found: int) -> None:
    """After thirty days."""
    assert len(doctor_card.check_index(days * 86_400.0)) == found


@pytest.mark.parametrize(
    ("seconds", "longest", "wrong"),
    [
        (0.1, 0.0, []),
        (6.0, 0.0, ["A search takes 6 seconds."]),
        (0.1, 90.0, ["A search takes 90 seconds."]),
        (None, 0.0, ["A search failed just now."]),
    ],
)
def test_searches_that_fail_or_are_slow_are_found(seconds: float | None, longest: float, wrong: list[str]) -> None:
    """The one just now, and those that run."""
    assert [found.wrong for found in doctor_card.check_search(seconds, longest)] == wrong


def test_card_counts_what_is_to_do() -> None:
    """Without anything it says so; facts are small print."""
    (embed,) = doctor_card.doctor_card([Finding("A is gone.", "Bring it back.")], ["gen-1"]).embeds
    assert embed["title"] == "1 thing to do"
    assert embed["description"] == "- **A is gone.**\n  Bring it back.\n-# gen-1"
    (embed,) = doctor_card.doctor_card([], []).embeds
    assert (embed["title"], embed["description"]) == ("All is well", ALL_WELL())
