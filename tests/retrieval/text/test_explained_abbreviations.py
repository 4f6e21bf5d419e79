"""Abbreviations that a text explains, and what only looks like one."""

import pytest

from retrieval.text.explained_abbreviations import find_abbreviations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Driver to Buy (D2B) starts in May.", [("D2B", "Driver to Buy")]),
        ("The D2B (Driver to Buy) starts in May.", [("D2B", "Driver to Buy")]),
        ("Peer to Peer (P2P) and Business for Sale (B4S)", [("P2P", "Peer to Peer"), ("B4S", "Business for Sale")]),
        ("See the **Shingled Magnetic\nRecording** (`SMR`) page.", [("SMR", "Shingled Magnetic Recording")]),
        ("Open pull requests (PRs) wait.", [("PR", "pull requests")]),
        ("In short, quick sync video (QSV) is fast.", [("QSV", "quick sync video")]),
        ("# Terms of Service (ToS)\n\nText", [("ToS", "Terms of Service")]),
        ("the Internet Movie Database (IMDb)", [("IMDb", "Internet Movie Database")]),
        ("ask the administrator (Monday)", []),
        ("[the API documentation](https://example.org) (see there)", []),
        ("Everything ends here.\n\nMore (EEH)", []),
        ("zebra crossings (ABC)", []),
        ("NASA (founded in 1958)", []),
        ("HTTP (see the section on hypertext transfer)", []),
        ("x (X1)", []),
    ],
)
def test_explained_abbreviations_are_found(text: str, found: list[tuple[str, str]]) -> None:
    """The letters must be in the words before or inside the parentheses, in order, half of them as initials."""
    assert list(find_abbreviations(text)) == found
