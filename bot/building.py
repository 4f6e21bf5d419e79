"""Build what answers questions, with progress and notices on stderr.

Settings come in, and an index goes out. The rebuild itself is left to `retrieval.upkeep`, opening to `answering_stack`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.answering_stack import AnsweringStack, answer_threshold, load_ranker, open_live, uses_reader
from bot.showing.terminal import progress, say
from bot.showing.wording import many
from config.settings import READER, ConfigError, Settings
from retrieval.encoding import models
from retrieval.errors import BusyError, DamagedIndexError, ModelError, NoIndexError, StoreError
from retrieval.store import layout

if TYPE_CHECKING:
    from retrieval.upkeep.plan import GateRule, RebuildOptions
    from retrieval.upkeep.rebuild import Report


def rebuild_options(settings: Settings, gate: "GateRule | None" = None) -> "RebuildOptions":
    """Convert the settings to the options of a rebuild; `gate`, if given, overrides theirs."""
    from retrieval.upkeep.plan import RebuildOptions

    ranker = load_ranker(settings)
    return RebuildOptions(
        seeds=settings.seeds_folder,
        index=settings.index_folder,
        model=settings.model,
        language=settings.documents.language,
        max_bytes=settings.documents.max_bytes,
        threads=settings.threads,
        model_cache=settings.model_cache_folder,
        cross_encoder=settings.ranker.cross_encoder,
        reader=READER if uses_reader(settings) else None,
        golden=settings.golden_file,
        ranker=ranker,
        precision=settings.answer.precision,
        threshold=answer_threshold(settings, ranker),
        gate=gate or settings.gate,
        newest_versions=settings.answer.versions == "newest",
    )


def run_rebuild(
    settings: Settings, *, full: bool = False, wait: bool = False, gate: "GateRule | None" = None
) -> "Report":
    """Rebuild; `gate`, if given, overrides that of the settings. With `wait`, wait for another process that writes.

    Raises what retrieval.upkeep.rebuild raises, QueueError, and ConfigError where a mirror is to be.
    """
    folder = settings.index_folder
    if settings.search.servers and not layout.generations(folder):
        raise ConfigError(f"search.servers names where the index is searched: rebuild it there, not in {folder}")
    from retrieval.index.window_vectors import encode_here
    from retrieval.upkeep.rebuild import rebuild

    options, shared = rebuild_options(settings, gate), None
    if settings.encoding.queue:
        from bot.encoding_queue.shared_encoding import SharedEncoding

        shared = SharedEncoding(
            settings.encoding.queue,
            settings.index_folder,
            takes_part=settings.encoding.takes_part,
            threads=settings.threads,
            notify=say,
        )
    with progress() as show:
        report = rebuild(options, show, full=full, wait=wait, announce=say, encode=shared or encode_here)
    if shared and report.published:
        shared.forget()
    return report


def open_or_build(settings: Settings, *, while_loading: Callable[[], None] = lambda: None) -> AnsweringStack:
    """Open the live generation; build the index first if there is none or it cannot be used.

    `while_loading` runs while the model loads. Raises SeedsError, ModelError, DataError, StoreError.
    """
    try:
        return open_live(settings, say, while_loading=while_loading)
    except (NoIndexError, DamagedIndexError, ModelError) as error:
        if settings.search.servers:  # which build it
            raise
        from retrieval.reading.folder import list_files

        list_files(settings.seeds_folder)  # raises if the folder is missing, before anything is announced
        if isinstance(error, NoIndexError):
            say(f"no index yet; building it from {settings.seeds_folder}")
        else:
            problem = str(error).partition("; run:")[0]  # what it asks people to run is done here
            say(f"{problem}; rebuilding the index")
        report = _rebuild_or_wait(settings)
        if report.refused:
            raise StoreError(refusal(report)) from None
        if report.published:
            counts = report.manifest.counts
            say(f"indexed {many(counts.sentences, 'sentence')} of {many(counts.documents, 'document')}")
        return open_live(settings, say, while_loading=while_loading)


def _rebuild_or_wait(settings: Settings) -> "Report":
    """Rebuild, or wait for the process that is already rebuilding, after which nothing is left to do."""
    try:
        return run_rebuild(settings)
    except BusyError:
        say("another process is building the index; waiting for it")
        return run_rebuild(settings, wait=True)


def refusal(report: "Report") -> str:
    """Say in one line why the gate kept a new generation from going live, and how to publish it anyway."""
    assert report.verdict is not None  # noqa: S101 - a refusal has one
    rule = report.verdict.rule
    stays = f"{report.live.generation} stays live" if report.live else "there is still no index"
    failed = many(len(report.verdict.blocking), "golden question")
    failed += " failed" if rule == "pass" else " passed before and failed now"
    return f'not published, {stays}: {failed} (gate = "{rule}"); to publish it anyway: footnote rebuild --no-gate'


def compile_models(settings: Settings) -> str:
    """Compile the models that the settings name, if that is still to do; return the embedding model's fingerprint.

    Raises ModelError, StoreError.
    """
    from retrieval.encoding import index_cross_encoder, model_cache
    from retrieval.store import write_lock

    folder, cache, source = settings.index_folder, settings.model_cache_folder, models.find_verified(settings.model)
    fingerprint = models.fingerprint(source)
    with write_lock.writing(folder, wait=True), progress() as show:
        model_cache.prepare(source, folder, fingerprint, show, cache=cache)
        if settings.ranker.cross_encoder:
            index_cross_encoder.prepare(folder, settings.ranker.cross_encoder, show, cache)
    return fingerprint
