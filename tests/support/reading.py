"""Write a file, read it as a rebuild would, and return what a test compares."""

from pathlib import Path

from retrieval.reading.blocks import split_blocks
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.reading.markdown_text import read_markdown
from retrieval.reading.wikitext.convert_wikitext import wikitext_as_markdown
from retrieval.text.locations import heading_path, mark_at
from retrieval.text.sentences import split_sentences
from retrieval.text.table_rows import names_columns, write_out_row
from retrieval.types import Block, ReadDocument, Rejected

MAX_BYTES = 10_000_000


def split_text(text: str, *, markdown: bool = True) -> tuple[str, tuple[Block, ...]]:
    """Split a text without front matter into blocks; returns the text of the document, too."""
    if not markdown:
        return text, tuple(split_blocks(text, 0))
    read = read_markdown(text, 0)
    return read.text, read.blocks


def wiki_blocks(text: str, title: str = "") -> list[tuple[str, int, str]]:
    """Return kind, level and text of each block of a page of wikitext; rows are written out below their header."""
    read = read_markdown(wikitext_as_markdown(text, title=title), 0)
    blocks: list[tuple[str, int, str]] = []
    header = ""
    for block in read.blocks:
        content = read.text[block.start : block.end]
        header = content if block.kind == "header" and names_columns(content) else header
        blocks.append((block.kind, block.level, write_out_row(header, content) if block.kind == "row" else content))
    return blocks


def read_path(path: Path) -> ReadDocument | Rejected:
    """Read one of the files of a folder."""
    (file,) = [file for file in list_files(path.parent)[0] if file.id == path.name]
    return read_file(file, MAX_BYTES)


def read_content(folder: Path, name: str, content: bytes) -> ReadDocument:
    """Write a file and read it."""
    (folder / name).write_bytes(content)
    read = read_path(folder / name)
    assert isinstance(read, ReadDocument), read
    return read


def rejection_reason(folder: Path, name: str, content: bytes) -> str:
    """Write a file and return the reason why it is rejected."""
    (folder / name).write_bytes(content)
    rejected = read_path(folder / name)
    assert isinstance(rejected, Rejected), rejected
    return rejected.reason


def sentences_of(read: ReadDocument) -> list[str]:
    """Return each sentence that can be quoted."""
    return [text for text, _, _ in placed_sentences(read)]


def placed_sentences(read: ReadDocument) -> list[tuple[str, int | str | None, str | None]]:
    """Return each sentence that can be quoted, with its page, row, time or line and the headings above it."""
    document = read.document
    return [
        (document.text[start:end], mark_at(document, start), heading_path(document, start))
        for start, end in ((sentence.start, sentence.end) for sentence in split_sentences(read, 0, "en"))
    ]


def structure_of(read: ReadDocument) -> list[tuple[str, int, int, str, str]]:
    """Return kind, level, number, language and text of each block."""
    text = read.document.text
    return [
        (block.kind, block.level, block.number, block.language, text[block.start : block.end]) for block in read.blocks
    ]


def asides_of(read: ReadDocument) -> list[str]:
    """Return the text of each aside."""
    return [read.document.text[block.start : block.end] for block in read.blocks if block.kind == "aside"]
