"""The layout of an index folder: names of generations, which one is live, and their manifests.

    index/CURRENT              the name of the live generation
    index/gen-<n>/             immutable: manifest.json, the files that it lists with checksums, and
                               manifest.sha256 with its own
    index/writer.lock, .json   the lock of the one writer, and who holds it (see retrieval.store.write_lock)
    index/models/<fingerprint> the compiled models
    index/cross-encoder.json   which of them is the cross-encoder; see retrieval.encoding.second_stage
    index/eval/                the last run of eval for each file (see retrieval.measuring.runs)

Imports nothing heavy, so that a process knows which model to load before anything else.
"""

import json
import re
from pathlib import Path
from typing import Any

from retrieval import files
from retrieval.errors import DamagedIndexError, StoreError

FORMAT = 6
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"  # in the form that sha256sum -c reads
NAME = re.compile(r"gen-(\d+)")

Manifest = dict[str, Any]


def current(folder: Path) -> str | None:
    """Return the name that CURRENT holds, or None when there is none or it is not a name."""
    try:
        name = (folder / CURRENT).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if NAME.fullmatch(name) else None


def number(name: str) -> int:
    """Return the number in a generation's name."""
    match = NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not the name of a generation")
    return int(match[1])


def finished(folder: Path) -> list[str]:
    """Return the names of the generations in a folder, newest first."""
    if not folder.is_dir():
        return []
    names = [path.name for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(names, key=number, reverse=True)


def following(folder: Path) -> str:
    """Return the name for the next generation."""
    names = finished(folder)
    return f"gen-{number(names[0]) + 1 if names else 1}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a generation's folder and the checksum of it."""
    facts = files.write(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
    files.write(folder / SEAL, _seal(facts["sha256"]))


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a generation's folder.

    Raises DamagedIndexError when it is missing, changed, malformed or of an older format, StoreError
    when it is of a newer one.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        seal = (folder / SEAL).read_bytes() if (folder / SEAL).exists() else None
        if seal is not None and seal != _seal(files.sha256_bytes(content)):
            raise DamagedIndexError(f"{path} does not match its checksum")
        manifest: Manifest = json.loads(content)
        version = int(manifest["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(f"{path} cannot be read ({type(error).__name__})") from None
    if version > FORMAT:
        raise StoreError(f"{folder} was written by a newer Footnote (format {version}); update, or rebuild --full")
    if version < FORMAT:
        raise DamagedIndexError(f"{folder} was written by an older Footnote (format {version})")
    if seal is None:
        raise DamagedIndexError(f"{folder / SEAL} is missing")
    return manifest


def _seal(checksum: str) -> bytes:
    return f"{checksum}  {MANIFEST}\n".encode()
