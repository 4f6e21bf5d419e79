"""`footnote glossary`: proposals that can be appended, and a glossary from its file to the answer."""

import json
import os
import shutil
import tomllib
from pathlib import Path

from bot.commands.glossary_command import proposals
from retrieval.reading.glossary import parse_glossary
from retrieval.types import Document
from tests.bot.conftest import RunFootnote

HANDBOOK = "# Handbook\n\nDriver to Buy opens its doors at seven in the morning.\n\nThe canteen closes at four.\n"
QUESTION = "When does D2B open?"


def document(text: str, name: str = "a.md") -> Document:
    return Document(name, name, None, None, None, text, "")


def test_proposals_are_toml_that_can_be_appended() -> None:
    """Each with the number of documents; other meanings of the same name are comments."""
    documents = [
        document("Driver to Buy (D2B), Driver to Buy (D2B) and C&A (Cars & Accessories)"),
        document("The driver to buy (D2B) and pull requests (PRs)"),
        document("Public relations (PR)"),
        document("A pull request (PR)"),
    ]
    lines = proposals(documents, (), "en")
    assert lines == [
        '"C&A" = "Cars & Accessories"  # in 1 document',
        'D2B = "Driver to Buy"  # in 2 documents',
        'PR = "pull requests"  # in 2 documents',
        '# PR = "Public relations"  # in 1 document',
    ]
    assert tomllib.loads("\n".join(lines))["D2B"] == "Driver to Buy"


def test_what_the_glossary_has_is_not_proposed() -> None:
    """In any spelling."""
    assert proposals([document("Driver to Buy (D2B)")], parse_glossary(b'd2b = "x"'), "en") == []


def test_a_glossary_is_read_at_rebuild_and_shown_in_the_answer(
    footnote: RunFootnote, tmp_path: Path, compiled_model: tuple[Path, str]
) -> None:
    """A changed file makes the index stale, encodes nothing again, and an invalid one loses nothing."""
    seeds, index = tmp_path / "seeds", tmp_path / "index"
    shutil.copytree(compiled_model[0] / "models", index / "models", copy_function=os.link)
    seeds.mkdir()
    (seeds / "handbook.md").write_text(HANDBOOK)
    folders = ("--seeds", str(seeds), "--index", str(index))
    before = json.loads(footnote("ask", QUESTION, *folders, "--json").stdout)
    assert "glossary" not in before
    (seeds / "glossary.toml").write_text('D2B = "Driver to Buy"\n')
    assert "the glossary changed since the index was built" in footnote("ask", QUESTION, *folders).stderr
    assert json.loads(footnote("status", *folders, "--json").stdout)["stale"] is True
    assert "The glossary changed." in footnote("rebuild", "--dry-run", *folders).stdout
    rebuilt = json.loads(footnote("rebuild", *folders, "--json").stdout)
    assert (rebuilt["published"], rebuilt["encoded_windows"], rebuilt["why_full"]) == (True, 0, None)
    after = json.loads(footnote("ask", QUESTION, *folders, "--json").stdout)
    assert (after["answered"], after["glossary"]) == (True, ["D2B = Driver to Buy"])
    assert after["confidence"] > before["confidence"]
    assert footnote("ask", QUESTION, *folders).stdout.startswith("D2B = Driver to Buy\n\n")
    (seeds / "glossary.toml").write_text("D2B = Driver\n")
    failed = footnote("rebuild", *folders)
    assert (failed.returncode, failed.stderr.count("\n")) == (2, 1)
    assert f"{seeds}/glossary.toml: invalid TOML" in failed.stderr
    again = json.loads(footnote("ask", QUESTION, *folders, "--json").stdout)
    assert again["glossary"] == ["D2B = Driver to Buy"]


def test_proposals_are_appended_once(footnote: RunFootnote, tmp_path: Path, compiled_model: tuple[Path, str]) -> None:
    """Also to a file whose last line has no end, and before the next rebuild."""
    seeds, index = tmp_path / "seeds", tmp_path / "index"
    shutil.copytree(compiled_model[0] / "models", index / "models", copy_function=os.link)
    seeds.mkdir()
    (seeds / "handbook.md").write_text("Driver to Buy (D2B) opens at seven.\n")
    file = seeds / "glossary.toml"
    file.write_text('VPN = "company network"')
    folders = ("--seeds", str(seeds), "--index", str(index))
    footnote("rebuild", *folders)
    first = footnote("glossary", *folders)
    assert "1 proposal; append those that are right to" in first.stderr
    file.write_text(file.read_text() + first.stdout)
    assert parse_glossary(file.read_bytes()) == (("VPN", "company network"), ("D2B", "Driver to Buy"))
    assert footnote("glossary", *folders).stdout == ""
