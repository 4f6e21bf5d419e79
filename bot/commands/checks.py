"""What CI runs, in the order of how fast each says no."""

import subprocess
import sys

from bot.showing.exit_codes import ERROR, SUCCESS
from bot.showing.terminal import say
from config.settings import HERE, in_checkout

TOOLS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
PYTEST = ("pytest", "--numprocesses", "auto", "--dist", "loadfile")  # a process a core; half of the time is waiting


def run_checks(pytest_arguments: tuple[str, ...]) -> int:
    """Run the linters, the type checker and the tests; returns 0, or 2 at the first that fails."""
    if not in_checkout():
        say("the tests are in the project's checkout, not in an installed copy")
        return ERROR
    for tool in (*TOOLS, (*PYTEST, *pytest_arguments)):
        say("running " + " ".join(tool))
        done = subprocess.run([sys.executable, "-m", *tool], cwd=HERE.parent, check=False)  # noqa: S603 - fixed tools
        if done.returncode:
            say(f"{tool[0]} failed")
            return ERROR
    return SUCCESS
