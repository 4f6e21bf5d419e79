"""`--collection` on the command line: only the named collections are searched, and an unknown name is one line."""

import json
import shutil
from pathlib import Path

import pytest

from bot import building
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.rebuild import rebuild
from tests.bot.conftest import RunFootnote

FILES = {
    "handbook/harbour.md": "# The harbour\n\nThe harbour of Veldrun was dug in 1612.\n",
    "notes/harbour.md": "# The harbour\n\nThe harbour of Veldrun was dug in 1634.\n",
    "ferry.md": "# The ferry\n\nThe ferry to Hestrup costs four crowns.\n",
}
QUESTION = "When was the harbour of Veldrun dug?"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]) -> list[str]:
    """Return the options for a folder with two collections, and for its index."""
    root = tmp_path_factory.mktemp("collections")
    for name, text in FILES.items():
        (root / "seeds" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "seeds" / name).write_text(text, "utf-8")
    shutil.copytree(compiled_model[0] / "models", root / "index" / "models")
    options = ["--seeds", str(root / "seeds"), "--index", str(root / "index")]
    rebuild(building.rebuild_options(load_settings(seeds=options[1], index=options[3])), silent)
    return options


@pytest.mark.parametrize(
    ("names", "documents"),
    [
        ([], {"handbook/harbour.md", "notes/harbour.md"}),
        (["notes"], {"notes/harbour.md"}),
        (["notes", "handbook"], {"handbook/harbour.md", "notes/harbour.md"}),
    ],
)
def test_only_named_collections_answer(
    footnote: RunFootnote, folders: list[str], names: list[str], documents: set[str]
) -> None:
    """Without a name, the sources of both collections differ; with one, the other has no influence."""
    options = [part for name in names for part in ("--collection", name)]
    answer = json.loads(footnote("ask", QUESTION, "--json", *options, *folders).stdout)
    assert {quote["citation"]["document"] for quote in answer["quotes"]} == documents
    assert answer.get("sources_differ", False) == (len(documents) > 1)


def test_closest_passages_are_of_named_collections(footnote: RunFootnote, folders: list[str]) -> None:
    """A refusal reveals nothing of the others. "" names the documents directly in the folder."""
    done = footnote("ask", QUESTION, "--json", "--show-closest", "--collection", "", *folders)
    answer = json.loads(done.stdout)
    assert (done.returncode, {quote["citation"]["document"] for quote in answer["closest"]}) == (1, {"ferry.md"})


def test_unknown_collection_is_one_line_with_the_existing_ones(footnote: RunFootnote, folders: list[str]) -> None:
    """Ask exits with 2; chat says it for each question."""
    error = "there is no collection 'nots'; the collections are: \"\" (directly in the folder), handbook, notes"
    asked = footnote("ask", QUESTION, "--collection", "nots", *folders)
    assert (asked.returncode, asked.stdout, asked.stderr) == (2, "", f"footnote: {error}\n")
    assert error in footnote("chat", "--collection", "nots", *folders, stdin=f"{QUESTION}\n").stderr


def test_chat_searches_only_named_collections(footnote: RunFootnote, folders: list[str]) -> None:
    """That holds for follow-ups too."""
    done = footnote("chat", "--collection", "notes", *folders, stdin=f"{QUESTION}\nand when was it dug?\n")
    assert done.stdout.count("1634") == 2
    assert "1612" not in done.stdout


def test_status_counts_the_documents_of_each_collection(footnote: RunFootnote, folders: list[str]) -> None:
    """They are in a row for people, and in an object for programs."""
    assert '"" (directly in the folder): 1, handbook: 1, notes: 1' in footnote("status", *folders, COLUMNS="200").stdout
    facts = json.loads(footnote("status", "--json", *folders).stdout)
    assert facts["collections"] == {"": 1, "handbook": 1, "notes": 1}
