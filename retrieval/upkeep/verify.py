"""Check an index from end to end: checksums, quote spans, and the files that the quotes came from."""

from dataclasses import dataclass
from pathlib import Path

from retrieval.encoding import index_cross_encoder, models
from retrieval.errors import DamagedIndexError, ModelError, SeedsError
from retrieval.index.index import Index
from retrieval.progress import Progress, ProgressEvent, Task
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.store import opening
from retrieval.types import Rejected


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked; `problems` is empty when all is well. A changed document is no problem."""

    generation: str
    files: int
    quotes: int
    on_disk: int
    changed: tuple[str, ...]
    problems: tuple[str, ...]


def verify_index(index_folder: Path, seeds: Path, progress: Progress, *, cross_encoder: str = "") -> Verification:
    """Check the live generation, its model, and the cross-encoder if one is named.

    Raises NoIndexError or DamagedIndexError when no generation can be opened.
    """
    opened = opening.open_index(index_folder)
    index, manifest = opened.index, opened.manifest
    problems = [opened.warning] if opened.warning else []
    files = len(manifest.files)
    spoilt = opening.damaged_tokens(index_folder, opened)  # the others were compared on opening
    problems.extend(f"{path} does not match its checksum" for path in spoilt)
    files -= len(spoilt)
    for fingerprint in _models(index_folder, index, cross_encoder, problems):
        compiled = models.compiled_folder(index_folder, fingerprint)
        try:
            damaged = models.damaged_files(compiled)
            problems.extend(f"{compiled / name} does not match its checksum" for name in damaged)
            files += len(models.read_manifest(compiled)["files"]) - len(damaged)
        except ModelError as error:
            problems.append(str(error))
    current = _files_on_disk(seeds)
    on_disk, changed, wrong = 0, set(), 0
    for row in range(index.count):
        progress(ProgressEvent(Task.CHECK_QUOTES, row, index.count))
        document = index.documents[index.sentence(row).document]
        try:
            text = index.text(row)
        except DamagedIndexError as error:
            problems.append(str(error))
            wrong += 1
            continue
        if _stands_in(text, index, row, current.get(document.id)):
            on_disk += 1
        else:
            changed.add(document.id)
    progress(ProgressEvent(Task.CHECK_QUOTES, index.count, index.count))
    return Verification(index.generation, files, index.count - wrong, on_disk, tuple(sorted(changed)), tuple(problems))


def _models(index_folder: Path, index: Index, cross_encoder: str, problems: list[str]) -> list[str]:
    """Return the fingerprints of the compiled models to check; adds a problem where one cannot be found."""
    try:
        second = [index_cross_encoder.find(index_folder, cross_encoder)] if cross_encoder else []
    except ModelError as error:
        problems.append(str(error))
        second = []
    return [index.fingerprint, *second]


def _files_on_disk(seeds: Path) -> dict[str, str]:
    """Return the texts of the documents that are in the folder now, by id; none if there is no folder."""
    try:
        entries, _ = list_files(seeds)
    except SeedsError:
        return {}
    reads = read_files(entries, max((entry.size for entry in entries), default=0))
    return {read.document.id: read.document.text for read in reads if not isinstance(read, Rejected)}


def _stands_in(text: str, index: Index, row: int, file: str | None) -> bool:
    sentence = index.sentence(row)
    return file is not None and file[sentence.start : sentence.end] == text
