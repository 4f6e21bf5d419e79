"""Validate metadata that people write about documents: in front matter, and in a footnote.toml for a whole folder."""

import datetime
import hashlib
import re
from dataclasses import fields, replace
from typing import Any

from retrieval.folder_metadata import NO_METADATA, FolderMetadata

METADATA_FILE = "footnote.toml"
METADATA_FILE_VARIANTS = (METADATA_FILE, f"{METADATA_FILE}.txt")  # in lower case; some editors append .txt
MAX_METADATA_BYTES = 65_536
MAX_FIELD_LENGTH = 256  # characters
MAX_VERSION_LENGTH = 40  # characters
FOLDER_FIELDS = ("site_folder", "version_folder")  # of FolderMetadata, which no file can set
PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
WRITTEN_DATE = re.compile(  # "1 May 2024", "Wed, 1st May 2024 10:00", "May 2024", "May 1, 2024"
    rf"(?:\w{{3,9}},? )?(?:(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -])?(?P<month>{MONTH})"
    rf"|(?P<month2>{MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)[.,]?[ -](?P<year>\d{{4}})\b",
    re.IGNORECASE,
)
SLASHED_DATE = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")


class MetadataError(Exception):
    """What is wrong with a value, for people."""


def parse_folder_metadata(content: bytes, inherited: FolderMetadata) -> FolderMetadata:
    """Parse a footnote.toml; keys that it leaves out are inherited from the folder above. Raises MetadataError."""
    import tomllib  # most folders have no footnote.toml

    if len(content) > MAX_METADATA_BYTES:
        raise MetadataError(f"larger than {MAX_METADATA_BYTES // 1024} KB")
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise MetadataError("not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MetadataError(f"invalid TOML: {' '.join(str(error).split())[:120]}") from None
    known = [field.name for field in fields(FolderMetadata) if field.name not in FOLDER_FIELDS]
    for key in table:
        if key not in known:
            raise MetadataError(f"unknown key {key[:40]!r}; the known keys are {', '.join(known)}")
    if isinstance(table.get("published"), datetime.date):  # TOML has a type for dates
        table["published"] = table["published"].isoformat()
    values = {
        "title": text_field(table, "title"),
        "source": text_field(table, "source"),
        "published": date_field(table),
        "url": url_field(table),
        "language": _language_field(table),
        "collection": text_field(table, "collection"),
        "site": url_field(table, "site"),
        "version": version_field(table),
    }
    return replace(inherited, **{key: value for key, value in values.items() if value is not None})


def digest_of(metadata: FolderMetadata) -> str:
    """Hash the metadata of a folder to 16 hex digits, or "" if there is none; manifests hold this digest."""
    if metadata is NO_METADATA or metadata == NO_METADATA:
        return ""
    text = repr(metadata).replace("FolderMetadata(", "FolderFacts(", 1)  # its name when the format was fixed
    text = text.replace(", site=None, site_folder=''", "").replace(", version=None, version_folder=''", "")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def collection_of(document: str) -> str:
    """Return the collection of a document id: its first folder, or "" for a file directly in the seeds folder."""
    folder, _, name = document.partition("/")
    return folder if name else ""


def text_field(metadata: dict[str, Any], key: str) -> str | None:
    """Return a value as one line of at most MAX_FIELD_LENGTH characters, or None if it is missing or empty.

    Raises MetadataError.
    """
    value = metadata.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise MetadataError(f"{key} is not a string")
    return " ".join(value.split())[:MAX_FIELD_LENGTH] or None


def version_field(metadata: dict[str, Any]) -> str | None:
    """Return the version, or None if it is missing. Raises MetadataError, also for a number: 2.10 would become 2.1."""
    if isinstance(metadata.get("version"), int | float):
        raise MetadataError('version must be in quotes, such as "2.3"')
    version = text_field(metadata, "version")
    if version is not None and len(version) > MAX_VERSION_LENGTH:
        raise MetadataError(f"version has more than {MAX_VERSION_LENGTH} characters")
    return version


def date_field(metadata: dict[str, Any]) -> str | None:
    """Return the date `published` as YYYY, YYYY-MM or YYYY-MM-DD, or None if it is missing. Raises MetadataError.

    A date may be followed by a time, and may be written out in English: "1 May 2024", "May 1, 2024".
    """
    value = metadata.get("published")
    if value is None or value == "":
        return None
    text = _without_words(str(value).strip())
    try:
        if not PUBLISHED.fullmatch(text):
            raise ValueError
        datetime.date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        raise MetadataError(f"published is {text[:40]!r}, not a date such as 2023-06-04") from None
    return text


def _without_words(text: str) -> str:
    """Write a date with the name of a month, or with slashes after the year, in digits; cut off a time."""
    if match := WRITTEN_DATE.match(text):
        day, month, year = match["day"] or match["day2"], match["month"] or match["month2"], match["year"]
        number = f"{year}-{MONTHS.index(month[:3].lower()) // 3 + 1:02}"
        return f"{number}-{int(day):02}" if day else number
    if match := SLASHED_DATE.match(text):
        return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    return re.split(r"[T ]", text)[0]


def url_field(metadata: dict[str, Any], key: str = "url") -> str | None:
    """Return an http(s) address, or None if it is missing. Raises MetadataError."""
    url = text_field(metadata, key)
    if url is not None and not is_url(url):
        raise MetadataError(f"{key} is {url[:40]!r}, not an http(s) address")
    return url


def is_url(text: str) -> bool:
    """Tell whether a text is an http(s) address."""
    return bool(re.fullmatch(r"https?://[^\s<>\"']+", text))


def _language_field(metadata: dict[str, Any]) -> str | None:
    language = text_field(metadata, "language")
    if language is not None and not re.fullmatch("[a-z]{2}", language):
        raise MetadataError(f"language is {language[:40]!r}, not two letters such as en")
    return language
