"""`--collection` on the command line: what is named is searched, and a name that there is not is one line."""

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
ASKED = "When was the harbour of Veldrun dug?"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]) -> list[str]:
    """Return the options that name a folder with two collections, and its index."""
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
def test_only_what_is_named_answers(
    footnote: RunFootnote, folders: list[str], names: list[str], documents: set[str]
) -> None:
    """Without a name the two sources differ; within one collection nothing of the other is left."""
    chosen = [part for name in names for part in ("--collection", name)]
    answer = json.loads(footnote("ask", ASKED, "--json", *chosen, *folders).stdout)
    assert {one["citation"]["document"] for one in answer["quotes"]} == documents
    assert answer.get("sources_differ", False) == (len(documents) > 1)


def test_the_closest_passages_stay_within_as_well(footnote: RunFootnote, folders: list[str]) -> None:
    """A refusal is no way around, and "" names what stands in no folder."""
    done = footnote("ask", ASKED, "--json", "--show-closest", "--collection", "", *folders)
    answer = json.loads(done.stdout)
    assert (done.returncode, {one["citation"]["document"] for one in answer["closest"]}) == (1, {"ferry.md"})


def test_an_unknown_collection_is_one_line_that_names_those_that_there_are(
    footnote: RunFootnote, folders: list[str]
) -> None:
    """Exit code 2, for ask and for each question of chat."""
    line = "there is no collection 'nots'; the collections are: \"\" (directly in the folder), handbook, notes"
    asked = footnote("ask", ASKED, "--collection", "nots", *folders)
    assert (asked.returncode, asked.stdout, asked.stderr) == (2, "", f"footnote: {line}\n")
    assert line in footnote("chat", "--collection", "nots", *folders, stdin=f"{ASKED}\n").stderr


def test_chat_keeps_to_the_collection(footnote: RunFootnote, folders: list[str]) -> None:
    """Every question of it, follow-ups included."""
    done = footnote("chat", "--collection", "notes", *folders, stdin=f"{ASKED}\nand when was it dug?\n")
    assert done.stdout.count("1634") == 2
    assert "1612" not in done.stdout


def test_status_counts_the_documents_of_each(footnote: RunFootnote, folders: list[str]) -> None:
    """In a row for people and as an object for programs."""
    assert '"" (directly in the folder) 1, handbook 1, notes 1' in footnote("status", *folders, COLUMNS="200").stdout
    facts = json.loads(footnote("status", "--json", *folders).stdout)
    assert facts["collections"] == {"": 1, "handbook": 1, "notes": 1}
