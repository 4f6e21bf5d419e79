"""The last run of the eval command for each file, kept beside the index for the next one to compare with.

    index/eval/<name>-<hash>.json    figures, and for golden questions what passed

The hash is of the file's content: a file that was edited begins anew.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval import files
from retrieval.errors import DataError

FOLDER = "eval"
FORMAT = 1
NAME_LENGTH = 40
HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Run:
    """A run: of which file, when, with what, and what came out.

    `created` is an ISO date and time in UTC; `generation` is None where the file brings its own
    documents; `figures` are flat (see flatten), None for what could not be measured; `passed` says
    for golden question i whether it passed.
    """

    sha256: str
    created: str
    version: str
    generation: str | None
    model: str
    fingerprint: str
    weights: str
    threshold: float
    figures: dict[str, float | None]
    passed: list[bool]


def run_path(index_folder: Path, file: Path, sha256: str) -> Path:
    """Return where the run of a file is kept."""
    name = re.sub(r"[^\w.-]", "_", file.stem)[:NAME_LENGTH]
    return index_folder / FOLDER / f"{name}-{sha256[:HASH_LENGTH]}.json"


def flatten(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float | None]:
    """Return nested figures under dotted names; one that is not a finite number becomes None."""
    flat: dict[str, float | None] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = float(value) if math.isfinite(value) else None
    return flat


def read_run(path: Path, sha256: str) -> Run | None:
    """Return the run that is kept for a file with this checksum, None where there is none.

    Raises DataError when what is there cannot be used.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content.pop("format") != FORMAT:
            raise DataError(f"{path} is of another format")
        run = Run(**content)
        _check(run)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"{path} is not the record of a run ({type(error).__name__})") from None
    if run.sha256 != sha256:
        raise DataError(f"{path} belongs to another file")
    return run


def keep_run(path: Path, run: Run) -> None:
    """Put a run in the place of the one before it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"format": FORMAT, **asdict(run)}
    files.replace(path, (json.dumps(content, indent=1) + "\n").encode())


def _check(run: Run) -> None:
    """Raise TypeError when a value has another type than it should."""
    texts = (run.sha256, run.created, run.version, run.model, run.fingerprint, run.weights, run.generation or "")
    numbers = (run.threshold, *(value for value in run.figures.values() if value is not None))
    whole = (
        all(isinstance(value, str) for value in texts)
        and all(type(value) in (int, float) and math.isfinite(value) for value in numbers)
        and isinstance(run.passed, list)
        and all(isinstance(value, bool) for value in run.passed)
    )
    if not whole:
        raise TypeError
