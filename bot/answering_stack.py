"""Open what answers questions: the index, its models and the ranker's weights, as the settings name them.

Settings come in, an AnsweringStack goes out. Nothing is built and nothing is printed here: `notify` takes one line for
each thing that people should know. What is heavy is imported where it is used, since the model loads in a second thread
while the first one still imports what reads the index.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.index_notices import stale_notice
from config.settings import RANKER, READER, Settings
from retrieval.encoding import models
from retrieval.errors import DamagedIndexError, ModelError
from retrieval.store import layout
from retrieval.store.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from retrieval.asking.passage_reading import PassageReader
    from retrieval.asking.ranker import Ranker
    from retrieval.asking.retriever import Retriever
    from retrieval.index.index import Index
    from retrieval.types import CrossEncoder, Encoder

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AnsweringStack:
    """A retriever over an opened generation, the lowest confidence that it answers with, and the manifest."""

    retriever: "Retriever"
    threshold: float
    manifest: Manifest


def open_live(
    settings: Settings,
    notify: Notify = lambda _: None,
    *,
    while_loading: Callable[[], None] = lambda: None,
    reuse: AnsweringStack | None = None,
) -> AnsweringStack:
    """Open the live generation and its models, in parallel since each is slow to load.

    `while_loading` runs while the model loads. Models of `reuse` that are still the right ones are taken over.
    Raises NoIndexError, DamagedIndexError, StoreError, ModelError.
    """
    folder = settings.index_folder
    if settings.search.servers and reuse is None:
        _mirror(settings, notify)
    current = reuse.retriever if reuse else None
    with ThreadPoolExecutor(4) as pool:
        expected = _live_fingerprint(folder)
        loaded = current is not None and current.encoder.fingerprint == expected
        loading = pool.submit(load_encoder, folder, expected, settings.threads) if expected and not loaded else None
        loading_second = (
            pool.submit(load_cross_encoder, settings, current.cross_encoder if current else None)
            if settings.ranker.cross_encoder
            else None
        )
        loading_reader = pool.submit(load_reader, settings, current.reader if current else None)
        import retrieval.encoding.encoder  # noqa: F401 - first, since the other thread waits for it
        from retrieval.asking.retriever import Retriever
        from retrieval.reading.folder import list_files

        listing = pool.submit(list_files, settings.seeds_folder)  # while checksums are compared
        opened = _open_index(settings)
        calibration = opened.manifest.calibration
        if opened.warning:
            notify(opened.warning)
        if settings.indexed_seeds and (notice := stale_notice(settings, opened.manifest, listing.result)):
            notify(notice)
        while_loading()
        if current is not None and opened.index.fingerprint == current.encoder.fingerprint:
            encoder = current.encoder
        elif loading is not None and opened.index.fingerprint == expected:
            encoder = loading.result()
        else:
            encoder = load_encoder(folder, opened.index.fingerprint, settings.threads)
        cross_encoder = _cross_encoder_if_usable(loading_second, notify) if loading_second else None
        reader = _reader_if_usable(loading_reader, notify)
    ranker = load_ranker(settings, reader is not None).shifted(calibration.shift if calibration else 0.0)
    newest = settings.answer.versions == "newest"
    retriever = Retriever(opened.index, encoder, ranker, cross_encoder, reader, newest_versions=newest)
    return AnsweringStack(retriever, answer_threshold(settings, ranker), opened.manifest)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An opened index, and a warning about which one it is."""

    index: "Index"
    manifest: Manifest
    warning: str | None


def _mirror(settings: Settings, notify: Notify) -> None:
    """Bring the mirror up to date, and keep it so. Raises ConfigError, StoreError."""
    from bot.searchers import mirror

    mirror(settings, notify)


def _open_index(settings: Settings) -> _Opened:
    """Open the live generation, with searchers or in this process. Raises StoreError."""
    if settings.search.servers:
        from bot.searchers import open_mirror

        return _Opened(*open_mirror(settings), None)
    from retrieval.store import opening

    opened = opening.open_index(settings.index_folder)
    return _Opened(opened.index, opened.manifest, opened.warning)


def load_encoder(index_folder: Path, fingerprint: str, threads: int) -> "Encoder":
    """Open a compiled model of an index after comparing its checksums. Raises ModelError."""
    folder = models.compiled_folder(index_folder, fingerprint)
    damaged = models.damaged_files(folder)
    if damaged:
        advice = "run: footnote rebuild, or in a mirror delete it"
        raise ModelError(f"the compiled model in {folder} is damaged ({', '.join(damaged)}); {advice}")
    from retrieval.encoding import encoder

    return encoder.open_encoder(folder, fingerprint, threads)


def load_cross_encoder(settings: Settings, current: "CrossEncoder | None" = None) -> "CrossEncoder | None":
    """Open the compiled cross-encoder that the settings name, None if they name none; keep `current` if it is the same.

    Raises ModelError.
    """
    name, folder = settings.ranker.cross_encoder, settings.index_folder
    if not name:
        return None
    from retrieval.encoding import cross_encoder, index_cross_encoder

    fingerprint = index_cross_encoder.find(folder, name)
    if current is not None and current.fingerprint == fingerprint:
        return current
    return cross_encoder.open_cross_encoder(models.compiled_folder(folder, fingerprint), fingerprint, settings.threads)


def load_reader(settings: Settings, current: "PassageReader | None" = None) -> "PassageReader | None":
    """Open the reader that comes with Footnote if the settings want it; keep `current`, which is the same.

    A cross-encoder takes its place. Raises ModelError.
    """
    if not uses_reader(settings) or current is not None:
        return current
    from retrieval.encoding.span_reader import open_reader

    return open_reader(READER, settings.threads)


def _reader_if_usable(loading: "Future[PassageReader | None]", notify: Notify) -> "PassageReader | None":
    """Wait for the reader; None after a notice if it cannot be used: answers are then those of the ranker alone."""
    try:
        return loading.result()
    except ModelError as error:
        notify(f"{error}; answering without the reader")
        return None


def uses_reader(settings: Settings) -> bool:
    """Tell whether the settings want the reader, which a cross-encoder replaces and which knows only English."""
    return settings.ranker.reader and not settings.ranker.cross_encoder and settings.documents.language == "en"


def load_ranker(settings: Settings, with_reader: bool | None = None) -> "Ranker":
    """Read the weights of the ranker, for answering with or without the reader; None does what the settings want.

    Raises DataError.
    """
    from retrieval.asking.ranker import read_ranker

    return read_ranker(RANKER).with_reader(uses_reader(settings) if with_reader is None else with_reader)


def answer_threshold(settings: Settings, ranker: "Ranker") -> float:
    """Return the lowest confidence to answer with: the operator's own, else the one for the wanted precision."""
    threshold = settings.answer.threshold
    return ranker.point_for(settings.answer.precision).threshold if isinstance(threshold, str) else threshold


def _cross_encoder_if_usable(loading: "Future[CrossEncoder | None]", notify: Notify) -> "CrossEncoder | None":
    """Wait for the cross-encoder; if it cannot be used, say so and return None, since answers do without."""
    try:
        return loading.result()
    except ModelError as error:
        notify(f"answering without the second stage: {error}")
        return None


def _live_fingerprint(folder: Path) -> str | None:
    """Return the model that the live generation names, unverified: only a hint of what to load."""
    name = layout.current(folder)
    try:
        return read_manifest(folder / name).fingerprint if name else None
    except DamagedIndexError:
        return None
