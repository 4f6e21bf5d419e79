"""What answering takes beside the bare model: memory, and what it loads."""

import shutil
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

from tests.benchmarks import contest
from tests.support.paths import ROOT, SEEDS

CONTENDERS = ("footnote", "light floor")
QUESTION = "When did the security dialogue first meet?"
ROWS = 1_000


@pytest.fixture
def contest_folder(sample_index: Path, tmp_path: Path) -> Path:
    """Return a folder as `contest` prepares it, of the sample documents; the floor searches random vectors."""
    (tmp_path / "index").symlink_to(sample_index)
    (tmp_path / "seeds").symlink_to(SEEDS)
    compiled = next(path for path in (sample_index / "models").iterdir() if (path / "projection.npz").exists())
    (tmp_path / "tokenizer.json").symlink_to(compiled / "tokenizer.json")
    shutil.copytree(compiled, tmp_path / "light")
    index = faiss.IndexFlatIP(384)
    index.add(np.random.default_rng(0).normal(size=(ROWS, 384)).astype(np.float32))
    faiss.write_index(index, str(tmp_path / "lone.faiss"))
    return tmp_path


def test_first_answer_takes_little_more_memory_than_the_floor(contest_folder: Path) -> None:
    """At most twice that of a process that only encodes and searches; the times are for the benchmark to compare."""
    figures = contest.fresh(contest_folder, QUESTION, 3, CONTENDERS)
    assert figures["footnote"]["peak_mb"] <= 2 * figures["light floor"]["peak_mb"]


def test_answering_loads_nothing_that_only_building_needs(sample_index: Path) -> None:
    """A process that has answered a question has none of them in memory."""
    program = (
        "import sys; from bot.commands.cli import run; "
        f"code = run(['ask', 'Who is the defence minister of Japan?', '--index', {str(sample_index)!r}]); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'discord', 'onnx', 'yaml', "
        "'markdown_it', 'lxml', 'sentencex', 'huggingface_hub', 'jinja2', 'matplotlib', "
        "'retrieval.reading.documents'}; "
        "sys.exit('loaded: ' + ' '.join(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
