"""Verify an index from end to end: the checksums, the quotes, and the files that the quotes came from."""

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
    """What was verified. Documents that changed after they were indexed are listed, but are not problems."""

    generation: str
    files: int  # that match their checksums
    quotes: int  # that match the stored text
    on_disk: int  # quotes that match the file in the seeds folder too
    changed: tuple[str, ...]  # document ids
    problems: tuple[str, ...]


def verify_index(index_folder: Path, seeds: Path, progress: Progress, *, cross_encoder: str = "") -> Verification:
    """Verify the live generation, its model, and the cross-encoder if one is named.

    Raises NoIndexError or DamagedIndexError if no generation can be opened.
    """
    opened = opening.open_index(index_folder)
    index = opened.index
    problems = [opened.warning] if opened.warning else []
    damaged = opening.damaged_tokens(index_folder, opened)  # opening verified the other files
    problems.extend(f"{path} does not match its checksum" for path in damaged)
    files = len(opened.manifest.files) - len(damaged)
    files += sum(
        _verify_model(models.compiled_folder(index_folder, fingerprint), problems)
        for fingerprint in _find_models(index_folder, index, cross_encoder, problems)
    )
    texts = _read_texts(seeds)
    on_disk, changed, unusable = 0, set(), 0
    for row in range(index.count):
        progress(ProgressEvent(Task.CHECK_QUOTES, row, index.count))
        sentence = index.sentence(row)
        document = index.documents[sentence.document].id
        try:
            quote = index.text(row)
        except DamagedIndexError as error:
            problems.append(str(error))
            unusable += 1
            continue
        if document in texts and texts[document][sentence.start : sentence.end] == quote:
            on_disk += 1
        else:
            changed.add(document)
    progress(ProgressEvent(Task.CHECK_QUOTES, index.count, index.count))
    quotes = index.count - unusable
    return Verification(index.generation, files, quotes, on_disk, tuple(sorted(changed)), tuple(problems))


def _find_models(index_folder: Path, index: Index, cross_encoder: str, problems: list[str]) -> list[str]:
    """Return the fingerprints of the compiled models; add a problem if the cross-encoder cannot be found."""
    if not cross_encoder:
        return [index.fingerprint]
    try:
        return [index.fingerprint, index_cross_encoder.find(index_folder, cross_encoder)]
    except ModelError as error:
        problems.append(str(error))
        return [index.fingerprint]


def _verify_model(folder: Path, problems: list[str]) -> int:
    """Return how many files of a compiled model match their checksums; add a problem for each other one."""
    try:
        damaged = models.damaged_files(folder)
        problems.extend(f"{folder / name} does not match its checksum" for name in damaged)
        return len(models.read_manifest(folder)["files"]) - len(damaged)
    except ModelError as error:
        problems.append(str(error))
        return 0


def _read_texts(seeds: Path) -> dict[str, str]:
    """Read the texts of the documents in the seeds folder, by id; none if there is no folder."""
    try:
        entries, _ = list_files(seeds)
    except SeedsError:
        return {}
    reads = read_files(entries, max((entry.size for entry in entries), default=0))
    return {
        each.document.id: each.document.text
        for read in reads
        if not isinstance(read, Rejected)
        for each in (read, *read.more)
    }
