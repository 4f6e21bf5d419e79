"""Find and prepare the cross-encoder of an index, which orders its best candidates again.

    index/cross-encoder.json    the name of the cross-encoder, and its fingerprint

The file is not part of a generation, because changing the cross-encoder does not change the encoded documents.
"""

import json
import re
from pathlib import Path

from retrieval import files
from retrieval.encoding import model_cache, models
from retrieval.errors import ModelError
from retrieval.progress import Progress

ROLE: models.Role = "cross-encoder"
FILE_NAME = "cross-encoder.json"
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
REBUILD = "run: footnote rebuild"


def prepare(index_folder: Path, name: str, progress: Progress, cache: Path | None = None) -> bool:
    """Take a cross-encoder for an index from the cache, or compile it; return whether it was compiled.

    Writes nothing if the index has it undamaged. The caller holds the write lock. Raises ModelError, with the name of
    the cross-encoder, if it cannot be found or compiled.
    """
    try:
        source = models.find_verified(name)
        fingerprint = models.fingerprint(source, ROLE)
        compiled = model_cache.prepare(source, index_folder, fingerprint, progress, ROLE, cache)
    except ModelError as error:
        raise _unusable(name, error) from None
    if _read_fingerprint(index_folder, name) != fingerprint:
        content = {"name": name, "fingerprint": fingerprint}
        files.replace(index_folder / FILE_NAME, json.dumps(content, indent=1).encode())
    return compiled


def would_compile(index_folder: Path, name: str, cache: Path | None = None) -> bool:
    """Return whether `prepare` would have to compile the cross-encoder; writes and downloads nothing.

    Raises ModelError if the name is a folder without safetensors weights.
    """
    folder = Path(name).expanduser()
    try:
        fingerprint = models.fingerprint(folder, ROLE) if folder.is_dir() else _read_fingerprint(index_folder, name)
    except ModelError as error:
        raise _unusable(name, error) from None
    return fingerprint is None or model_cache.would_compile(index_folder, fingerprint, cache)


def find(index_folder: Path, name: str) -> str:
    """Find the compiled cross-encoder of an index, verify its checksums, and return its fingerprint.

    Raises ModelError, which names the command to run, if it is missing or damaged.
    """
    fingerprint = _read_fingerprint(index_folder, name)
    if fingerprint is None:
        raise ModelError(f"the cross-encoder {name} is not compiled for this index; {REBUILD}")
    if not models.is_intact(models.compiled_folder(index_folder, fingerprint)):
        raise ModelError(f"the compiled cross-encoder {name} ({fingerprint}) is damaged; {REBUILD}")
    return fingerprint


def _read_fingerprint(index_folder: Path, name: str) -> str | None:
    """Read the fingerprint of an index's cross-encoder, unverified; None if it has none or one of another name."""
    try:
        content = json.loads((index_folder / FILE_NAME).read_text("utf-8"))
        compiled_name, fingerprint = str(content["name"]), str(content["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return fingerprint if compiled_name == name and FINGERPRINT.fullmatch(fingerprint) else None


def _unusable(name: str, error: ModelError) -> ModelError:
    return ModelError(f'ranker.cross_encoder = "{name}" cannot be used: {error}; name another one, or "" for none')
