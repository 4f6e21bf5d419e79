"""The manifest of a generation: one JSON file that describes the generation and lists the checksums of its files.

Fields have the names of the JSON's keys. A second file holds the checksum of the manifest itself.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from retrieval import files
from retrieval.errors import DamagedIndexError, StoreError
from retrieval.files import FileFacts
from retrieval.types import Glossary, Rejected

FORMAT = 7
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"  # in the form that sha256sum -c reads


class Counts(msgspec.Struct, frozen=True):
    """The sizes of an index."""

    documents: int
    sentences: int
    windows: int
    terms: int


class BuildSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything besides the documents and the model that decides the content of an index."""

    builder: int  # see retrieval.upkeep.changes.BUILDER_VERSION
    language: str
    max_bytes: int  # of a document's file
    golden: str | None = None  # SHA-256 of the golden questions; None and the next None without them
    precision: float | None = None


class Calibration(msgspec.Struct, frozen=True):
    """What golden questions say about the confidence of an index.

    `shift` is added to the log-odds of every probability. Of the `questions`, `answered` are then answered at the
    threshold, and `right` of these rightly. `auroc` says how well probabilities separate answerable questions from
    unanswerable ones, None unless there are both. With `overlap`, the two are so alike that the precision is missed.
    """

    questions: int
    shift: float
    answered: int
    right: int
    auroc: float | None
    overlap: bool


class GoldenRecord(msgspec.Struct, frozen=True):
    """How many golden questions a generation was asked, and which of them failed."""

    questions: int
    failed: tuple[str, ...]


class Pace(msgspec.Struct, frozen=True):
    """How long a rebuild took in seconds: `encoding` for so many `windows`, and `rest` for everything else."""

    windows: int
    encoding: float
    rest: float


class SourceState(msgspec.Struct, frozen=True, array_like=True):
    """A file of the seeds folder as it was when the index was built."""

    size: int
    mtime_ns: int
    checksum: str  # SHA-256 of the content, or a marker of retrieval.upkeep.changes for a file that was not indexed
    facts: str  # digest of the FolderMetadata that applies to the file
    ctime_ns: int = 0  # 0 in manifests of version 0.1
    includes: tuple[tuple[str, str], ...] = ()  # the files that it includes, and the checksum of each


class Provenance(msgspec.Struct, frozen=True, kw_only=True, rename={"calibration": "sharpened"}):
    """What an index was built from and how: everything in a manifest that its index does not know."""

    created: str  # ISO 8601, UTC
    model: str
    model_files: dict[str, Any]  # see retrieval.encoding.models.signature
    settings: BuildSettings
    cut_sentences: int
    cut: dict[str, int]  # sentences longer than the model's window, by document, where there are any
    letters_per_piece: float | None
    knows_language: bool
    likely_language: str = ""  # of the documents, as their small words show; "" if that is in doubt
    calibration: Calibration | None
    golden: GoldenRecord | None
    pace: Pace | None
    rejected: tuple[tuple[str, str], ...]  # (path, reason)
    unread: dict[str, str] = {}  # what could not be read of a document, in words for people, where there is anything
    sources: dict[str, SourceState]  # by document id

    @property
    def rejected_files(self) -> tuple[Rejected, ...]:
        """Return the files that were not indexed."""
        return tuple(Rejected(path, reason) for path, reason in self.rejected)


class Manifest(Provenance, frozen=True, kw_only=True):
    """The description of a generation."""

    format: int
    generation: str
    fingerprint: str  # of the model
    language: str
    counts: Counts
    recall: float  # of dense search, against exact search
    files: dict[str, FileFacts]  # by name
    glossary: Glossary = ()


class _Versioned(msgspec.Struct):
    format: int


KEYS = (  # in the order of the file
    *("format", "generation", "fingerprint", "language", "counts", "recall", "glossary"),
    *Provenance.__struct_encode_fields__,
    "files",
)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a generation into its folder, and the checksum of the manifest."""
    content = msgspec.to_builtins(manifest)
    for optional in ("glossary", "unread", "likely_language"):
        if not content[optional]:
            del content[optional]
    text = json.dumps({key: content[key] for key in KEYS if key in content}, indent=1, ensure_ascii=False)
    facts = files.write(folder / MANIFEST, text.encode())
    files.write(folder / SEAL, _seal(facts["sha256"]))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a generation from its folder.

    Raises DamagedIndexError if the manifest is missing, changed, malformed or of an older format, StoreError if it is
    of a newer format.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        seal = (folder / SEAL).read_bytes() if (folder / SEAL).exists() else None
        if seal is not None and seal != _seal(files.sha256_bytes(content)):
            raise DamagedIndexError(f"{path} does not match its checksum")
        version = msgspec.json.decode(content, type=_Versioned).format
        if version > FORMAT:
            raise StoreError(f"{folder} was written by a newer Footnote (format {version}); update, or rebuild --full")
        if version < FORMAT:
            raise DamagedIndexError(f"{folder} was written by an older Footnote (format {version})")
        if seal is None:
            raise DamagedIndexError(f"{folder / SEAL} is missing")
        return msgspec.json.decode(content, type=Manifest)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise DamagedIndexError(f"{path} cannot be read ({type(error).__name__})") from None


def _seal(checksum: str) -> bytes:
    return f"{checksum}  {MANIFEST}\n".encode()
