"""Let a child process import the code of this one."""

import os
from pathlib import Path

ROOT = str(Path(__file__).parents[1])  # holds bot, config and retrieval


def python_path() -> str:
    """Make the PYTHONPATH of a child process: the folder of this code before what the variable holds already."""
    return os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))
