"""The layout of an index folder: the names of generations, and which of them is live.

    index/CURRENT              the name of the live generation
    index/gen-<n>/             immutable; see retrieval.store.manifest
    index/writer.lock, .json   the lock of the one writer, and its description (see retrieval.store.write_lock)
    index/models/<fingerprint> the compiled models
    index/cross-encoder.json   which of them is the cross-encoder; see retrieval.encoding.index_cross_encoder
    index/MIRROR               the index of another machine is mirrored here (see retrieval.remote.mirror)
    index/eval/                the last run of eval for each file (see retrieval.measuring.runs)

Imports nothing heavy, so that a process knows which model to load before it loads anything else.
"""

import re
from pathlib import Path

from retrieval.errors import NoIndexError, StoreError

CURRENT = "CURRENT"
MIRROR = "MIRROR"
NAME = re.compile(r"gen-(\d+)")


def current(folder: Path) -> str | None:
    """Return the name in CURRENT, None if there is no valid one."""
    try:
        name = (folder / CURRENT).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if NAME.fullmatch(name) else None


def is_mirror(folder: Path) -> bool:
    """Tell whether a folder mirrors the index of another machine, so that it has no vectors."""
    return (folder / MIRROR).exists()


def number(name: str) -> int:
    """Return the number in the name of a generation."""
    match = NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not the name of a generation")
    return int(match[1])


def generations(folder: Path) -> list[str]:
    """Return the names of the generations in an index folder, newest first."""
    if not folder.is_dir():
        return []
    names = [path.name for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(names, key=number, reverse=True)


def check_generation(folder: Path, name: str | None) -> None:
    """Raise NoIndexError if an index folder has no generation, StoreError if it has none of that name; None is any."""
    names = generations(folder)
    if not names:
        raise NoIndexError(f"there is no index in {folder}; run: footnote rebuild")
    if name is not None and name not in names:
        raise StoreError(f"there is no generation {name} in {folder}; there are {', '.join(names)}")


def next_generation(folder: Path) -> str:
    """Return the name of the next generation."""
    names = generations(folder)
    return f"gen-{number(names[0]) + 1 if names else 1}"
