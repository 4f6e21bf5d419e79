"""A reader that cannot be loaded costs its judgement, not the answers."""

from pathlib import Path

import pytest

from bot import answering_stack
from config.settings import load_settings


def test_without_its_reader_the_bot_answers_as_if_none_was_wanted(
    sample_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One notice names the file; threshold and confidence are those without a reader."""
    notices: list[str] = []
    monkeypatch.setattr(answering_stack, "READER", tmp_path)
    monkeypatch.setenv("FOOTNOTE_RANKER__READER", "true")
    damaged = answering_stack.open_live(load_settings(index=str(sample_index)), notices.append)
    monkeypatch.setenv("FOOTNOTE_RANKER__READER", "false")
    unwanted = answering_stack.open_live(load_settings(index=str(sample_index)))
    assert [notice for notice in notices if "reader" in notice] == [
        f"{tmp_path / 'reader.json'} describes no reader: [Errno 2] No such file or directory: "
        f"'{tmp_path / 'reader.json'}'; answering without the reader"
    ]
    assert damaged.retriever.reader is None
    assert damaged.threshold == unwanted.threshold
    question = "How high is the tower?"
    assert damaged.retriever.ask(question, threshold=0.0) == unwanted.retriever.ask(question, threshold=0.0)
