"""The questions that trained the reader are whole: each names a document, words of it, and how many there are."""

import csv
from pathlib import Path

import pytest

from retrieval.measuring.mine_windows import NEAR_MISS
from retrieval.training.informative_windows import read_judgements
from tests.benchmarks.training_manuals import WRITTEN, lay_out
from tests.support.paths import ROOT

FOLDER = ROOT / "tests" / "manuals" / "training"
with (FOLDER / "packages.tsv").open(encoding="utf-8", newline="") as table:
    MANUALS = list(csv.DictReader(table, delimiter="\t"))


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual["name"])
def test_the_table_counts_the_questions_of_a_manual(manual: dict[str, str]) -> None:
    """Those that are answered, and the near misses, each of which stands beside an answered question."""
    lines = [line.split("\t") for line in (FOLDER / f"{manual['name']}.tsv").read_text("utf-8").splitlines()]
    assert {len(line) for line in lines} == {3}
    assert all(field.strip() for line in lines for field in line)
    answered = [(document, words) for document, words, question in lines if not question.startswith(NEAR_MISS)]
    near = [(document, words) for document, words, question in lines if question.startswith(NEAR_MISS)]
    assert (len(answered), len(near)) == (int(manual["questions"]), int(manual["near misses"]))
    assert set(near) <= set(answered)


def test_every_judgement_is_about_a_question_that_trained_the_reader() -> None:
    """As it is asked, on one line."""
    lines = [line for path in FOLDER.glob("*.tsv") for line in path.read_text("utf-8").splitlines()]
    asked = {" ".join(line.rpartition("\t")[2].removeprefix(NEAR_MISS).split()) for line in lines}
    assert set(read_judgements(FOLDER.parent / "judged.tsv")) <= asked


def test_the_readme_has_the_sums() -> None:
    """And no manual is left out."""
    answered, near = (sum(int(manual[column]) for manual in MANUALS) for column in ("questions", "near misses"))
    text = (FOLDER / "README.md").read_text("utf-8")
    written = [manual["folder"] for manual in MANUALS if manual["patterns"] == WRITTEN]
    manuals = len(MANUALS) - len(written)
    assert f"{answered + near:,} questions about {manuals} manuals and {len(written)} collections" in text
    assert f"{answered:,} that a passage answers and {near:,} near misses" in text
    assert {f"written/{path.name}" for path in (FOLDER / "written").iterdir()} == set(written)
    assert {path.stem for path in FOLDER.glob("*.tsv")} == {"packages", *(manual["name"] for manual in MANUALS)}


@pytest.mark.parametrize(
    "manual", [manual for manual in MANUALS if manual["patterns"] == WRITTEN], ids=lambda manual: manual["name"]
)
def test_the_words_of_a_written_collection_stand_in_its_documents(manual: dict[str, str], tmp_path: Path) -> None:
    """As these are laid out."""
    lay_out(tmp_path / "packages", manual, tmp_path / "out")
    for line in (FOLDER / f"{manual['name']}.tsv").read_text("utf-8").splitlines():
        document, words, _ = line.split("\t")
        assert words in " ".join((tmp_path / "out" / document).read_text("utf-8").split())
