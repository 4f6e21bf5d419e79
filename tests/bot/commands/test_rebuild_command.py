"""What people see of the life of an index: reports, the gate, what is kept, following a folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT

GOLDEN = "- question: When did the zoo of the town open?\n  document: zoo.txt\n  fragment: '1931'\n"


@pytest.fixture
def where(tmp_path: Path, compiled_model: tuple[Path, str]) -> list[str]:
    """Return the options that name a folder of two documents, its index and its golden questions."""
    seeds = tmp_path / "docs"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    (seeds / "pool.txt").write_text("The pool opened in 1950.")
    (tmp_path / "golden.yaml").write_text(GOLDEN)
    (tmp_path / "footnote.toml").write_text(f'golden = "{tmp_path / "golden.yaml"}"\n')
    shutil.copytree(compiled_model[0] / "models", tmp_path / "ix" / "models", copy_function=os.link)
    return ["--seeds", str(seeds), "--index", str(tmp_path / "ix"), "--config", str(tmp_path / "footnote.toml")]


def test_a_rebuild_tells_what_changed_what_broke_and_the_way_through(
    footnote: RunFootnote, where: list[str], tmp_path: Path
) -> None:
    """Exit code 1 and the questions when the gate is shut; --no-gate opens it; diff and rollback know both sides."""
    done = footnote("rebuild", "--dry-run", *where)
    assert "added    pool.txt" in done.stdout
    assert "not known before the first rebuild" in done.stdout
    done = footnote("rebuild", *where)
    assert (done.returncode, "Golden questions: 1 of 1 pass." in done.stdout) == (0, True)

    (tmp_path / "docs" / "zoo.txt").unlink()
    (tmp_path / "docs" / "bad.txt").write_bytes(b"\xff")
    done = footnote("rebuild", *where)
    assert (done.returncode, done.stderr) == (
        1,
        "footnote: not published, gen-1 stays live: 1 golden question passed before and failed now "
        '(gate = "no worse"); to publish it anyway: footnote rebuild --no-gate\n',
    )
    assert "removed  zoo.txt" in done.stdout
    assert "broken   When did the zoo of the town open?: no answer (zoo.txt was removed: remove" in done.stdout
    assert "bad.txt: not UTF-8" in done.stdout
    report = json.loads(footnote("rebuild", "--json", *where).stdout)
    assert (report["published"], report["generation"], report["gate"]["open"]) == (False, "gen-1", False)
    assert [one["question"] for one in report["gate"]["broken"]] == ["When did the zoo of the town open?"]
    assert "1931" in footnote("ask", "When did the zoo of the town open?", *where).stdout

    report = json.loads(footnote("rebuild", "--json", "--no-gate", *where).stdout)
    assert (report["published"], report["generation"], report["recall"]) == (True, "gen-2", 1.0)
    state = json.loads(footnote("status", "--json", *where).stdout)
    assert [(one["name"], one["live"], one["documents"]) for one in state["generations"]] == [
        ("gen-2", True, 1),
        ("gen-1", False, 2),
    ]
    found = json.loads(footnote("diff", "gen-1", "gen-2", "--json", *where).stdout)
    assert (found["sentences"], [one["document"] for one in found["removed"]]) == (
        {"added": 0, "removed": 2},
        ["zoo.txt"],
    )
    assert "sentences: 0 added, 2 removed." in footnote("diff", "gen-1", *where).stdout

    assert "gen-1, built" in footnote("rollback", *where).stdout
    (tmp_path / "docs" / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    expected = json.loads(footnote("rebuild", "--dry-run", "--json", *where).stdout)
    assert (expected["changes"]["changed"], expected["expected"]["windows"]) == ([], 0)
    report = json.loads(footnote("rebuild", "--json", *where).stdout)
    assert (report["generation"], report["counts"]["documents"], report["encoded_windows"]) == ("gen-3", 2, 0)
    status = footnote("status", *where).stdout
    assert "gen-3: " in status
    assert "1 document," not in status  # the generation that was rolled back is gone


class Watching:
    """A process that follows a folder, and the lines of JSON that it prints."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found


@pytest.fixture
def watching(where: list[str], tmp_path: Path) -> Iterator[Watching]:
    """Yield a watching process; it is killed after two minutes."""
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--watch", "--json", *where]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        yield Watching(process)
        watchdog.cancel()
        process.kill()


def test_watching_follows_saves_and_outlives_trouble(watching: Watching, tmp_path: Path) -> None:
    """A burst is one line; an empty folder and a shut gate are one line each; SIGTERM ends it with 0."""
    seeds = tmp_path / "docs"
    assert watching.line()["generation"] == "gen-1"
    for number in range(5):
        (seeds / f"note-{number}.txt").write_text(f"Note {number} was written in {1960 + number}.")
    added = watching.line()
    assert (added["generation"], len(added["changes"]["added"])) == ("gen-2", 5)  # type: ignore[index]
    aside = tmp_path / "aside"
    seeds.rename(aside)
    assert "does not exist" in str(watching.line()["error"])
    (aside / "zoo.txt").unlink()
    aside.rename(seeds)
    refused = watching.line()
    assert (refused["published"], refused["generation"]) == (False, "gen-2")
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931.")
    assert watching.line()["generation"] == "gen-3"
    watching.process.send_signal(signal.SIGTERM)
    assert watching.process.wait(30) == 0
