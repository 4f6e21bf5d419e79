"""The README is true: it names every command, every option, every setting and every file."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot.commands.cli import cli
from config.settings import DEFAULTS
from retrieval.reading.formats.registry import FORMATS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_and_option_is_in_the_readme() -> None:
    """Someone who reads it once knows what there is."""
    for name, command in cli.commands.items():
        assert re.search(rf"footnote {name}\b", README), f"the command {name} is missing"
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert option in README, f"{option} of {name} is missing"


def test_every_setting_is_in_the_readme() -> None:
    """Keys are written as they are in the file, with their table."""
    for key, value in tomllib.loads(DEFAULTS.read_text("utf-8")).items():
        names = [f"{key}.{inner}" for inner in value] if isinstance(value, dict) else [key]
        for name in names:
            assert f"`{name}`" in README, f"the setting {name} is missing"


def test_every_source_file_has_its_sentence_in_the_readme() -> None:
    """No file without a row, no row without a file."""
    files = {
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "config", "retrieval")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    listed = set(re.findall(r"^\| `(\w+/[\w/]+\.py)` \|", README, re.MULTILINE))
    assert listed == files


def test_nothing_that_belongs_to_a_machine_is_in_the_lock() -> None:
    """Pins only: no address of a registry, no path, no local version."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = [line.split("#")[0].strip() for line in lock.splitlines() if line.split("#")[0].strip()]
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*", pin) for pin in pins)
    assert "torch==2.13.0" in pins


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the files of a checkout are listed by git")
def test_no_file_of_the_index_or_of_a_setting_is_tracked() -> None:
    """What is derived or private stays out of the repository."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name for name in tracked if name.startswith(("index", ".venv")) or name.endswith(("footnote.toml", ".env"))
    ]


def test_the_extras_of_formats_are_in_documents_and_in_dev() -> None:
    """They are repeated there, and must not drift apart; each is named in the README and in the table of formats."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {one.extra for one in FORMATS.values() if one.extra}
    assert named | {"documents", "dev"} == set(extras)
    assert {library for extra in named for library in extras[extra]} == set(extras["documents"]) <= set(extras["dev"])
    assert all(f"`{suffix}`" in README for suffix in FORMATS)
