"""What is said of documents besides their text: front matter, and a footnote.toml for the files of a folder."""

import datetime
import hashlib
import re
from dataclasses import fields, replace
from typing import Any

from retrieval.types import NO_METADATA, FolderMetadata

FILE = "footnote.toml"
FILE_LIMIT = 65_536  # bytes
TITLE_LIMIT = 256  # characters
PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class MetadataError(Exception):
    """What is wrong with a value, for people."""


def digest_of(metadata: FolderMetadata) -> str:
    """Hash the metadata of a folder to 16 hex digits, or "" if there is none; manifests hold this digest."""
    if metadata is NO_METADATA or metadata == NO_METADATA:
        return ""
    text = repr(metadata).replace("FolderMetadata(", "FolderFacts(", 1)  # its name when the format was fixed
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def collection_of(document: str) -> str:
    """Return the collection of a document id: its first folder, or "" for a file directly in the seeds folder."""
    folder, _, name = document.partition("/")
    return folder if name else ""


def read_folder_metadata(content: bytes, above: FolderMetadata) -> FolderMetadata:
    """Return what a footnote.toml says, and where it says nothing what is said above. Raises MetadataError."""
    import tomllib  # most folders have none

    if len(content) > FILE_LIMIT:
        raise MetadataError(f"is over {FILE_LIMIT // 1024} KB")
    try:
        said = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise MetadataError("is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MetadataError(f"is not valid TOML: {' '.join(str(error).split())[:120]}") from None
    known = [field.name for field in fields(FolderMetadata)]
    for key in said:
        if key not in known:
            raise MetadataError(f"has an unknown key {key[:40]!r}; known are {', '.join(known)}")
    if isinstance(said.get("published"), datetime.date):  # TOML has dates of its own
        said["published"] = said["published"].isoformat()
    found = {
        "title": line_of_text(said, "title"),
        "source": line_of_text(said, "source"),
        "published": published(said),
        "url": url(said),
        "language": _language(said),
        "collection": line_of_text(said, "collection"),
    }
    return replace(above, **{key: value for key, value in found.items() if value is not None})


def line_of_text(said: dict[str, Any], key: str, where: str = "") -> str | None:
    """Return a value as one line, None if it is missing or empty; `where` names its place. Raises MetadataError."""
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise MetadataError(f"{key}{where} is not a line of text")
    return " ".join(value.split())[:TITLE_LIMIT] or None


def published(said: dict[str, Any], where: str = "") -> str | None:
    """Return a date as YYYY, YYYY-MM or YYYY-MM-DD, None where there is none. Raises MetadataError."""
    value = said.get("published")
    if value is None or value == "":
        return None
    text = re.split(r"[T ]", str(value).strip())[0]
    try:
        if not PUBLISHED.fullmatch(text):
            raise ValueError
        datetime.date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        raise MetadataError(f"published{where} is {text[:40]!r}, not a date such as 2023-06-04") from None
    return text


def url(said: dict[str, Any], where: str = "") -> str | None:
    """Return an address of the web, None where there is none. Raises MetadataError."""
    found = line_of_text(said, "url", where)
    if found is not None and not is_url(found):
        raise MetadataError(f"url{where} is {found[:40]!r}, not an http(s) address")
    return found


def is_url(text: str) -> bool:
    """Return whether a text is an address of the web."""
    return bool(re.fullmatch(r"https?://[^\s<>\"']+", text))


def _language(said: dict[str, Any]) -> str | None:
    language = line_of_text(said, "language")
    if language is not None and not re.fullmatch("[a-z]{2}", language):
        raise MetadataError(f"language is {language[:40]!r}, not two letters such as en")
    return language
