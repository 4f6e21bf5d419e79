"""Read files into documents: text, blocks, and what is known of them, or why there is no document.

A file that cannot be read correctly is rejected with a reason; it never stops the others. Of .txt and .md files the
text is the file: offsets of quotes count characters as `open(path, encoding="utf-8").read()` gives it, so the front
matter and a byte order mark stay part of the text. Other encodings are rejected, not guessed: a wrong guess would turn
up inside a verbatim quote. Of every other format the text is what a child process extracted.
"""

import codecs
import errno
import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from retrieval.concurrency import available_cores
from retrieval.errors import SeedsError
from retrieval.reading.folder import PLAIN_SUFFIXES, UNREADABLE_PREFIX, read_bytes
from retrieval.reading.formats.registry import RECORD_SUFFIXES
from retrieval.reading.isolated.protocol import RefusedError
from retrieval.reading.markdown import check_size
from retrieval.reading.metadata import TITLE_LIMIT, MetadataError, collection_of, is_url, line_of_text, published, url
from retrieval.text.sections import collect_headings, collect_tables
from retrieval.types import Block, Document, FileEntry, ReadDocument, Rejected

FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\n((?:[A-Za-z_][\w-]*:(?:[ \t]|\n)|#).*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
MAX_FRONT_MATTER_LENGTH = 16_384  # characters
WHERE = " in its front matter"
OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
OUT_OF_MEANS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)  # errors that are ours, not a file's


def read_files(files: Sequence[FileEntry], max_bytes: int) -> Iterator[ReadDocument | Rejected]:
    """Yield of each file, in order, the document or why there is none.

    Files that need a process of their own are read ahead, as many at once as there are cores. Raises as read_file does.
    """
    pool = ThreadPoolExecutor(available_cores())
    try:
        ahead = {
            file.id: pool.submit(read_file, file, max_bytes) for file in files if file.suffix not in PLAIN_SUFFIXES
        }
        for file in files:
            reading = ahead.pop(file.id, None)
            yield reading.result() if reading else read_file(file, max_bytes)
    finally:
        pool.shutdown(cancel_futures=True)


def read_file(file: FileEntry, max_bytes: int) -> ReadDocument | Rejected:
    """Read one file; returns the document, or why there is none.

    Raises SeedsError when no file could be read now: too many are open, or there is no memory.
    """
    try:
        if file.size > max_bytes:
            limit = f"documents.max_megabytes, {max_bytes / 1_000_000:.0f} MB"
            return Rejected(file.id, f"{file.size / 1_000_000:.1f} MB is over the limit ({limit})")
        content = read_bytes(file.path, max_bytes)
        if len(content) > max_bytes:
            return Rejected(file.id, "grew over documents.max_megabytes while it was read")
        return _read_plain(file, content) if file.suffix in PLAIN_SUFFIXES else _read_extracted(file, content)
    except OSError as error:
        if error.errno in OUT_OF_MEANS:
            raise SeedsError(f"cannot read {file.path}: {error.strerror}") from None
        return Rejected(file.id, f"{UNREADABLE_PREFIX}{error.strerror or error}")
    except (RefusedError, MetadataError) as error:
        return Rejected(file.id, str(error))


def _read_plain(file: FileEntry, content: bytes) -> ReadDocument:
    """Read a text or Markdown file. Raises RefusedError, MetadataError."""
    from retrieval.reading.blocks import split_blocks  # listing needs none

    text = _decode(content)
    said, body = _front_matter(text)
    markdown = file.suffix == ".md"
    if markdown:
        check_size(text)
    blocks = tuple(split_blocks(text, body, markdown=markdown))
    _check_content(text[body:], blocks)
    document = Document(
        id=file.id,
        title=line_of_text(said, "title", WHERE) or file.metadata.title or _title(text, blocks, file.id),
        source=line_of_text(said, "source", WHERE) or file.metadata.source,
        published=published(said, WHERE) or file.metadata.published,
        url=url(said, WHERE) or file.metadata.url,
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        collection=file.metadata.collection or collection_of(file.id),
        headings=collect_headings(blocks),
        tables=collect_tables(blocks),
    )
    return ReadDocument(document, blocks, file.metadata.language)


def _read_extracted(file: FileEntry, content: bytes) -> ReadDocument:
    """Read a file of another format; a footnote.toml knows better than the file. Raises RefusedError, OSError."""
    from retrieval.reading.assemble import assemble  # answering needs neither
    from retrieval.reading.isolated.parent import extract

    found = extract(content, file.suffix)
    records = file.suffix in RECORD_SUFFIXES
    text, blocks, marks = assemble(found.parts, by_form=not records)
    _check_content(text, blocks)
    titled = () if records else blocks  # the heading of the first record is not that of the others
    document = Document(
        id=file.id,
        title=file.metadata.title or line_of_text({"": found.title}, "") or _title(text, titled, file.id),
        source=file.metadata.source or line_of_text({"": found.source}, ""),
        published=file.metadata.published or published({"published": found.published}),
        url=file.metadata.url or (found.url if found.url and is_url(found.url) else None),
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        collection=file.metadata.collection or collection_of(file.id),
        headings=collect_headings(blocks),
        unit=found.unit,
        marks=marks,
    )
    return ReadDocument(document, blocks, file.metadata.language)


def _check_content(body: str, blocks: Sequence[Block]) -> None:
    """Raise RefusedError where nothing could be quoted."""
    if not any(block.kind in ("prose", "row") for block in blocks):
        raise RefusedError("holds no sentence to quote" if body.strip() else "empty")


def _decode(content: bytes) -> str:
    for mark, name in OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise RefusedError(f"is {name}; save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        line = content.count(b"\n", 0, error.start) + 1
        raise RefusedError(f"is not UTF-8 (byte 0x{byte:02x} in line {line}); save it as UTF-8") from None
    if "\0" in text:
        raise RefusedError("holds NUL bytes, so it is not plain text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[dict[str, Any], int]:
    """Return the front matter and where the body starts; a leading rule that is no mapping is body."""
    start = 1 if text.startswith("\ufeff") else 0
    match = FRONT_MATTER.match(text, 0, MAX_FRONT_MATTER_LENGTH)
    if not match:
        return {}, start
    import yaml  # answering needs none

    try:
        # Every value stays the text it is: no dates that do not exist, no numbers, and no objects.
        metadata = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and mappings only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "malformed"
        raise RefusedError(f"its front matter is not valid YAML{where}: {problem}") from None
    return (metadata, match.end()) if isinstance(metadata, dict) else ({}, start)


def _title(text: str, blocks: Sequence[Block], name: str) -> str:
    """Return the first heading of some blocks, else the file name made readable."""
    for block in blocks:
        if block.kind == "heading":
            heading = " ".join(text[block.start : block.end].split())
            return heading[:TITLE_LIMIT]
    stem = re.sub(r"[\s_\-.]+", " ", Path(name).stem).strip()
    return (stem[:1].upper() + stem[1:])[:TITLE_LIMIT] or name
