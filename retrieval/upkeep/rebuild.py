"""Rebuild the index from the seeds folder: plan, read, build, ask the golden questions, publish."""

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from retrieval.encoding import index_cross_encoder, model_cache, models
from retrieval.encoding.encoder import open_encoder
from retrieval.encoding.language_check import SAMPLE_TEXTS, knows_language, letters_per_piece
from retrieval.errors import NoIndexError, SeedsError
from retrieval.index.build import UnchangedDocument, build_index
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.window_vectors import EncodeWindows, encode_here
from retrieval.progress import Progress, ProgressEvent, Task
from retrieval.reading.documents import read_files
from retrieval.reading.folder import KEPT_FOLDER
from retrieval.store import layout, opening, publishing, write_lock
from retrieval.store.manifest import Calibration, GoldenRecord, Manifest, Pace, Provenance
from retrieval.text.file_suffixes import PLAIN_SUFFIXES
from retrieval.text.likely_language import likely_language
from retrieval.types import Encoder, ReadDocument, Rejected
from retrieval.upkeep.changes import Changes, document_changes, file_of, rejected_before, source_states
from retrieval.upkeep.gate import Verdict, judge
from retrieval.upkeep.plan import Cause, FullRebuildReason, Plan, RebuildOptions, check_folders, make_plan

Known = TypeVar("Known")
REMOVAL = "golden questions fail, but a kept answer was removed, so the new index is published"
MIN_TIMED_WINDOWS = 64  # the time of fewer windows says little about the time of many


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild did. `live` is the manifest of the live generation afterwards, None if there is none."""

    live: Manifest | None
    changes: Changes
    rejected: tuple[Rejected, ...]
    published: bool
    encoded_windows: int
    why_full: FullRebuildReason | None
    compiled_cross_encoder: bool
    verdict: Verdict | None = None  # None if no golden questions were asked

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of the live generation. Raises NoIndexError if the gate refused the first one."""
        if self.live is None:
            raise NoIndexError("there is still no index")
        return self.live

    @property
    def refused(self) -> bool:
        """Return whether the gate kept a new generation from going live."""
        return not self.published and self.verdict is not None


def rebuild(
    options: RebuildOptions,
    progress: Progress,
    *,
    full: bool = False,
    wait: bool = False,
    announce: Callable[[str], None] = lambda _: None,
    encode: EncodeWindows = encode_here,
) -> Report:
    """Bring the index up to date with the folder. Publishes nothing if nothing changed or the gate refuses.

    The gate does not keep a kept answer in the index that was removed from the folder. `announce` is called with the
    reason then, and before a rebuild that takes longer than the changed documents explain. `encode` gives the windows
    their vectors.
    Raises SeedsError if the folder is missing, has no usable document or an invalid glossary (the index stays as it
    is), BusyError if another process is writing and `wait` is false, ModelError, DataError, StoreError.
    """
    check_folders(options)  # before anything is created
    with write_lock.writing(options.index, wait=wait):
        timer = _Timer(progress)
        second = _prepare_cross_encoder(options, progress)
        plan = make_plan(options, full=full)
        if plan.live and _is_up_to_date(plan, options):
            manifest = plan.live.manifest
            changes = document_changes(plan.changes, plan.sources, _files_of(plan, plan.live.index))
            return Report(manifest, changes, _still_rejected(plan, manifest), False, 0, None, second)
        if plan.announcement:
            announce(plan.announcement)
        if not plan.entries:
            raise SeedsError(_nothing_to_index(options.seeds, plan.unlisted))
        plan, encoder = _open_model(plan, options, timer)
        draft = _build(plan, options, encoder, timer, encode)
        calibration, verdict = judge(options, plan.live, draft.index, encoder)
        changes = document_changes(plan.changes, plan.sources, _files_of(plan, draft.index))
        report = Report(
            plan.manifest, changes, draft.rejected, False, draft.encoded_windows, plan.why_full, second, verdict
        )
        if verdict and verdict.blocking:
            if not any(document.startswith(f"{KEPT_FOLDER}/") for document in changes.removed):
                return report
            announce(REMOVAL)
            verdict = replace(verdict, rule="off")
            report = replace(report, verdict=verdict)
        pace = timer.pace(draft.encoded_windows, plan.manifest.pace if plan.manifest else None)
        provenance = _describe(plan, options, draft, encoder, calibration, verdict, pace)
        return replace(report, live=publishing.publish(options.index, draft.index, provenance), published=True)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A new index that is not published yet."""

    index: EmbeddedIndex
    rejected: tuple[Rejected, ...]
    cut: dict[str, int]  # sentences longer than the model's window, by document
    unread: dict[str, str]  # what could not be read, by document
    encoded_windows: int


class _Timer:
    """Times a rebuild from now on, and how long it encodes; passes progress on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._started = time.monotonic()
        self._encoding_started = self._encoding_s = 0.0

    def __call__(self, event: ProgressEvent) -> None:
        self._progress(event)
        if event.task is Task.ENCODE and event.done == 0:
            self._encoding_started = time.monotonic()
        if event.task is Task.ENCODE and event.finished:
            self._encoding_s = time.monotonic() - self._encoding_started

    def skip(self, seconds: float) -> None:
        """Leave seconds out of the time."""
        self._started += seconds

    def pace(self, windows: int, earlier: Pace | None) -> Pace:
        """Return the pace for the forecast of the next rebuild; few windows leave the earlier rate as it was."""
        rest_s = round(time.monotonic() - self._started - self._encoding_s, 3)
        if earlier and windows < min(earlier.windows, MIN_TIMED_WINDOWS):
            return Pace(earlier.windows, earlier.encoding, rest_s)
        return Pace(windows, round(self._encoding_s, 3), rest_s)


def _prepare_cross_encoder(options: RebuildOptions, progress: Progress) -> bool:
    """Compile the cross-encoder if the options name one that is not compiled; return whether that was done."""
    name = options.cross_encoder
    return bool(name) and index_cross_encoder.prepare(options.index, name, progress, options.model_cache)


def _is_up_to_date(plan: Plan, options: RebuildOptions) -> bool:
    compiled = models.compiled_folder(options.index, plan.fingerprint)
    return not plan.changes and not plan.other_glossary and plan.why_full is None and models.is_intact(compiled)


def _still_rejected(plan: Plan, manifest: Manifest) -> tuple[Rejected, ...]:
    """Return the files that an unchanged index is without: those that cannot be listed now, and those of before."""
    listed = {entry.id for entry in plan.entries}
    before = [file for file in manifest.rejected_files if file.path in listed]
    return tuple(sorted([*plan.unlisted, *before], key=lambda file: file.path))


def _open_model(plan: Plan, options: RebuildOptions, timer: _Timer) -> tuple[Plan, Encoder]:
    """Put the model into the index, if it is not there, and open it; meanwhile verify token vectors to be reused.

    Opening an index does not verify them, and damage must not reach the next generation. If there is some, the plan
    changes: no document is kept as it is, and damaged windows are encoded again.
    """
    compiled = models.compiled_folder(options.index, plan.fingerprint)
    started = time.monotonic()
    if model_cache.prepare(plan.model_folder, options.index, plan.fingerprint, timer, cache=options.model_cache):
        timer.skip(time.monotonic() - started)  # the next rebuild will not compile it
    with ThreadPoolExecutor(1) as pool:
        # In a full rebuild, build_index verifies the vectors of each sentence.
        reused = plan.live if plan.previous is not None and plan.why_full is None else None
        damaged = pool.submit(opening.damaged_tokens, options.index, reused) if reused else None
        encoder = open_encoder(compiled, plan.fingerprint, options.threads)
        if reused and damaged and damaged.result():
            plan = replace(plan, why_full=FullRebuildReason(Cause.DAMAGED_TOKENS, reused.index.generation))
    return plan, encoder


def _build(plan: Plan, options: RebuildOptions, encoder: Encoder, timer: _Timer, encode: EncodeWindows) -> _Draft:
    """Read the documents and build their index. Raises SeedsError if no file can be used."""
    reads, rejected = _read(plan, options, timer)
    built = build_index(
        reads,
        encoder,
        options.language,
        layout.next_generation(options.index),
        glossary=plan.glossary,
        previous=plan.previous,
        progress=timer,
        encode=encode,
    )
    known = plan.live.manifest if plan.live is not None and plan.previous is not None else None
    cut = _of_kept(plan, reads, known.cut if known else {}) | built.corpus.overlong
    unread = _of_kept(plan, reads, known.unread if known else {})
    unread |= {read.document.id: read.unread for read in reads if isinstance(read, ReadDocument) and read.unread}
    return _Draft(built.index, rejected, cut, unread, built.encoded_windows)


def _describe(
    plan: Plan,
    options: RebuildOptions,
    draft: _Draft,
    encoder: Encoder,
    calibration: Calibration | None,
    verdict: Verdict | None,
    pace: Pace,
) -> Provenance:
    """Describe for the manifest what a new index was built from, and how."""
    index = draft.index
    sample = [index.text(row) for row in range(0, index.count, max(index.count // SAMPLE_TEXTS, 1))]
    letters = letters_per_piece(sample, encoder)
    failed = tuple(outcome.golden.question for outcome in verdict.failed) if verdict else ()
    return Provenance(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        model=options.model,
        model_files=models.signature(plan.model_folder),
        settings=options.settings,
        cut_sentences=sum(draft.cut.values()),
        cut=draft.cut,
        letters_per_piece=letters,
        knows_language=knows_language(sample, letters),
        likely_language=likely_language(sample),
        calibration=calibration,
        golden=GoldenRecord(len(verdict.now), failed) if verdict else None,
        pace=pace,
        rejected=tuple((file.path, file.reason) for file in draft.rejected),
        unread=draft.unread,
        sources=source_states(plan.entries, index.documents, draft.rejected),
    )


def _read(
    plan: Plan, options: RebuildOptions, progress: Progress
) -> tuple[list[ReadDocument | UnchangedDocument], tuple[Rejected, ...]]:
    """Read every file that changed; return all documents in order of their ids, and all rejected files.

    Raises SeedsError if no file can be used.
    """
    reads: list[ReadDocument | UnchangedDocument] = []
    rejected = [*plan.unlisted]
    unchanged = _unchanged(plan)
    fresh = read_files([entry for entry in plan.entries if entry.id not in unchanged], options.max_bytes)
    for number, entry in enumerate(plan.entries):
        progress(ProgressEvent(Task.READ, number, len(plan.entries)))
        kept = unchanged.get(entry.id)
        for read in [next(fresh)] if kept is None else kept:
            if isinstance(read, Rejected):
                rejected.append(read)
            elif isinstance(read, UnchangedDocument):
                reads.append(read)
            else:
                reads += [replace(read, more=()), *read.more]
    progress(ProgressEvent(Task.READ, len(plan.entries), len(plan.entries)))
    rejected.sort(key=lambda file: file.path)
    if not reads:
        raise SeedsError(_nothing_to_index(options.seeds, rejected))
    return reads, tuple(rejected)


def _unchanged(plan: Plan) -> dict[str, list[UnchangedDocument | Rejected]]:
    """Find the files that need not be read again, by id, with their documents; none if more than documents changed.

    A file that an isolated process rejected stays rejected, because reading it again may take a minute.
    """
    if plan.live is None or plan.previous is None or plan.why_full is not None:
        return {}
    touched = {*plan.changes.added, *plan.changes.changed, *(new for _, new in plan.changes.renamed)}
    isolated = {entry.id for entry in plan.entries if entry.suffix not in PLAIN_SUFFIXES} - touched
    rejected = rejected_before(plan.live.manifest)
    unchanged: dict[str, list[UnchangedDocument | Rejected]] = {}
    for file in rejected:
        if file.path in isolated:
            unchanged[file.path] = [file]
    listed = {entry.id for entry in plan.entries}
    for row, document in enumerate(plan.previous.documents):
        name = file_of(document.id, listed)
        if name not in touched:
            unchanged.setdefault(name, []).append(UnchangedDocument(row))
    return unchanged


def _files_of(plan: Plan, index: EmbeddedIndex) -> set[str]:
    """Return the ids of the files whose documents an index has."""
    listed = {entry.id for entry in plan.entries}
    return {file_of(document.id, listed) for document in index.documents}


def _of_kept(
    plan: Plan, reads: Sequence[ReadDocument | UnchangedDocument], known: Mapping[str, Known]
) -> dict[str, Known]:
    """Return what the previous manifest knows about each kept document, where it knows anything."""
    if plan.previous is None:
        return {}
    names = (plan.previous.documents[read.row].id for read in reads if isinstance(read, UnchangedDocument))
    return {name: known[name] for name in names if name in known}


def _nothing_to_index(seeds: Path, rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return f"the seeds folder {seeds} contains no documents"
    more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
    return f"none of the files in {seeds} can be used; {rejected[0].path}: {rejected[0].reason}{more}"
