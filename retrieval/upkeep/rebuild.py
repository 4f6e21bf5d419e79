"""Rebuild the index from the folder of documents."""

import datetime
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.asking.retriever import Retriever
from retrieval.encoding import cross_encoder, index_cross_encoder, models
from retrieval.encoding.encoder import CachedQuestions, open_encoder
from retrieval.encoding.language_check import SAMPLE, knows_language, letters_per_piece
from retrieval.errors import NoIndexError, SeedsError
from retrieval.index.build import UnchangedDocument, build_index
from retrieval.index.index import Index
from retrieval.measuring.golden import read_golden
from retrieval.progress import Progress, ProgressEvent, Task
from retrieval.reading.documents import read_files
from retrieval.reading.folder import PLAIN
from retrieval.store import layout, publishing, write_lock
from retrieval.store.manifest import Calibration, GoldenRecord, Manifest, Pace, Provenance
from retrieval.types import CrossEncoder, Encoder, ReadDocument, Rejected
from retrieval.upkeep.calibrate import sharpen
from retrieval.upkeep.changes import Changes, known_of
from retrieval.upkeep.gate import Verdict, try_golden
from retrieval.upkeep.plan import Options, Plan, check_folders, make_plan, preview

__all__ = ["Options", "Report", "preview", "rebuild"]

TELLING = 64  # windows; the time of fewer says little about that of many


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild did. `live` is the manifest of the live generation afterwards, None if there is none."""

    live: Manifest | None
    changes: Changes
    rejected: tuple[Rejected, ...]
    published: bool
    encoded_windows: int
    why_full: str | None
    compiled_cross_encoder: bool
    verdict: Verdict | None = None  # None when no golden questions were asked

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of the live generation. Raises NoIndexError if there is none: the gate is shut."""
        if self.live is None:
            raise NoIndexError("there is still no index")
        return self.live

    @property
    def refused(self) -> bool:
        """Return whether the gate kept a new generation from going live."""
        return not self.published and self.verdict is not None


def rebuild(
    options: Options,
    progress: Progress,
    *,
    full: bool = False,
    wait: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> Report:
    """Bring the index up to date with the folder; publishes nothing when nothing changed or the gate is shut.

    `announce` is told beforehand why much more than the changed documents is looked at.
    Raises SeedsError when the folder is missing or holds no document (the index stays as it is),
    BusyError when another process is writing and wait is false, ModelError, DataError, StoreError.
    """
    check_folders(options)  # before anything is made
    with write_lock.writing(options.index, wait=wait):
        started = time.monotonic()
        second = bool(options.cross_encoder) and index_cross_encoder.prepare(
            options.index, options.cross_encoder, progress
        )
        plan = make_plan(options, full=full)
        compiled = models.compiled_folder(options.index, plan.fingerprint)
        if plan.live and not plan.changes and plan.why_full is None and models.is_intact(compiled):
            return Report(plan.live.manifest, plan.changes, plan.live.manifest.rejected_files, False, 0, None, second)
        if plan.announcement:
            announce(plan.announcement)
        if not plan.entries:
            raise SeedsError(_nothing_to_index(options.seeds, plan.unread))
        compiling = time.monotonic()
        if models.compile_model(plan.source, compiled, progress):
            started += time.monotonic() - compiling  # once, so it is no part of the pace
        plan, encoder = _with_encoder(plan, options, compiled)
        reads, rejected = _read(plan, options, progress)
        watch = _Stopwatch(progress)
        built = build_index(
            reads, encoder, options.language, layout.following(options.index),
            previous=plan.previous, progress=watch,
        )  # fmt: skip
        index, encoded = built.index, built.encoded_windows
        calibration, verdict = _try(options, plan, index, encoder)
        report = Report(plan.manifest, plan.changes, rejected, False, encoded, plan.why_full, second, verdict)
        if verdict and verdict.blocking:
            return report
        cut = _kept_cut(plan, reads) | built.corpus.overlong
        sample = [index.text(row) for row in range(0, index.count, max(index.count // SAMPLE, 1))]
        letters = letters_per_piece(sample, encoder)
        provenance = Provenance(
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            model=options.model,
            model_files=models.signature(plan.source),
            settings=options.settings,
            cut_sentences=sum(cut.values()),
            cut=cut,
            letters_per_piece=letters,
            knows_language=knows_language(sample, letters),
            calibration=calibration,
            golden=_kept(verdict),
            pace=_pace(
                plan.manifest.pace if plan.manifest else None, encoded, watch.seconds, time.monotonic() - started
            ),
            rejected=tuple((file.path, file.reason) for file in rejected),
            sources=known_of(plan.entries, index.documents, rejected),
        )
        return replace(report, live=publishing.publish(options.index, index, provenance), published=True)


def _with_encoder(plan: Plan, options: Options, compiled: Path) -> tuple[Plan, Encoder]:
    """Open the encoder, and meanwhile compare the token vectors that would be taken over with their checksum.

    They are not compared when an index is opened, and what is damaged must not be carried on: then no document is
    taken over as it is, and the windows that are damaged are encoded again.
    """
    with ThreadPoolExecutor(1) as pool:
        compared = plan.previous is not None and plan.why_full is None  # otherwise each sentence is, see build_index
        spoilt = pool.submit(publishing.damaged_tokens, options.index, plan.live) if plan.live and compared else None
        encoder = open_encoder(compiled, plan.fingerprint, options.threads)
        if plan.live and spoilt and spoilt.result():
            plan = replace(plan, why_full=f"the token vectors of {plan.live.index.generation} are damaged")
    return plan, encoder


class _Stopwatch:
    """Hands progress on, and measures how long encoding takes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._started = 0.0
        self.seconds = 0.0

    def __call__(self, event: ProgressEvent) -> None:
        self._progress(event)
        if event.task is Task.ENCODE and event.done == 0:
            self._started = time.monotonic()
        if event.task is Task.ENCODE and event.finished:
            self.seconds = time.monotonic() - self._started


def _pace(earlier: Pace | None, windows: int, encoding: float, seconds: float) -> Pace:
    """Return what lets the next rebuild tell how long it will take; few windows leave the earlier rate as it was."""
    rest = round(seconds - encoding, 3)
    if earlier and windows < min(earlier.windows, TELLING):
        return Pace(earlier.windows, earlier.encoding, rest)
    return Pace(windows, round(encoding, 3), rest)


def _try(options: Options, plan: Plan, index: Index, encoder: Encoder) -> tuple[Calibration | None, Verdict | None]:
    """Return what the golden questions say of a new index; None twice without any.

    Raises DataError when they cannot be read.
    """
    ranker = options.ranker
    if options.golden is None or ranker is None:
        return None, None
    golden = read_golden(options.golden)
    threshold = ranker.point_for(options.precision).threshold if options.threshold is None else options.threshold
    cached = CachedQuestions(encoder)
    second = _cross_encoder(options)
    calibration = sharpen(index, cached, ranker, golden, options.precision)
    now = try_golden(Retriever(index, cached, ranker.shifted(calibration.shift), second), golden, threshold)
    before = None
    if plan.live is not None:
        known = _encoder_of(options, plan.live.index, cached)
        # Other questions shift the confidence by themselves; that is no fault of the new generation.
        same = plan.live.manifest.settings == options.settings
        earlier = plan.live.manifest.calibration
        shift = (earlier.shift if earlier else 0.0) if same else calibration.shift
        if known is not None:
            before = try_golden(Retriever(plan.live.index, known, ranker.shifted(shift), second), golden, threshold)
    return calibration, Verdict(options.gate, now, before)


def _encoder_of(options: Options, live: Index, encoder: Encoder) -> Encoder | None:
    """Return the encoder of the live generation, None when its compiled model is lost."""
    if live.fingerprint == encoder.fingerprint:
        return encoder
    folder = models.compiled_folder(options.index, live.fingerprint)
    return open_encoder(folder, live.fingerprint, options.threads) if models.is_intact(folder) else None


def _cross_encoder(options: Options) -> CrossEncoder | None:
    if not options.cross_encoder:
        return None
    fingerprint = index_cross_encoder.find(options.index, options.cross_encoder)
    folder = models.compiled_folder(options.index, fingerprint)
    return cross_encoder.open_cross_encoder(folder, fingerprint, options.threads)


def _kept(verdict: Verdict | None) -> GoldenRecord | None:
    """Return what a manifest keeps of golden questions."""
    if verdict is None:
        return None
    return GoldenRecord(len(verdict.now), tuple(outcome.golden.question for outcome in verdict.failed))


def _read(
    plan: Plan, options: Options, progress: Progress
) -> tuple[list[ReadDocument | UnchangedDocument], tuple[Rejected, ...]]:
    """Read every file that is not as it was; returns the documents and all that is rejected.

    Raises SeedsError when no file can be used.
    """
    reads: list[ReadDocument | UnchangedDocument] = []
    rejected = [*plan.unread]
    kept = _unchanged(plan)
    fresh = read_files([entry for entry in plan.entries if entry.id not in kept], options.max_bytes)
    for number, entry in enumerate(plan.entries):
        progress(ProgressEvent(Task.READ, number, len(plan.entries)))
        found = kept.get(entry.id) or next(fresh)
        if isinstance(found, Rejected):
            rejected.append(found)
        else:
            reads.append(found)
    progress(ProgressEvent(Task.READ, len(plan.entries), len(plan.entries)))
    rejected.sort(key=lambda one: one.path)
    if not reads:
        raise SeedsError(_nothing_to_index(options.seeds, rejected))
    return reads, tuple(rejected)


def _unchanged(plan: Plan) -> dict[str, UnchangedDocument | Rejected]:
    """Return the documents that need not be read again: only where nothing but documents changed.

    What took a process of its own to be rejected stays rejected, for it may take a minute each.
    """
    if plan.live is None or plan.previous is None or plan.why_full is not None:
        return {}
    touched = {*plan.changes.added, *plan.changes.changed, *(new for _, new in plan.changes.renamed)}
    documents = enumerate(plan.previous.documents)
    costly = {entry.id for entry in plan.entries if entry.suffix not in PLAIN} - touched
    rejected = plan.live.manifest.rejected_files
    kept: dict[str, UnchangedDocument | Rejected] = {file.path: file for file in rejected if file.path in costly}
    return kept | {document.id: UnchangedDocument(row) for row, document in documents if document.id not in touched}


def _kept_cut(plan: Plan, reads: Sequence[ReadDocument | UnchangedDocument]) -> dict[str, int]:
    """Return how many sentences of each kept document are longer than the model reads, where there are any."""
    if plan.live is None or plan.previous is None:
        return {}
    known = plan.live.manifest.cut
    names = (plan.previous.documents[one.row].id for one in reads if isinstance(one, UnchangedDocument))
    return {name: known[name] for name in names if name in known}


def _nothing_to_index(seeds: Path, rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return f"the seeds folder {seeds} holds no document"
    first = f"{rejected[0].path}: {rejected[0].reason}"
    more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
    return f"none of the files in {seeds} can be used; {first}{more}"
