"""Implement `footnote test`: run the checks of CI, the fastest first."""

import subprocess
import sys

from bot.showing.exit_codes import ERROR, SUCCESS
from bot.showing.terminal import say
from config.settings import HERE, in_checkout

TOOLS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
PYTEST = ("pytest", "--numprocesses", "auto", "--dist", "loadfile")  # a process per core; half of the time is waiting


def run_checks(pytest_arguments: tuple[str, ...]) -> int:
    """Run the linter, the formatter, the type checker and the tests up to the first failure; return an exit code."""
    if not in_checkout():
        say("the tests come with the project's repository, not with an installed copy")
        return ERROR
    for command in (*TOOLS, (*PYTEST, *pytest_arguments)):
        say("running " + " ".join(command))
        done = subprocess.run([sys.executable, "-m", *command], cwd=HERE.parent, check=False)  # noqa: S603 - fixed tools
        if done.returncode:
            say(f"{command[0]} failed")
            return ERROR
    return SUCCESS
