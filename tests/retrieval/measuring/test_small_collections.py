"""The questions about the small collections are whole: what answers them stands in their documents."""

from pathlib import Path

import pytest

from retrieval.measuring.golden import read_golden
from tests.support.paths import ROOT

FOLDERS = [ROOT / "tests" / name for name in ("collections", "fitting")]
FILES = sorted(file for folder in FOLDERS for file in folder.glob("*.jsonl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_answer_stands_in_its_document(file: Path) -> None:
    """And each question is asked once."""
    golden = read_golden(file)
    assert len({each.question for each in golden}) == len(golden)
    for answer in (answer for each in golden for answer in each.answers):
        text = " ".join((file.with_suffix("") / answer.document).read_text("utf-8").split())
        assert all(fragment in text for fragment in answer.fragments)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_readme_counts_the_questions(folder: Path) -> None:
    """Of each collection and of all."""
    readme = (folder / "README.md").read_text("utf-8")
    counts = {file.stem: read_golden(file) for file in FILES if file.parent == folder}
    for name, golden in counts.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| {name} |"))
        assert row.endswith(f"| {len(golden)} / {sum(not each.answerable for each in golden)} |")
    answerable = sum(each.answerable for golden in counts.values() for each in golden)
    total = sum(map(len, counts.values()))
    assert f"{total} questions of members about them: {answerable} that" in " ".join(readme.split())
