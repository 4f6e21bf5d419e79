"""The optional second stage of an index: which cross-encoder it has, and how it gets one.

    index/cross-encoder.json    the name of the cross-encoder and the fingerprint it was compiled as

The file is apart from the generations, for no document needs encoding again when the second stage changes.
"""

import json
import re
from pathlib import Path

from retrieval import files
from retrieval.encoding import models
from retrieval.errors import ModelError
from retrieval.progress import Progress

ROLE: models.Role = "cross-encoder"
COMPILED_AS = "cross-encoder.json"
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
REBUILD = "run: footnote rebuild"


def prepare(index_folder: Path, name: str, progress: Progress) -> bool:
    """Have the cross-encoder of a name compiled for an index; returns whether it had to be. The caller holds the lock.

    Writes nothing when it is there and whole. Raises ModelError, naming it, when it cannot be found or compiled.
    """
    try:
        source = models.find_verified(name)
        fingerprint = models.fingerprint(source, ROLE)
        compiled = models.compile_model(source, models.compiled_folder(index_folder, fingerprint), progress, ROLE)
    except ModelError as error:
        raise _unusable(name, error) from None
    if _compiled_as(index_folder, name) != fingerprint:
        content = {"name": name, "fingerprint": fingerprint}
        files.replace(index_folder / COMPILED_AS, json.dumps(content, indent=1).encode())
    return compiled


def would_compile(index_folder: Path, name: str) -> bool:
    """Return whether prepare would have to compile; writes and downloads nothing.

    Raises ModelError when a folder of that name holds no safetensors weights.
    """
    folder = Path(name).expanduser()
    try:
        fingerprint = models.fingerprint(folder, ROLE) if folder.is_dir() else _compiled_as(index_folder, name)
    except ModelError as error:
        raise _unusable(name, error) from None
    return fingerprint is None or not models.is_intact(models.compiled_folder(index_folder, fingerprint))


def find(index_folder: Path, name: str) -> str:
    """Return the fingerprint of an index's compiled cross-encoder after comparing its checksums.

    Raises ModelError, saying what to run, when it is missing or damaged.
    """
    fingerprint = _compiled_as(index_folder, name)
    if fingerprint is None:
        raise ModelError(f"the cross-encoder {name} is not compiled for this index; {REBUILD}")
    if not models.is_intact(models.compiled_folder(index_folder, fingerprint)):
        raise ModelError(f"the compiled cross-encoder {name} ({fingerprint}) is damaged; {REBUILD}")
    return fingerprint


def _compiled_as(index_folder: Path, name: str) -> str | None:
    """Return the fingerprint that the index keeps for a name, or None; unverified."""
    try:
        content = json.loads((index_folder / COMPILED_AS).read_text("utf-8"))
        known, fingerprint = str(content["name"]), str(content["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return fingerprint if known == name and FINGERPRINT.fullmatch(fingerprint) else None


def _unusable(name: str, error: ModelError) -> ModelError:
    return ModelError(f'ranker.cross_encoder = "{name}" cannot be used: {error}; name another one, or "" for none')
