"""Keep the last run of the eval command for each file beside the index, for the next run to compare with.

    index/eval/<name>-<hash>.json    figures, and for golden questions which of them passed

The hash is of the file's content: an edited file starts a new record.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from retrieval import files
from retrieval.errors import DataError

FOLDER = "eval"
FORMAT = 1
MAX_NAME_CHARACTERS = 40
HASH_CHARACTERS = 16


class _Versioned(msgspec.Struct):
    format: int


class EvalRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT):
    """The record of a run: which file was measured, when, with what, and the outcome.

    `created` is an ISO date and time in UTC. `generation` is None if the file brings its own documents. `figures` have
    flat names (see flatten_figures); a value is None if it could not be measured. `passed[i]` says whether golden
    question i passed.
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
    """Return the path of the record for a file with a checksum."""
    name = re.sub(r"[^\w.-]", "_", file.stem)[:MAX_NAME_CHARACTERS]
    return index_folder / FOLDER / f"{name}-{sha256[:HASH_CHARACTERS]}.json"


def flatten_figures(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float | None]:
    """Flatten nested figures to dotted names; a value that is not finite becomes None."""
    flat: dict[str, float | None] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat |= flatten_figures(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = float(value) if math.isfinite(value) else None
    return flat


def read_run(path: Path, sha256: str) -> EvalRun | None:
    """Read the record for a file with a checksum; return None if there is none.

    Raises DataError when the record is malformed, of another format, or about another file.
    """
    try:
        content = path.read_bytes()
        if msgspec.json.decode(content, type=_Versioned).format != FORMAT:
            raise DataError(f"{path} has another format")
        run = msgspec.json.decode(content, type=EvalRun)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not the record of a run: {error}") from None
    if run.sha256 != sha256:
        raise DataError(f"{path} is the record of another file")
    return run


def write_run(path: Path, run: EvalRun) -> None:
    """Write a record, replacing the previous one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, (json.dumps(msgspec.to_builtins(run), indent=1) + "\n").encode())
