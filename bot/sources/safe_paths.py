"""Check the paths that a source gives its files: they must be harmless on every system and be those of documents."""

import fnmatch
import re
import unicodedata
from collections.abc import Sequence

from retrieval.reading.folder import GLOSSARY_FILE_VARIANTS, SUFFIXES
from retrieval.reading.metadata import METADATA_FILE_VARIANTS

MAX_PATH_BYTES = 1_000
MAX_NAME_BYTES = 200
MAX_DEPTH = 30
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?: *\..*)?", re.IGNORECASE)
SHORT_NAMES = re.compile(r"[^.]{0,6}~\d+(?:\.[^.]{0,3})?", re.IGNORECASE)  # of Windows, such as GIT~1 for .git
FORBIDDEN = re.compile(r'[<>:"|?*\\]')
START = re.compile(r"^(?:\./|/)+")  # of a path from the top
OWN_NAMES = {*METADATA_FILE_VARIANTS, *GLOSSARY_FILE_VARIANTS}


def path_problem(path: str) -> str | None:
    """Word why a path must not be written, None if it may be."""
    if not path.isprintable():
        return "its name is not printable"
    if path.startswith("/") or len(path.encode()) > MAX_PATH_BYTES or path.count("/") >= MAX_DEPTH:
        return "its path is absolute" if path.startswith("/") else "its path is too long"
    return next(filter(None, map(_name_problem, path.split("/"))), None)


def _name_problem(name: str) -> str | None:
    if name in ("", ".", ".."):
        return "its path leads out of the folder" if name == ".." else "its path has an empty part"
    if FORBIDDEN.search(name) or name.endswith((".", " ")) or DEVICES.fullmatch(name) or SHORT_NAMES.fullmatch(name):
        return "its name is not allowed on every system"
    if len(name.encode()) > MAX_NAME_BYTES:
        return "its name is too long"
    if name.casefold() in OWN_NAMES:
        return "a source must not set the metadata or the glossary of the folder"
    return None


def is_hidden(path: str) -> bool:
    """Return whether a part of a path begins with a dot; such files are no documents."""
    return any(name.startswith(".") and name not in (".", "..") for name in path.split("/"))


def sets_metadata(path: str) -> bool:
    """Return whether a file would count as metadata or as the glossary of the documents."""
    return path.rpartition("/")[2].casefold() in OWN_NAMES


def is_document(path: str) -> bool:
    """Return whether a path has the suffix of a format that can be read."""
    return path.lower().endswith(SUFFIXES)


def collision_key(path: str) -> str:
    """Fold a path, so that two paths that are one on some file systems have the same key."""
    return unicodedata.normalize("NFC", path).casefold()


def folder_parts(folder: str) -> list[str]:
    """Return the names in a path of a folder, which may be written as "./docs" or "/docs/" as well."""
    return [name for name in folder.split("/") if name not in ("", ".")]


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path matches one of several globs, in which * crosses folders; a folder matches all below it.

    Globs may begin with "/" or "./", as paths often do.
    """
    return any(
        fnmatch.fnmatchcase(path, pattern)
        or path.startswith(f"{pattern.rstrip('/')}/")
        or (pattern.startswith("**/") and fnmatch.fnmatchcase(path, pattern[3:]))
        for pattern in (START.sub("", pattern, count=1) for pattern in patterns)
    )
