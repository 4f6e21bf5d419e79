"""A missing library is one line that says which extra installs it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.commands.extras import EXTRAS, missing_library
from tests.support.paths import ROOT

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from bot.commands.cli import run
sys.exit(run({arguments!r}))
"""


def footnote_without(missing: set[str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = WITHOUT.format(missing=missing, arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_library_is_listed_under_its_extra() -> None:
    """EXTRAS has the modules of each distribution in build, discord and eval, and no others."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    distributions = packages_distributions()
    for extra, modules in EXTRAS.items():
        required = {re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-") for requirement in extras[extra]}
        listed = {name.lower().replace("_", "-") for module in modules for name in distributions[module]}
        shared = {"pyyaml"} if extra == "eval" else set()  # golden files; rebuilding needs it as well
        assert listed & required == required - shared


def test_index_answers_without_any_extra(sample_index: Path) -> None:
    """Answering from a given index folder needs none of the libraries of build, discord and eval."""
    missing = {module for modules in EXTRAS.values() for module in modules}
    done = footnote_without(missing, "ask", "Who is the defence minister of Japan?", "--index", str(sample_index))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Yasukazu Hamada" in done.stdout


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [("build", ("rebuild",)), ("discord", ("discord",)), ("build", ("verify",)), ("build", ("ask", "Who?"))],
)
def test_command_says_which_extra_it_needs(
    extra: str, arguments: tuple[str, ...], tmp_path: Path, sample_index: Path
) -> None:
    """It prints one line with the command that installs the extra, and exits with 2."""
    index = tmp_path if arguments[0] in ("ask", "rebuild") else sample_index
    done = footnote_without(set(EXTRAS[extra]), *arguments, "--index", str(index))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith(f"run: pip install 'footnote[{extra}]'")


def test_unlisted_library_is_in_the_extra_all() -> None:
    """A module that EXTRAS lacks still gets a helpful line."""
    assert missing_library("left.pad").endswith(
        "the library left, which is not installed; run: pip install 'footnote[all]'"
    )
