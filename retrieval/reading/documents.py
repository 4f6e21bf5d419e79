"""Read files into documents with text, blocks and metadata, or give the reason why a file is rejected.

The text of a .txt or .md file is the file itself: offsets count characters as `open(path, encoding="utf-8").read()`
returns them, so front matter and a byte order mark stay part of the text. An encoding other than UTF-8 is not guessed,
since a wrong guess would appear inside a verbatim quote: what leaves a doubt is rejected. Files of other formats are
read by a child process.
"""

import errno
import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from retrieval.concurrency import available_cores
from retrieval.errors import SeedsError
from retrieval.reading.folder import MAX_PART_BYTES, UNREADABLE_PREFIX, read_bytes, read_inside
from retrieval.reading.formats.registry import RECORD_SUFFIXES
from retrieval.reading.front_matter import (
    date_of_metadata,
    front_matter_fault,
    language_of,
    own_value,
    parse_front_matter,
    source_of,
    title_of,
    url_of,
    version_of,
)
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.reading.markdown import check_size
from retrieval.reading.messages import message_tables
from retrieval.reading.metadata import (
    MAX_FIELD_LENGTH,
    MetadataError,
    collection_of,
    date_field,
    is_url,
    text_field,
)
from retrieval.reading.older_encodings import decode_older
from retrieval.reading.partials import ReadPart, expand
from retrieval.reading.placeholders import own_date, own_source, own_title
from retrieval.reading.site_address import site_address
from retrieval.reading.version_pages import version_page
from retrieval.text.file_suffixes import MARKDOWN_SUFFIXES, PLAIN_SUFFIXES, without_identifier
from retrieval.text.release_headings import begins_with_release
from retrieval.text.sections import QUOTABLE, collect_headings, collect_tables
from retrieval.text.source_map import EditedText, Pair, pack_pairs
from retrieval.types import Block, Document, FileEntry, Mark, ReadDocument, Rejected, TableSpan

RESOURCE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)  # of this process, whatever the file
MEGABYTE = 1_000_000
MAX_SECTION_LEVEL = 6  # of a heading; a question or a term has a higher one


def read_files(files: Sequence[FileEntry], max_bytes: int) -> Iterator[ReadDocument | Rejected]:
    """Read files; yields a document or a rejection for each, in order.

    Files that need a child process are read ahead, one on each core. Raises SeedsError as read_file does.
    """
    pool = ThreadPoolExecutor(available_cores())
    try:
        ahead = {
            file.id: pool.submit(read_file, file, max_bytes) for file in files if file.suffix not in PLAIN_SUFFIXES
        }
        for file in files:
            future = ahead.pop(file.id, None)
            yield future.result() if future else read_file(file, max_bytes)
    finally:
        pool.shutdown(cancel_futures=True)


def read_file(file: FileEntry, max_bytes: int) -> ReadDocument | Rejected:
    """Read one file into a document, or reject it with a reason.

    Raises SeedsError if no file can be read now: too many are open, or memory is exhausted.
    """
    try:
        if file.size > max_bytes:
            limit = f"the limit of {max_bytes / MEGABYTE:.0f} MB (documents.max_megabytes)"
            return Rejected(file.id, f"{file.size / MEGABYTE:.1f} MB is over {limit}")
        content = read_bytes(file.path, max_bytes)
        if len(content) > max_bytes:
            return Rejected(file.id, "grew over documents.max_megabytes while it was read")
        return _read_plain(file, content) if file.suffix in PLAIN_SUFFIXES else _read_extracted(file, content)
    except OSError as error:
        if error.errno in RESOURCE_ERRORS:
            raise SeedsError(f"cannot read {file.path}: {error.strerror}") from None
        return Rejected(file.id, f"{UNREADABLE_PREFIX}{error.strerror or error}", unreadable=True)
    except RefusedError as error:
        return Rejected(file.id, str(error), error.missing_library)
    except MetadataError as error:
        return Rejected(file.id, str(error))


def _read_plain(file: FileEntry, content: bytes) -> ReadDocument:
    """Read a text or Markdown file; its front matter overrides a footnote.toml. Raises RefusedError."""
    source = _decode(content)
    metadata, body = parse_front_matter(source)
    parts = _Parts(file)
    read = _read_body(source, body, metadata, file, parts.read)
    text, blocks = read.text, read.blocks
    _check_quotable(source[body:], blocks)
    named_source = source_of(metadata) or file.metadata.source
    own_version = version_of(metadata)
    version = own_version or file.metadata.version or ""
    document = Document(
        id=file.id,
        title=title_of(metadata) or file.metadata.title or _title(text, blocks if read.names_itself else (), file.id),
        source=named_source,
        published=date_of_metadata(metadata) or file.metadata.published,
        url=file.address or url_of(metadata) or site_address(file, metadata) or file.metadata.url,
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        collection=file.metadata.collection or collection_of(file.id),
        headings=collect_headings(blocks),
        unit=read.unit,
        marks=read.marks,
        tables=read.tables,
        includes=tuple(parts.checksums.items()),
        source_map=pack_pairs(read.pairs),
        version=version,
        page=version_page(file.id, version, "" if own_version else file.metadata.version_folder, named_source),
    )
    language = language_of(metadata) or file.metadata.language
    return ReadDocument(document, blocks, language, front_matter_fault(source))


class _Body(NamedTuple):
    """What was read of the body of a file; fields as in retrieval.types.Document, `pairs` are its source map."""

    text: str
    blocks: tuple[Block, ...]
    tables: tuple[TableSpan, ...]
    unit: Literal["", "line", "message", "time"] = ""
    marks: tuple[Mark, ...] = ()
    pairs: Sequence[Pair] = ()
    names_itself: bool = True  # unlike a page of a wiki, whose headings are sections


class _Parts:
    """Reads the files that a document includes, and keeps the SHA-256 of each by its path, "" if there is none."""

    def __init__(self, file: FileEntry) -> None:
        self.folder = Path(file.location.removesuffix(file.id))
        self.checksums: dict[str, str] = {}

    def read(self, path: str) -> str | None:
        """Read a text file below the folder; None if there is none that may be read."""
        self.checksums[path] = ""
        try:
            content = read_inside(self.folder, path, MAX_PART_BYTES)
            self.checksums[path] = hashlib.sha256(content).hexdigest()
            return _decode(content) if len(content) <= MAX_PART_BYTES else None
        except (OSError, RefusedError):
            return None


def _read_body(source: str, body: int, metadata: dict[str, Any], file: FileEntry, read_part: ReadPart) -> _Body:
    """Read source[body:]; what comes before, the front matter, stays in the text. Raises RefusedError."""
    from retrieval.reading.assemble import assemble  # listing needs none of these
    from retrieval.reading.blocks import split_blocks
    from retrieval.reading.markdown_text import MarkdownText, line_marks, read_markdown
    from retrieval.reading.markup_in_text import as_markdown
    from retrieval.reading.plain_chat import chat_blocks
    from retrieval.reading.plain_transcript import read_transcript
    from retrieval.reading.running_heads import without_running_heads
    from retrieval.reading.wikitext.convert_wikitext import check_no_redirect, is_wikitext, wikitext_as_markdown

    marked, is_wiki = None, False
    title = title_of(metadata) or file.metadata.title or _title("", (), file.id)
    if file.suffix not in MARKDOWN_SUFFIXES:
        messages = chat_blocks(source, body)
        if messages is not None:
            return _Body(source, tuple(messages), message_tables(messages), "message")
        if transcript := read_transcript(source[body:]):
            spoken, paragraphs, times = assemble(transcript.parts)
            return _Body(spoken, paragraphs, (), "time", times)
        is_wiki = is_wikitext(source[body:], file.suffix)
        check_no_redirect(source[body:])
        marked = wikitext_as_markdown(source, body, title) if is_wiki else as_markdown(source, body)
        if marked is None:
            edited = without_running_heads(source, body)
            blocks = tuple(split_blocks(edited.text, body))
            plain = MarkdownText(edited.text, blocks, edited.pairs, edited.keeps_lines)
            marks = () if plain.keeps_lines else line_marks(plain, source)
            tables = collect_tables(plain.text, blocks)
            return _Body(plain.text, blocks, tables, "line" if marks else "", marks, plain.pairs)
    check_size(source)
    expanded = marked or expand(EditedText(source), body, file.id, read_part)
    check_size(expanded.text)
    read = read_markdown(expanded, body, metadata, is_mdx=file.suffix == ".mdx")
    marks = () if read.keeps_lines else line_marks(read, source)
    tables = collect_tables(read.text, read.blocks)
    unit: Literal["", "line"] = "line" if marks else ""
    return _Body(read.text, read.blocks, tables, unit, marks, read.pairs, names_itself=not is_wiki)


def _read_extracted(file: FileEntry, content: bytes) -> ReadDocument:
    """Read a file of another format; a footnote.toml overrides its metadata. Raises RefusedError, OSError.

    The documents of an archive have their paths in it behind its id.
    """
    from retrieval.reading.isolated.parent import extract  # answering needs none

    extracted = extract(content, file.suffix, file.metadata.language)
    sha256 = hashlib.sha256(content).hexdigest()
    if not extracted.members:
        return _document_of(file, file.id, file.suffix, extracted, sha256)
    reads, reasons = [], [extracted.unread] if extracted.unread else []
    for path, member in extracted.members:
        try:
            reads.append(_document_of(file, f"{file.id}/{path}", Path(path).suffix.lower(), member, sha256))
        except RefusedError as error:
            reasons.append(f"{path}: {error}")
    if not reads:
        raise RefusedError("contains nothing quotable")
    return replace(reads[0], unread="; ".join(reasons)[:MAX_FIELD_LENGTH], more=tuple(reads[1:]))


def _document_of(file: FileEntry, name: str, suffix: str, extracted: Extracted, sha256: str) -> ReadDocument:
    """Make the document with an id from what was extracted of a file or of a member of it. Raises RefusedError."""
    from retrieval.reading.assemble import assemble

    are_records = suffix in RECORD_SUFFIXES
    text, blocks, marks = assemble(extracted.parts, by_form=not are_records)
    _check_quotable(text, blocks)
    titled = () if are_records else blocks  # the heading of the first record does not name the others
    own = text_field({"": own_title(extracted.title)}, "")
    source = file.metadata.source or text_field({"": own_source(extracted.source)}, "")
    version = file.metadata.version or ""
    document = Document(
        id=name,
        title=(file.metadata.title if name == file.id else None) or own or _title(text, titled, name),
        source=source,
        published=file.metadata.published or own_date(own_value(date_field, {"published": extracted.published})),
        url=file.metadata.url or (extracted.url if extracted.url and is_url(extracted.url) else None),
        text=text,
        sha256=sha256,
        collection=file.metadata.collection or collection_of(file.id),
        headings=collect_headings(blocks),
        unit=extracted.unit,
        marks=marks,
        tables=message_tables(blocks),
        version=version,
        page=version_page(name, version, file.metadata.version_folder, source),
    )
    return ReadDocument(document, blocks, file.metadata.language, extracted.unread)


def _check_quotable(body: str, blocks: Sequence[Block]) -> None:
    """Raise RefusedError if nothing in a document can be quoted."""
    if not any(block.kind in QUOTABLE for block in blocks):
        raise RefusedError("contains nothing quotable" if body.strip() else "empty")


def _decode(content: bytes) -> str:
    """Decode UTF-8, or what is certain to be in an older encoding, with universal newlines. Raises RefusedError."""
    try:
        text = content.decode("utf-8")
        older = decode_older(content) if "\0" in text else None
    except UnicodeDecodeError as error:
        byte = content[error.start]
        line = content.count(b"\n", 0, error.start) + 1
        text, older = "", decode_older(content)
        if older is None:
            raise RefusedError(f"not UTF-8 (byte 0x{byte:02x} in line {line}); save it as UTF-8") from None
    text = older or text
    if "\0" in text:
        raise RefusedError("not plain text: it contains NUL bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _title(text: str, blocks: Sequence[Block], name: str) -> str:
    """Take the first heading of a section as title, else make the file name readable.

    The newest of several releases that a file lists is no title of the others.
    """
    headings = [block for block in blocks if block.kind == "heading" and block.level <= MAX_SECTION_LEVEL]
    if headings:
        names = [" ".join(text[block.start : block.end].split()) for block in headings]
        beside = (name for block, name in zip(headings, names, strict=True) if block.level == headings[0].level)
        if not begins_with_release(beside):
            return names[0][:MAX_FIELD_LENGTH]
    stem = re.sub(r"[\s_\-.]+", " ", without_identifier(Path(name).stem)).strip()
    return (stem[:1].upper() + stem[1:])[:MAX_FIELD_LENGTH] or name
