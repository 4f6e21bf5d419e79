"""Stored generations: how long they stay, and how they differ."""

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.errors import StoreError
from retrieval.store import history, layout, opening, publishing, write_lock
from retrieval.store.history import DocumentDiff
from tests.support.paths import ROOT
from tests.support.small_index import PROVENANCE, TEXTS, index_of, write_as_manifest
from tests.support.word_encoder import WordEncoder

READ_INDEX = (
    "import sys, time; from pathlib import Path; from retrieval.store import opening, publishing\n"
    "opened = opening.open_index(Path(sys.argv[1])); print(opened.index.generation, flush=True); time.sleep(60)"
)


def publish(folder: Path, words: WordEncoder, number: int, **texts: str) -> None:
    named = {name.replace("_", "."): text for name, text in texts.items()}
    with write_lock.writing(folder):
        publishing.publish(folder, index_of(words, TEXTS | named, generation=f"gen-{number}"), PROVENANCE)


def test_a_generation_stays_while_another_process_reads_it(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Two rebuilds do not delete it; after kill -9 of the reader, the next rebuild does."""
    publish(tmp_path, word_encoder, 1)
    reader = subprocess.Popen(
        [sys.executable, "-P", "-c", READ_INDEX, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "gen-1\n"
        publish(tmp_path, word_encoder, 2)
        publish(tmp_path, word_encoder, 3)
        assert layout.generations(tmp_path) == ["gen-3", "gen-2", "gen-1"]
        assert [(stored.name, stored.live, stored.in_use) for stored in history.list_generations(tmp_path)] == [
            ("gen-3", True, False),
            ("gen-2", False, False),
            ("gen-1", False, True),
        ]
        reader.send_signal(signal.SIGKILL)
    publish(tmp_path, word_encoder, 4)
    assert layout.generations(tmp_path) == ["gen-4", "gen-3"]


def test_an_index_in_this_process_keeps_its_generation_until_it_is_garbage_collected(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    """An index that was swapped for a newer one but still answers keeps its files."""
    publish(tmp_path, word_encoder, 1)
    opened = opening.open_index(tmp_path)
    publish(tmp_path, word_encoder, 2)
    publish(tmp_path, word_encoder, 3)
    assert (tmp_path / "gen-1").is_dir()
    assert opened.index.text(0)
    del opened
    gc.collect()
    publish(tmp_path, word_encoder, 4)
    assert layout.generations(tmp_path) == ["gen-4", "gen-3"]


def test_reading_works_where_nothing_can_be_locked(
    tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index on a file system without locks can be opened; none of its generations seems to be in use."""
    publish(tmp_path, word_encoder, 1)

    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    assert opening.open_index(tmp_path).index.generation == "gen-1"
    assert [stored.in_use for stored in history.list_generations(tmp_path)] == [False]


def test_a_diff_lists_documents_and_sentences(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Added, changed and removed documents come with the sentences that only one generation has."""
    publish(
        tmp_path, word_encoder, 1, old_txt="The cat sleeps. It opens.", gone_txt="Nine. Four.", name_txt="The museum."
    )
    publish(
        tmp_path,
        word_encoder,
        2,
        old_txt="The cat sleeps. It closes. It closes.",
        new_txt="Monday.",
        name_txt="The museum.",
    )
    diff = history.diff_generations(tmp_path, "gen-1", "gen-2")
    assert diff.added == (DocumentDiff("new.txt", ("Monday.",), ()),)
    assert diff.removed == (DocumentDiff("gone.txt", (), ("Nine.", "Four.")),)
    assert diff.sentences == (3, 3)
    assert diff.changed == (DocumentDiff("old.txt", ("It closes.", "It closes."), ("It opens.",)),)
    with pytest.raises(StoreError, match=r"there is no generation gen-7 in .*; there are gen-2, gen-1"):
        history.diff_generations(tmp_path, "gen-1", "gen-7")


def test_a_generation_that_cannot_be_read_is_listed_with_its_problem(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """An older format, a newer one and a malformed manifest do not hide the other generations."""
    for number in (1, 2):
        publish(tmp_path, word_encoder, number)
    for content, problem in (({"format": 1}, "older"), ({"format": 99}, "newer"), ({}, "cannot be read")):
        write_as_manifest(tmp_path / "gen-1", content)
        newest, oldest = history.list_generations(tmp_path)
        assert (newest.problem, newest.documents) == (None, 2)
        assert problem in str(oldest.problem)
