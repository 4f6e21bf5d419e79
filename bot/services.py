"""Put settings, index, encoder and ranker together; the library knows none of the settings.

What is heavy is imported where it is used: the model loads in a second thread while the first one
still imports what reads the index.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.showing.terminal import progress, say
from config.settings import RANKER, Settings
from retrieval.encoding import models
from retrieval.errors import BusyError, DamagedIndexError, ModelError, NoIndexError, SeedsError, StoreError
from retrieval.store import layout
from retrieval.store.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from retrieval.asking.ranker import OperatingPoint, Ranker
    from retrieval.asking.retriever import Retriever
    from retrieval.reading.folder import Listing
    from retrieval.types import CrossEncoder, Encoder
    from retrieval.upkeep.changes import Changes
    from retrieval.upkeep.gate import Rule
    from retrieval.upkeep.plan import Options
    from retrieval.upkeep.rebuild import Report


MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """A retriever that is ready to answer, the confidence from which it does, and what its generation is."""

    retriever: "Retriever"
    threshold: float
    manifest: Manifest


def options(settings: Settings, gate: "Rule | None" = None) -> "Options":
    """Return what a rebuild needs of the settings; `gate` in the place of theirs."""
    from retrieval.asking.ranker import read_ranker
    from retrieval.upkeep.plan import Options

    ranker = read_ranker(RANKER)
    return Options(
        seeds=settings.seeds_folder,
        index=settings.index_folder,
        model=settings.model,
        language=settings.documents.language,
        max_bytes=settings.documents.max_megabytes * MEGABYTE,
        threads=settings.threads,
        cross_encoder=settings.ranker.cross_encoder,
        golden=settings.golden_file,
        ranker=ranker,
        precision=settings.answer.precision,
        threshold=threshold(settings, ranker),
        gate=gate or settings.gate,
    )


def run_rebuild(settings: Settings, *, full: bool = False, wait: bool = False, gate: "Rule | None" = None) -> "Report":
    """Rebuild with progress on stderr; `gate` in the place of the settings'."""
    from retrieval.upkeep.rebuild import rebuild

    with progress() as show:
        return rebuild(options(settings, gate), show, full=full, wait=wait, announce=say)


def open_service(settings: Settings, meanwhile: Callable[[], None] = lambda: None) -> Service:
    """Open the live generation, building the index first where there is none or it is beyond use.

    `meanwhile` is called while the model loads.
    """
    try:
        return open_live(settings, meanwhile)
    except (NoIndexError, DamagedIndexError, ModelError) as error:
        from retrieval.reading.folder import list_files

        list_files(settings.seeds_folder)  # a missing folder is an error before anything is announced
        if isinstance(error, NoIndexError):
            say(f"no index yet; building it from {settings.seeds_folder}")
        else:
            say(f"{error}; building the index anew")
        report = _rebuild_or_wait(settings)
        if report.refused:
            raise StoreError(refusal(report)) from None
        if report.published:
            counts = report.manifest.counts
            say(f"indexed {counts.sentences:,} sentences of {counts.documents:,} documents")
        return open_live(settings, meanwhile)


def _rebuild_or_wait(settings: Settings) -> "Report":
    """Rebuild; where another process is at it, wait for it first, which leaves nothing to do."""
    try:
        return run_rebuild(settings)
    except BusyError:
        say("another process is building the index; waiting for it")
        return run_rebuild(settings, wait=True)


def _warn_if_stale(settings: Settings, manifest: Manifest, listed: "Future[Listing]") -> None:
    """Say in one line when the index no longer matches the folder, which is being listed, or the settings."""
    from retrieval.upkeep import changes

    try:
        entries, _ = listed.result()
        found = changes.compare(entries, manifest.sources)
    except SeedsError as error:
        say(f"answering from {manifest.generation} of {manifest.created}, for {error}")
        return
    limit = settings.documents.max_megabytes * MEGABYTE
    golden, precision = settings.golden_file, settings.answer.precision
    if changes.build_settings(settings.documents.language, limit, golden, precision) != manifest.settings:
        say("the index was built with other settings or by another version; run: footnote rebuild")
    elif settings.model != manifest.model:
        say(f"the index was made with model {manifest.model}, not {settings.model}; run: footnote rebuild")
    elif found:
        say(f"the documents changed since the index was built ({describe(found)}); run: footnote rebuild")


def refusal(report: "Report") -> str:
    """Return in one line why the gate kept a new generation from going live, and the way through."""
    assert report.verdict is not None  # noqa: S101 - a refusal has one
    count, rule = len(report.verdict.blocking), report.verdict.rule
    stays = f"{report.live.generation} stays" if report.live else "there is still no index"
    failed = f"{count} golden question{'' if count == 1 else 's'} " + (
        "fail" if rule == "pass" else "passed before and fail now"
    )
    return f'not published, {stays}: {failed} (gate = "{rule}"); footnote rebuild --no-gate publishes it anyway'


def describe(changes: "Changes") -> str:
    """Return the counts of changes, such as "2 added, 1 changed"."""
    counts = {
        "added": len(changes.added),
        "changed": len(changes.changed),
        "removed": len(changes.removed),
        "renamed": len(changes.renamed),
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing"


def threshold(settings: Settings, ranker: "Ranker") -> float:
    """Return the confidence from which to answer: the operator's, else that of the wanted precision."""
    chosen = settings.answer.threshold
    return ranker.point_for(settings.answer.precision).threshold if isinstance(chosen, str) else chosen


def describe_point(point: "OperatingPoint | None") -> str:
    """Return in words what a threshold means."""
    if point is None:
        return "nothing is known of so low a threshold"
    return (
        f"{point.precision:.0%} of the answers right, {point.answerable_answered:.0%} of the questions that have an "
        f"answer answered, {point.unanswerable_answered:.0%} of the others (measured on encyclopaedia articles)"
    )


def open_model(index_folder: Path, fingerprint: str, threads: int) -> "Encoder":
    """Open the compiled model of an index after comparing its checksums. Raises ModelError."""
    folder = models.compiled_folder(index_folder, fingerprint)
    damaged = models.damaged_files(folder)
    if damaged:
        raise ModelError(f"the compiled model in {folder} is damaged ({', '.join(damaged)})")
    from retrieval.encoding.encoder import open_encoder

    return open_encoder(folder, fingerprint, threads)


def open_cross_encoder(settings: Settings, known: "CrossEncoder | None" = None) -> "CrossEncoder | None":
    """Open the compiled cross-encoder, or return None where the settings name none; `known` if that is the one.

    Raises ModelError.
    """
    name, folder = settings.ranker.cross_encoder, settings.index_folder
    if not name:
        return None
    from retrieval.encoding import cross_encoder, index_cross_encoder

    fingerprint = index_cross_encoder.find(folder, name)
    if known is not None and known.fingerprint == fingerprint:
        return known
    return cross_encoder.open_cross_encoder(models.compiled_folder(folder, fingerprint), fingerprint, settings.threads)


def open_encoder_and_ranker(settings: Settings) -> tuple["Encoder", "Ranker"]:
    """Return the configured model and the shipped weights; compiles the models first where needed."""
    from retrieval.asking.ranker import read_ranker
    from retrieval.encoding import index_cross_encoder
    from retrieval.store import write_lock

    source = models.locate(settings.model)
    fingerprint = models.fingerprint(source)
    compiled = models.compiled_folder(settings.index_folder, fingerprint)
    with write_lock.writing(settings.index_folder, wait=True), progress() as show:
        models.compile_model(source, compiled, show)
        if settings.ranker.cross_encoder:
            index_cross_encoder.prepare(settings.index_folder, settings.ranker.cross_encoder, show)
    return open_model(settings.index_folder, fingerprint, settings.threads), read_ranker(RANKER)


def open_live(
    settings: Settings, meanwhile: Callable[[], None] = lambda: None, *, reuse: Service | None = None
) -> Service:
    """Open the index and its models side by side; all are slow to load. Builds nothing.

    The models of `reuse` are taken over where they are the same.
    """
    folder = settings.index_folder
    known = reuse.retriever if reuse else None
    with ThreadPoolExecutor(3) as pool:
        fingerprint = _fingerprint(folder)
        loaded = known is not None and known.encoder.fingerprint == fingerprint
        wanted = fingerprint if not loaded else None
        loading = pool.submit(open_model, folder, wanted, settings.threads) if wanted else None
        second = (
            pool.submit(open_cross_encoder, settings, known.cross_encoder if known else None)
            if settings.ranker.cross_encoder
            else None
        )
        import retrieval.encoding.encoder  # noqa: F401 - first, for the other thread loads the model with it
        from retrieval.asking.ranker import read_ranker
        from retrieval.asking.retriever import Retriever
        from retrieval.reading.folder import list_files
        from retrieval.store import publishing

        listed = pool.submit(list_files, settings.seeds_folder)  # while checksums are compared
        opened = publishing.open_index(folder)
        if opened.warning:
            say(opened.warning)
        calibration = opened.manifest.calibration
        ranker = read_ranker(RANKER).shifted(calibration.shift if calibration else 0.0)
        _warn_if_stale(settings, opened.manifest, listed)
        meanwhile()
        if known is not None and opened.index.fingerprint == known.encoder.fingerprint:
            encoder = known.encoder
        elif loading is not None and opened.index.fingerprint == fingerprint:
            encoder = loading.result()
        else:
            encoder = open_model(folder, opened.index.fingerprint, settings.threads)
        cross_encoder = _or_say(second) if second else None
    return Service(
        Retriever(opened.index, encoder, ranker, cross_encoder), threshold(settings, ranker), opened.manifest
    )


def _or_say(second: Future["CrossEncoder | None"]) -> "CrossEncoder | None":
    """Return the cross-encoder; where it cannot be used, say so: the first stage answers without it."""
    try:
        return second.result()
    except ModelError as error:
        say(f"answering without the second stage: {error}")
        return None


def _fingerprint(folder: Path) -> str | None:
    """Return the model that the live generation names, unverified: only a hint of what to load."""
    name = layout.current(folder)
    try:
        return read_manifest(folder / name).fingerprint if name else None
    except DamagedIndexError:
        return None
