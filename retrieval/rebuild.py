"""Rebuild the index from the folder of documents."""

import datetime
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from retrieval import generations, model, second_stage, store
from retrieval.build import build_index
from retrieval.changes import Changes, build_settings, compare, known_of
from retrieval.documents import FileEntry, ReadDocument, list_files, read_file
from retrieval.encoder import open_encoder
from retrieval.errors import DamagedIndexError, NoIndexError, SeedsError, StoreError
from retrieval.golden import read_golden
from retrieval.index import Index
from retrieval.progress import Progress
from retrieval.ranker import Ranker
from retrieval.records import Encoder, Rejected
from retrieval.sharpen import sharpen
from retrieval.vocabulary import knows_language, letters_per_piece


@dataclass(frozen=True, slots=True)
class Options:
    """What a rebuild depends on besides the documents."""

    seeds: Path
    index: Path
    model: str
    language: str
    max_bytes: int
    threads: int = 0
    cross_encoder: str = ""  # "" is none; a change of it leaves the generations as they are
    golden: Path | None = None  # golden questions to sharpen the confidence with, which needs the ranker
    ranker: Ranker | None = None
    precision: float = 0.85


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild did. `manifest` is that of the live generation afterwards."""

    manifest: dict[str, Any]
    changes: Changes
    rejected: tuple[Rejected, ...]
    published: bool
    encoded_windows: int
    why_full: str | None
    compiled_cross_encoder: bool


def rebuild(options: Options, progress: Progress, *, full: bool = False, wait: bool = False) -> Report:
    """Bring the index up to date with the folder; publishes nothing when nothing changed.

    Raises SeedsError when the folder is missing or holds no document (the index stays as it is),
    BusyError when another process is writing and wait is false, ModelError, StoreError.
    """
    entries, unread = list_files(options.seeds)
    if options.index.is_relative_to(options.seeds):
        raise StoreError(f"the index folder {options.index} must not be inside the seeds folder; name another --index")
    with store.writing(options.index, wait=wait):
        second = bool(options.cross_encoder) and second_stage.prepare(options.index, options.cross_encoder, progress)
        source = model.locate(options.model)
        fingerprint = model.fingerprint(source)
        previous, manifest, why_full = _previous(options, fingerprint, full)
        changes = compare(entries, manifest.get("sources", {}) if manifest else {})
        compiled = model.compiled_folder(options.index, fingerprint)
        if manifest and not changes and why_full is None and model.is_whole(compiled):
            return Report(manifest, changes, _rejected(manifest), False, 0, None, second)
        reads, rejected = _read(entries, options, progress)
        rejected = tuple(sorted((*rejected, *unread), key=lambda one: one.path))
        if not reads:
            raise SeedsError(_nothing_to_index(options.seeds, rejected))
        model.compile_model(source, compiled, progress)
        encoder = open_encoder(compiled, fingerprint, options.threads)
        generation = generations.following(options.index)
        index, corpus, encoded = build_index(
            reads, encoder, options.language, generation, previous=previous, progress=progress
        )
        letters = letters_per_piece(corpus.texts, encoder)
        about = {
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "model": options.model,
            "settings": _settings(options),
            "cut_sentences": corpus.cut,
            "letters_per_piece": letters,
            "knows_language": knows_language(corpus.texts, letters),
            "sharpened": _sharpened(options, index, encoder),
            "rejected": [[one.path, one.reason] for one in rejected],
            "sources": known_of(entries, reads, rejected),
        }
        published = store.publish(options.index, index, about)
        return Report(published, changes, rejected, True, encoded, why_full, second)


def _sharpened(options: Options, index: Index, encoder: Encoder) -> dict[str, Any] | None:
    """Return what the golden questions say, None without any. Raises DataError when they cannot be read."""
    if options.golden is None or options.ranker is None:
        return None
    return sharpen(index, encoder, options.ranker, read_golden(options.golden), options.precision)


def preview(options: Options) -> tuple[Changes, list[Rejected]]:
    """Return what a rebuild would find changed and rejected; writes nothing, takes no lock.

    Raises SeedsError when the folder is missing.
    """
    entries, unread = list_files(options.seeds)
    try:
        known = store.open_index(options.index).manifest["sources"]
    except (NoIndexError, DamagedIndexError):
        known = {}
    reads = (read_file(entry, options.max_bytes) for entry in entries)
    rejected = [*unread, *(one for one in reads if isinstance(one, Rejected))]
    changes = compare(entries, known)
    unusable = {one.path for one in rejected}
    added = tuple(name for name in changes.added if name not in unusable)
    return replace(changes, added=added), sorted(rejected, key=lambda one: one.path)


def _previous(options: Options, fingerprint: str, full: bool) -> tuple[Index | None, dict[str, Any] | None, str | None]:
    """Return the index to take vectors from, its manifest, and why everything is built anew if it is."""
    try:
        opened = store.open_index(options.index)
    except NoIndexError:
        return None, None, "there is no index yet"
    except DamagedIndexError as error:
        return None, None, str(error)
    except StoreError:
        if not full:
            raise
        return None, None, "--full"
    if full:
        return None, opened.manifest, "--full"
    if opened.warning:
        return opened.index, opened.manifest, opened.warning
    if opened.manifest["fingerprint"] != fingerprint:
        return None, opened.manifest, f"the model changed to {options.model}"
    if opened.manifest["settings"] != _settings(options):
        return opened.index, opened.manifest, "the settings or the version of Footnote changed"
    return opened.index, opened.manifest, None


def _settings(options: Options) -> dict[str, Any]:
    return build_settings(options.language, options.max_bytes, options.golden, options.precision)


def _read(
    entries: list[FileEntry], options: Options, progress: Progress
) -> tuple[list[ReadDocument], tuple[Rejected, ...]]:
    reads, rejected = [], []
    for number, entry in enumerate(entries):
        progress("reading", number, len(entries))
        found = read_file(entry, options.max_bytes)
        if isinstance(found, Rejected):
            rejected.append(found)
        else:
            reads.append(found)
    progress("reading", len(entries), len(entries))
    return reads, tuple(rejected)


def _nothing_to_index(seeds: Path, rejected: tuple[Rejected, ...]) -> str:
    if not rejected:
        return f"the seeds folder {seeds} holds no .txt or .md file"
    first = f"{rejected[0].path}: {rejected[0].reason}"
    more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
    return f"none of the files in {seeds} can be used; {first}{more}"


def _rejected(manifest: dict[str, Any]) -> tuple[Rejected, ...]:
    return tuple(Rejected(path, reason) for path, reason in manifest["rejected"])
