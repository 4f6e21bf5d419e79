"""A child process finds the same code, wherever it is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import retrieval
from retrieval.child_process import child_environment, python_path


def test_a_child_imports_the_same_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where PYTHONPATH is set, whose folders come after it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import retrieval, sys; print(retrieval.__file__, sys.path[1])"
    child = subprocess.run(
        [sys.executable, "-P", "-c", code], env=os.environ | {"PYTHONPATH": python_path()}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert child.stdout.split() == [retrieval.__file__, str(tmp_path)]


def test_an_empty_variable_adds_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty entry would mean the current folder."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert os.pathsep not in python_path()
    monkeypatch.setenv("PYTHONPATH", "")
    assert os.pathsep not in python_path()


def test_only_known_variables_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token or a password of the parent reaches no child, whatever its variable is called."""
    for name in ("DISCORD_TOKEN", "FOOTNOTE_DISCORD__DATABASE", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "TOKEN"):
        monkeypatch.setenv(name, "canary")
    for name in ("HF_HOME", "https_proxy", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "passed")
    environment = child_environment()
    assert "canary" not in environment.values()
    assert {environment[name] for name in ("HF_HOME", "https_proxy", "OMP_NUM_THREADS")} == {"passed"}
    assert environment["PYTHONPATH"] == python_path()
