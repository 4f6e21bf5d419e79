"""`footnote rebuild`: reports, the gate, earlier generations, and --watch."""

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
def options(tmp_path: Path, compiled_model: tuple[Path, str]) -> list[str]:
    """Return the options for a folder of two documents, its index and its golden questions."""
    seeds = tmp_path / "docs"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    (seeds / "pool.txt").write_text("The pool opened in 1950.")
    (tmp_path / "golden.yaml").write_text(GOLDEN)
    (tmp_path / "footnote.toml").write_text(f'golden = "{tmp_path / "golden.yaml"}"\n')
    shutil.copytree(compiled_model[0] / "models", tmp_path / "ix" / "models", copy_function=os.link)
    return ["--seeds", str(seeds), "--index", str(tmp_path / "ix"), "--config", str(tmp_path / "footnote.toml")]


def test_gate_keeps_a_generation_from_going_live_until_it_is_overridden(
    footnote: RunFootnote, options: list[str], tmp_path: Path
) -> None:
    """A refusal names the broken questions and exits with 1; --no-gate publishes; diff and rollback know both sides."""
    done = footnote("rebuild", "--dry-run", *options)
    assert "added    pool.txt" in done.stdout
    assert "not known before the first rebuild" in done.stdout
    done = footnote("rebuild", *options)
    assert (done.returncode, "Golden questions: 1 of 1 pass." in done.stdout) == (0, True)
    assert "Documents: 2 added, 0 unchanged." in done.stdout
    assert "added    pool.txt" not in done.stdout

    (tmp_path / "docs" / "zoo.txt").unlink()
    (tmp_path / "docs" / "bad.txt").write_bytes(b"\xff")
    done = footnote("rebuild", *options)
    assert (done.returncode, done.stderr) == (
        1,
        "footnote: not published, gen-1 stays live: 1 golden question passed before and failed now "
        '(gate = "no worse"); to publish it anyway: footnote rebuild --no-gate\n',
    )
    assert "removed  zoo.txt" in done.stdout
    assert "broken   When did the zoo of the town open?: no answer (zoo.txt was removed: remove" in done.stdout
    assert "bad.txt: not UTF-8" in done.stdout
    report = json.loads(footnote("rebuild", "--json", *options).stdout)
    assert (report["published"], report["generation"], report["gate"]["open"]) == (False, "gen-1", False)
    assert [case["question"] for case in report["gate"]["broken"]] == ["When did the zoo of the town open?"]
    assert "1931" in footnote("ask", "When did the zoo of the town open?", *options).stdout

    report = json.loads(footnote("rebuild", "--json", "--no-gate", *options).stdout)
    assert (report["published"], report["generation"], report["recall"]) == (True, "gen-2", 1.0)
    state = json.loads(footnote("status", "--json", *options).stdout)
    assert [(entry["name"], entry["live"], entry["documents"]) for entry in state["generations"]] == [
        ("gen-2", True, 1),
        ("gen-1", False, 2),
    ]
    difference = json.loads(footnote("diff", "gen-1", "gen-2", "--json", *options).stdout)
    assert (difference["sentences"], [entry["document"] for entry in difference["removed"]]) == (
        {"added": 0, "removed": 2},
        ["zoo.txt"],
    )
    assert "sentences: 0 added, 2 removed." in footnote("diff", "gen-1", *options).stdout

    assert "gen-1, built" in footnote("rollback", *options).stdout
    (tmp_path / "docs" / "zoo.txt").write_text("The zoo of the town opened in 1931. It has two pandas.")
    forecast = json.loads(footnote("rebuild", "--dry-run", "--json", *options).stdout)
    assert (forecast["changes"]["changed"], forecast["expected"]["windows"]) == ([], 0)
    report = json.loads(footnote("rebuild", "--json", *options).stdout)
    assert (report["generation"], report["counts"]["documents"], report["encoded_windows"]) == ("gen-3", 2, 0)
    status = footnote("status", *options).stdout
    assert "gen-3: " in status
    assert "1 document," not in status  # the generation that was rolled back is gone


class WatchProcess:
    """A process of `footnote rebuild --watch --json`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def read_report(self) -> dict[str, object]:
        """Wait for the next line that the process prints."""
        assert self.process.stdout is not None
        report: dict[str, object] = json.loads(self.process.stdout.readline())
        return report


@pytest.fixture
def watching(options: list[str], tmp_path: Path) -> Iterator[WatchProcess]:
    """Yield a watching process, which is killed after two minutes."""
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--watch", "--json", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        yield WatchProcess(process)
        watchdog.cancel()
        process.kill()


def test_watching_rebuilds_after_changes_and_survives_failures(watching: WatchProcess, tmp_path: Path) -> None:
    """A burst of changes is one rebuild; a missing folder and a refusal are a line each; SIGTERM ends it with 0."""
    seeds = tmp_path / "docs"
    assert watching.read_report()["generation"] == "gen-1"
    for number in range(5):
        (seeds / f"note-{number}.txt").write_text(f"Note {number} was written in {1960 + number}.")
    added = watching.read_report()
    assert (added["generation"], len(added["changes"]["added"])) == ("gen-2", 5)  # type: ignore[index]
    aside = tmp_path / "aside"
    seeds.rename(aside)
    assert "does not exist" in str(watching.read_report()["error"])
    (aside / "zoo.txt").unlink()
    aside.rename(seeds)
    refused = watching.read_report()
    assert (refused["published"], refused["generation"]) == (False, "gen-2")
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931.")
    assert watching.read_report()["generation"] == "gen-3"
    watching.process.send_signal(signal.SIGTERM)
    assert watching.process.wait(30) == 0


def test_the_first_line_says_that_much_is_not_read(footnote: RunFootnote, options: list[str], tmp_path: Path) -> None:
    """Of `rebuild`, its preview and `status`; in JSON under `unread`."""
    (tmp_path / "docs" / "old.doc").write_bytes(b"x")
    line = "Not read: 1 of 3 files (33%): 1 × unsupported format: save it as .docx."
    assert footnote("rebuild", "--dry-run", *options).stdout.splitlines()[0] == line
    assert footnote("rebuild", *options).stdout.splitlines()[0] == line
    assert footnote("status", *options).stdout.splitlines()[0] == line
    assert json.loads(footnote("status", "--json", *options).stdout)["unread"] == line
    (tmp_path / "docs" / "old.doc").unlink()
    assert json.loads(footnote("rebuild", "--json", *options).stdout)["unread"] is None
