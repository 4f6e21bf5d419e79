"""Read the documents in a .zip, each by itself: an export of a wiki, of notes, of a chat.

Members of other formats, such as pictures, are left out; so is what stands in hidden folders.
"""

import importlib
import posixpath
import re
import time
import zipfile
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from msgspec.structs import replace

from retrieval.reading import markdown
from retrieval.reading.blocks import split_blocks
from retrieval.reading.formats import json_document, markdown_parts
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.front_matter import date_of_metadata, parse_front_matter, source_of, title_of, url_of
from retrieval.reading.isolated.limits import TIME_S
from retrieval.reading.isolated.protocol import LEFT_OUT, Extracted, Part, PartKind, RefusedError
from retrieval.reading.markup_in_text import as_markdown
from retrieval.reading.plain_chat import chat_blocks
from retrieval.reading.plain_transcript import read_transcript
from retrieval.reading.wikitext.convert_wikitext import check_no_redirect, is_wikitext, wikitext_as_markdown
from retrieval.text.cleaning import one_line
from retrieval.text.file_suffixes import MARKDOWN_SUFFIXES, PLAIN_SUFFIXES, is_plain_name, without_identifier

ARCHIVE_SUFFIX, XML_SUFFIX = ".zip", ".xml"
MAX_DEPTH = 2  # of archives in archives
MAX_TIME_S = TIME_S - 10  # of processor time, so that there is time to say what to do
WHOLE_TABLE = "_all.csv"  # of Notion: with all rows, beside the file of those that a view shows
EXPORT_FOLDER = re.compile(r"Export-[0-9a-f]{8}-[0-9a-f-]{27}/")  # around all that Notion exports
SLACK_LISTS = frozenset((
    "users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "integration_logs.json", "canvases.json",
    "file_conversations.json", "lists.json", "org_users.json",
))  # fmt: skip
NAMED_REASONS = 3  # of what an archive holds that is not read
UNPACK = "unpack it, and put what it contains into the folder of documents"
READERS: dict[str, ModuleType] = {}  # by suffix; filled before the process is confined


def warm() -> None:
    """Load the readers of all formats whose libraries are installed, since the archive may contain any of them."""
    markdown_parts.warm()
    for suffix, format_ in FORMATS.items():
        if suffix == ARCHIVE_SUFFIX:
            continue
        try:
            reader = importlib.import_module(f"retrieval.reading.formats.{format_.module}")
        except ImportError:
            continue
        if reader not in READERS.values() and hasattr(reader, "warm"):
            reader.warm()
        READERS[suffix] = reader


def read(content: bytes) -> Extracted:
    """Extract the members in the order of their names; one alone is the archive's own text. Raises RefusedError."""
    reasons: list[str] = []
    read = {}
    for name, extracted in _members(content, "", 1, reasons):
        path = one_line(name)
        if extracted.parts and path not in read and ".." not in path.split("/") and not path.startswith("/"):
            read[path] = extracted
    for whole in [path for path in read if path.endswith(WHOLE_TABLE)]:
        read.pop(f"{whole.removesuffix(WHOLE_TABLE)}.csv", None)
    members = tuple((path, _titled(path, extracted)) for path, extracted in read.items())
    if not members:
        first = f"; {reasons[0]}" if reasons else ""
        raise RefusedError(f"contains no document that can be read{first}")
    unread = _named(reasons)
    if len(members) == 1:
        (alone,) = read.values()
        return replace(alone, unread=unread or alone.unread)
    return Extracted((), unread=unread, members=members)


def _named(reasons: list[str]) -> str:
    """Name the first of what was not read, and what was left out."""
    left_out = [reason for reason in reasons if reason.startswith(LEFT_OUT)]
    others = [reason for reason in reasons if reason not in left_out]
    more = f", and {len(others) - NAMED_REASONS} more" if len(others) > NAMED_REASONS else ""
    return "; ".join(filter(None, [f"{', '.join(others[:NAMED_REASONS])}{more}", *left_out]))


def _members(content: bytes, folder: str, depth: int, reasons: list[str]) -> Iterator[tuple[str, Extracted]]:
    """Yield the documents in an archive with their paths; the reasons for others are added to `reasons`."""
    archive = open_archive(content)
    names = sorted(name for name in archive.namelist() if not _is_hidden(name))
    people = _people(archive, names)
    for name in names:
        if time.process_time() > MAX_TIME_S:
            raise RefusedError(f"takes longer than {MAX_TIME_S} s to read; {UNPACK}")
        suffix = posixpath.splitext(name)[1].lower() or (".txt" if is_plain_name(posixpath.basename(name)) else "")
        if people and posixpath.basename(name) in SLACK_LISTS:
            continue
        try:
            if suffix == ARCHIVE_SUFFIX and depth < MAX_DEPTH:
                yield from _members(read_member(archive, name), f"{folder}{name}/", depth + 1, reasons)
            elif suffix == XML_SUFFIX and suffix in READERS:
                yield from _wiki_pages(read_member(archive, name), folder + name, reasons)
            elif suffix in PLAIN_SUFFIXES or suffix in READERS:
                yield folder + name, _read(read_member(archive, name), name, suffix, people)
        except RefusedError as error:
            reasons.append(f"{name[:80]}: {error}")


def _wiki_pages(content: bytes, path: str, reasons: list[str]) -> Iterator[tuple[str, Extracted]]:
    """Yield the pages of an export of MediaWiki, each as a member of its own; nothing of other XML."""
    reader = READERS[XML_SUFFIX]
    if reader.is_export(content):
        for name, page in reader.pages(content, reasons):
            yield f"{path}/{name}", page


def _read(content: bytes, name: str, suffix: str, people: dict[str, str]) -> Extracted:
    """Read a member in the format of its suffix. Raises RefusedError."""
    if suffix in MARKDOWN_SUFFIXES:
        text = decode(content).removeprefix("\ufeff")
        values, _ = parse_front_matter(text)
        parts = tuple(markdown_parts.markdown_parts(text))
        return Extracted(parts, "", title_of(values), source_of(values), date_of_metadata(values), url_of(values))
    if suffix in PLAIN_SUFFIXES:
        return _plain(decode(content).removeprefix("\ufeff"), name, suffix)
    if people and suffix == ".json":
        return json_document.extract_json(json_document.parse_json(content), people)
    try:
        extracted: Extracted = READERS[suffix].read(content)
    except RefusedError as error:
        raise RefusedError(f"{error}; {UNPACK}" if error.scanned else str(error)) from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        raise RefusedError(f"damaged, or not what its name says ({type(error).__name__})") from None
    return extracted


def _plain(text: str, name: str, suffix: str) -> Extracted:
    """Read plain text. Raises RefusedError."""
    check_no_redirect(text)
    messages = chat_blocks(text, 0)
    if messages is None and (transcript := read_transcript(text)):
        return transcript
    title = without_identifier(posixpath.splitext(posixpath.basename(name))[0])
    is_wiki = is_wikitext(text, suffix)
    marked = wikitext_as_markdown(text, title=title) if is_wiki else as_markdown(text, 0)
    if messages is None and marked:
        markdown.check_size(marked.text)
        return Extracted(tuple(markdown_parts.edited_parts(marked, 0)))
    parts = []
    for block in split_blocks(text, 0) if messages is None else messages:
        kind: PartKind = "text" if block.kind == "prose" else block.kind
        parts.append(Part(kind, text[block.start : block.end], block.level, number=block.number))
    return Extracted(tuple(parts), "" if messages is None else "message")


def _titled(path: str, extracted: Extracted) -> Extracted:
    """Give a document without a title or a heading the path of its file as title, without suffix and identifier."""
    if extracted.title or any(part.kind == "heading" and part.level <= 1 for part in extracted.parts):
        return extracted
    folders = EXPORT_FOLDER.sub("", posixpath.splitext(path)[0]).split("/")
    return replace(extracted, title=" › ".join(map(without_identifier, folders)))


def _people(archive: zipfile.ZipFile, names: list[str]) -> dict[str, str]:
    """Return the names of the users of an export of Slack by their ids; none for any other archive."""
    if not {"users.json", "channels.json"} <= set(names):
        return {}
    users: Any = json_document.parse_json(read_member(archive, "users.json"))
    people = {}
    for user in users if isinstance(users, list) else []:
        profile = user.get("profile") if isinstance(user, dict) else None
        if isinstance(profile, dict) and isinstance(user.get("id"), str):
            given = (profile.get("display_name"), profile.get("real_name"), user.get("name"))
            people[user["id"]] = next((name for name in given if isinstance(name, str) and name), user["id"])
    return people


def _is_hidden(name: str) -> bool:
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
