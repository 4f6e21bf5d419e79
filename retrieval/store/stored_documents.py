"""The documents of a generation on disk: all texts in one file, everything else about them in a JSON file.

Documents come in, the bytes of both files go out, and back. A text is decoded when it is used.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal, overload

import msgspec

from retrieval.types import Document, Heading, Mark, TableSpan

MAX_DECODED_TEXTS = 16  # decoding a text of 10 MB takes 5 ms


class DocumentEntry(msgspec.Struct, frozen=True):
    """A document without its text; see retrieval.types.Document. The text is at first_byte:end_byte of the texts."""

    id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    sha256: str
    collection: str
    headings: tuple[Heading, ...]
    unit: Literal["", "page", "row", "time", "line", "message"]
    marks: tuple[Mark, ...]
    tables: tuple[TableSpan, ...]
    first_byte: int
    end_byte: int
    source_map: str = ""
    includes: tuple[tuple[str, str], ...] = ()
    version: str = ""
    page: str = ""


FIELDS = tuple(  # those of Document
    name for name in DocumentEntry.__struct_fields__ if name not in ("first_byte", "end_byte")
)


class StoredDocument(Document):
    """A document of a generation; its text is decoded when it is used."""

    __slots__ = ("_decode",)
    _decode: Callable[[], str]

    def __init__(self, entry: DocumentEntry, decode: Callable[[], str]) -> None:
        """Take a document's entry and a function that returns its text."""
        for name in FIELDS:
            object.__setattr__(self, name, getattr(entry, name))
        object.__setattr__(self, "_decode", decode)

    @property
    def text(self) -> str:
        """Return the whole text."""
        return self._decode()


class StoredDocuments(Sequence[Document]):
    """The documents of a generation in their order; the texts used last stay decoded."""

    def __init__(self, descriptions: bytes, texts: memoryview) -> None:
        """Take the contents of both files. Raises msgspec.DecodeError if the descriptions are malformed."""
        self._entries = msgspec.json.decode(descriptions, type=list[DocumentEntry])
        self._texts = texts
        self._decoded = lru_cache(MAX_DECODED_TEXTS)(self._decode)
        self._documents: dict[int, StoredDocument] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def have_versions(self) -> bool:
        """Tell whether any document has a version."""
        return any(entry.version for entry in self._entries)

    @overload
    def __getitem__(self, row: int) -> Document: ...
    @overload
    def __getitem__(self, row: slice) -> list[Document]: ...
    def __getitem__(self, row: int | slice) -> Document | list[Document]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        document = self._documents.get(row)
        if document is None:
            document = self._documents[row] = StoredDocument(self._entries[row], partial(self._decoded, row))
        return document

    def _decode(self, row: int) -> str:
        entry = self._entries[row]
        return str(self._texts[entry.first_byte : entry.end_byte], "utf-8")


def pack_documents(documents: Sequence[Document]) -> tuple[bytes, bytes]:
    """Return the contents of both files: the descriptions and the texts."""
    texts = [document.text.encode("utf-8") for document in documents]
    entries, end = [], 0
    for document, text in zip(documents, texts, strict=True):
        fields = {name: getattr(document, name) for name in FIELDS}
        if not document.version:
            del fields["version"], fields["page"]
        entries.append(fields | {"first_byte": end, "end_byte": end + len(text)})
        end += len(text)
    return json.dumps(entries, ensure_ascii=False).encode(), b"".join(texts)
