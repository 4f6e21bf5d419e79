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
    """Pins with their hashes, and PyTorch's pin without one: no address of a registry, no path, no local version."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    code = re.sub(r"#.*", "", lock).replace("\\\n", " ")
    pins = [line.strip() for line in code.splitlines() if line.strip()]
    pattern = r"[a-z0-9.-]+==[0-9][\w.]*( ; [\w '\".<>=!()]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    assert [pin for pin in pins if not re.fullmatch(pattern, pin)] == []
    assert re.findall(r"^# (torch==.+)$", lock, re.MULTILINE) == ["torch==2.13.0"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the files of a checkout are listed by git")
def test_no_file_of_the_index_or_of_a_setting_is_tracked() -> None:
    """What is derived or private stays out of the repository."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name for name in tracked if name.startswith(("index", ".venv")) or name.endswith(("footnote.toml", ".env"))
    ]


def test_documents_has_the_extra_of_every_format() -> None:
    """The extras of the table of formats are those that `documents` brings, and each format is described."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    formats = sorted({format_.extra for format_ in FORMATS.values() if format_.extra})
    assert extras["documents"] == [f"footnote[{','.join(formats)}]"]
    assert all(f"`{suffix}`" in README for suffix in FORMATS)
