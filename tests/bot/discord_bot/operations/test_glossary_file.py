"""The glossary as managers change it: a line for each entry, checked before it is written, and taken back."""

import tomllib
from pathlib import Path

import pytest

from bot.discord_bot.operations.glossary_file import GlossaryError, add_entry, lines, remove_line
from retrieval.reading.glossary import read_glossary
from tests.support.hostile_texts import texts

BY_HAND = '# ours\nD2B = "Driver to Buy"  # a car\n"log in" = [\n  "sign in",\n]'


def test_entry_is_a_line_with_who_added_it(tmp_path: Path) -> None:
    """What people wrote by hand stays as it is; the entry is read by the next rebuild."""
    (tmp_path / "glossary.toml").write_text(BY_HAND)

    line = add_entry(tmp_path, ["VPN", " company  network ", "virtual private network", ""], "mod (7)")

    assert line.startswith('"VPN" = ["company network", "virtual private network"]  # mod (7), 2')
    assert (tmp_path / "glossary.toml").read_text() == f"{BY_HAND}\n{line}\n"
    assert read_glossary(tmp_path)[2] == ("VPN", "company network", "virtual private network")


def test_entry_is_taken_back(tmp_path: Path) -> None:
    """Only its line is removed, and only while it is there."""
    (tmp_path / "glossary.toml").write_text(BY_HAND)
    line = add_entry(tmp_path, ["VPN", "company network"], "mod (7)")

    assert remove_line(tmp_path, lambda other: other == line) == line

    assert (tmp_path / "glossary.toml").read_text() == f"{BY_HAND}\n"
    with pytest.raises(GlossaryError, match="not there any more"):
        remove_line(tmp_path, lambda other: other == line)


def test_entries_of_one_line_are_listed(tmp_path: Path) -> None:
    """Newest first; one that spans several lines is left to people, since no line of it can go alone."""
    (tmp_path / "glossary.toml").write_text(f"{BY_HAND}\n[")
    assert lines(tmp_path) == ['D2B = "Driver to Buy"  # a car']
    (tmp_path / "glossary.toml").write_text(BY_HAND)
    added = add_entry(tmp_path, ["VPN", "company network"], "mod (7)")
    assert lines(tmp_path) == [added, 'D2B = "Driver to Buy"  # a car']


@pytest.mark.parametrize("forms", [["the", "kiln"], ["kiln", "what is"], ["of", "kiln"]])
def test_word_of_most_questions_is_no_entry(tmp_path: Path, forms: list[str]) -> None:
    """Every question would find the other word; an abbreviation in capitals, or in another language, is one."""
    with pytest.raises(GlossaryError, match="is in most questions"):
        add_entry(tmp_path, forms, "mod (7)")
    assert not (tmp_path / "glossary.toml").exists()
    add_entry(tmp_path, ["IT", "information technology"], "mod (7)")
    add_entry(tmp_path, ["or", "métal précieux"], "mod (7)", "fr")


def test_word_that_has_an_entry_gets_another_form(tmp_path: Path) -> None:
    """The other word names the new entry, as a name may be used once; the reader unites both."""
    (tmp_path / "glossary.toml").write_text(BY_HAND)

    line = add_entry(tmp_path, ["D2B", "driver buy"], "mod (7)")

    assert line.startswith('"driver buy" = ["D2B"]')
    assert read_glossary(tmp_path)[0] == ("D2B", "Driver to Buy", "driver buy")


@pytest.mark.parametrize(
    ("forms", "reason"),
    [
        (["D2B", "D2B"], "two different words"),
        (["D2B", "d2b"], "two different words"),
        (["D2B", " !? "], "two different words"),
        (["driver to buy", "D2B"], "the same already"),
        (["D2B", "log in"], "has an entry already"),
        (["VPN", "a b c d e f g h i j"], "more than 8 words"),
        (["VPN", *(f"word{number}" for number in range(12))], "more than 12 forms"),
    ],
)
def test_entry_that_a_rebuild_would_refuse_is_not_written(tmp_path: Path, forms: list[str], reason: str) -> None:
    """The file stays as it was, and the reason is said."""
    (tmp_path / "glossary.toml").write_text(BY_HAND)
    with pytest.raises(GlossaryError, match=reason):
        add_entry(tmp_path, forms, "mod (7)")
    assert (tmp_path / "glossary.toml").read_text() == BY_HAND


@pytest.mark.parametrize("content", ["D2B = ", "[table]", "\udcff"])
def test_broken_glossary_is_not_changed(tmp_path: Path, content: str) -> None:
    """What people broke has to be corrected by people."""
    path = tmp_path / "glossary.toml"
    path.write_text(content, "utf-8", "surrogateescape")
    with pytest.raises(GlossaryError):
        add_entry(tmp_path, ["VPN", "network"], "mod (7)")
    assert path.read_text("utf-8", "surrogateescape") == content


def test_link_is_not_followed(tmp_path: Path) -> None:
    """It could lead out of the documents."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "secret").write_text("D2B = 'x'\n")
    (tmp_path / "seeds" / "glossary.toml").symlink_to(tmp_path / "secret")
    with pytest.raises(GlossaryError, match="cannot be read"):
        add_entry(tmp_path / "seeds", ["VPN", "network"], "mod (7)")
    assert (tmp_path / "secret").read_text() == "D2B = 'x'\n"


def test_hostile_texts_cannot_break_the_file(tmp_path: Path) -> None:
    """Whatever is typed is refused or is one entry; no text ends its string, its line or its comment."""
    added = 0
    hostile = list(texts(160))
    for number in range(80):
        try:
            add_entry(tmp_path, [f"word{number} {hostile[number][:40]}", f"x{number}"], hostile[-number - 1])
        except GlossaryError:
            continue
        added += 1
        assert len(tomllib.loads((tmp_path / "glossary.toml").read_text("utf-8"))) == added
    assert added > 20
    assert len(read_glossary(tmp_path)) == added
