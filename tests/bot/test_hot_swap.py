"""Hot swaps: a value is replaced when another generation goes live, and stays if that one cannot be opened."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot import answering_stack, building
from bot.hot_swap import HotSwap
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.rebuild import rebuild
from tests.support.paths import ROOT


def test_new_generation_is_opened_once(tmp_path: Path) -> None:
    """`reopen` gets the current value; the generation in use is not opened again, nor is a missing one."""
    (tmp_path / "CURRENT").write_text("gen-1\n")
    value = HotSwap(tmp_path, ["gen-1"], "gen-1", lambda current: [*current, "gen-2"])
    assert not value.refresh()
    (tmp_path / "CURRENT").write_text("gen-2\n")
    assert [value.refresh(), value.refresh(), value.current] == [True, False, ["gen-1", "gen-2"]]
    (tmp_path / "CURRENT").unlink()
    assert not value.refresh()


def test_failure_is_reported_once_and_tried_again(tmp_path: Path) -> None:
    """The old value stays until the new generation can be opened."""
    (tmp_path / "CURRENT").write_text("gen-2\n")
    reported: list[str] = []
    failures = ["a file is missing", "a file is missing"]

    def reopen(_: str) -> str:
        if failures:
            raise OSError(failures.pop())
        return "new"

    value = HotSwap(tmp_path, "old", "gen-1", reopen, reported.append)
    assert [value.refresh(), value.refresh(), value.current] == [False, False, "old"]
    assert reported == ["cannot open gen-2, still answering from gen-1: a file is missing"]
    assert [value.refresh(), value.current] == [True, "new"]


def test_concurrent_threads_open_a_generation_once(tmp_path: Path) -> None:
    """The others wait and find nothing to do."""
    (tmp_path / "CURRENT").write_text("gen-2\n")
    opened: list[str] = []

    def reopen(_: str) -> str:
        opened.append("x")
        return "new"

    value = HotSwap(tmp_path, "old", "gen-1", reopen)
    threads = [threading.Thread(target=value.refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (opened, value.current) == (["x"], "new")


def test_chat_switches_to_a_new_generation_and_keeps_its_model(
    tmp_path: Path, compiled_model: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question after a rebuild is answered from the new generation; the same model is not loaded again."""
    seeds, index = tmp_path / "seeds", tmp_path / "index"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931.")
    shutil.copytree(compiled_model[0] / "models", index / "models", copy_function=os.link)
    settings = load_settings(seeds=str(seeds), index=str(index))
    rebuild(building.rebuild_options(settings), silent)
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "chat", "--seeds", str(seeds), "--index", str(index)]
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as chat:  # fmt: skip
        watchdog = threading.Timer(120, chat.kill)
        watchdog.start()
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write("When did the zoo of the town open?\n")
        chat.stdin.flush()
        assert any("1931" in line for line in iter(chat.stdout.readline, ""))
        first = answering_stack.open_live(settings)
        (seeds / "zoo.txt").write_text("The zoo of the town opened in 1954.")
        assert rebuild(building.rebuild_options(settings), silent).published
        out, err = chat.communicate("When did the zoo of the town open?\n")
        watchdog.cancel()
    assert "1954" in out
    assert "footnote: now answering from gen-2" in err
    monkeypatch.setattr(answering_stack, "load_encoder", None)
    second = answering_stack.open_live(settings, reuse=first)
    assert second.retriever.encoder is first.retriever.encoder
    assert second.retriever.index.generation == "gen-2"
