"""What a rebuild is about to do, found out before anything is written."""

from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.asking.ranker import Ranker
from retrieval.encoding import models
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.index.index import Index
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.store import publishing
from retrieval.store.manifest import BuildSettings, Manifest
from retrieval.store.publishing import Opened
from retrieval.types import FileEntry, Rejected
from retrieval.upkeep.changes import Changes, build_settings, compare
from retrieval.upkeep.gate import Rule

NO_INDEX = "there is no index yet"
FULL = "--full"


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
    golden: Path | None = None  # golden questions for the confidence and the gate, which need the ranker
    ranker: Ranker | None = None
    precision: float = 0.85
    threshold: float | None = None  # from which golden questions are answered; None is that of the precision
    gate: Rule = "no worse"

    @property
    def settings(self) -> BuildSettings:
        """Return what, besides documents and model, decides the content of an index. Raises DataError."""
        return build_settings(self.language, self.max_bytes, self.golden, self.precision)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was found. Vectors are taken from `previous`; `live` is what answers now."""

    entries: list[FileEntry]
    unread: list[Rejected]
    source: Path  # of the model
    fingerprint: str
    live: Opened | None
    previous: Index | None
    why_full: str | None
    changes: Changes

    @property
    def manifest(self) -> Manifest | None:
        """Return the manifest of the live generation, None if there is none."""
        return self.live.manifest if self.live else None

    @property
    def announcement(self) -> str | None:
        """Return why a rebuild takes longer than the changed documents explain, None when nobody need be told."""
        if self.why_full in (None, NO_INDEX, FULL):
            return None
        kept = "windows that stay the same are kept" if self.previous else "everything is encoded anew"
        return f"{self.why_full}: {kept}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a rebuild would do. `windows` (about, at most) and `seconds` are None where nothing is known of them."""

    changes: Changes
    rejected: tuple[Rejected, ...]
    announcement: str | None
    windows: int | None
    seconds: float | None
    compiles: bool


def check_folders(options: Options) -> None:
    """Raise SeedsError when the folder of documents is missing, StoreError when the index would be inside it."""
    if not options.seeds.is_dir():
        list_files(options.seeds)
    if options.index.is_relative_to(options.seeds):
        raise StoreError(f"the index folder {options.index} must not be inside the seeds folder; name another --index")


def make_plan(options: Options, *, full: bool = False) -> Plan:
    """List the folder, open the live generation and compare; writes nothing.

    Raises SeedsError when the folder is missing, ModelError, DataError, StoreError.
    """
    check_folders(options)
    entries, unread = list_files(options.seeds)
    live, why_full = _open_live(options, full)
    source, fingerprint = _model(options, live, full)
    previous = live.index if live and not full and live.manifest.fingerprint == fingerprint else None
    why_full = why_full or _why_full(options, live, fingerprint)
    changes = compare(entries, live.manifest.sources if live else {})
    return Plan(entries, unread, source, fingerprint, live, previous, why_full, changes)


def preview(options: Options, *, full: bool = False) -> Forecast:
    """Return what a rebuild would find and about how long it would take; writes nothing, takes no lock.

    Raises as make_plan does.
    """
    plan = make_plan(options, full=full)
    wanted = {*plan.changes.added, *plan.changes.changed}
    if plan.announcement:  # other settings may reject other files
        wanted = {entry.id for entry in plan.entries}
    reads = read_files([entry for entry in plan.entries if entry.id in wanted], options.max_bytes)
    rejected = [*plan.unread, *(one for one in reads if isinstance(one, Rejected))]
    kept = {entry.id for entry in plan.entries} - wanted
    rejected += [file for file in (plan.manifest.rejected_files if plan.manifest else ()) if file.path in kept]
    unusable = {one.path for one in rejected}
    changes = replace(plan.changes, added=tuple(name for name in plan.changes.added if name not in unusable))
    windows, seconds = _cost(plan, {*changes.added, *changes.changed})
    return Forecast(
        changes=changes,
        rejected=tuple(sorted(rejected, key=lambda one: one.path)),
        announcement=plan.announcement,
        windows=windows,
        seconds=seconds,
        compiles=not models.compiled_folder(options.index, plan.fingerprint).is_dir(),
    )


def _cost(plan: Plan, wanted: set[str]) -> tuple[int | None, float | None]:
    """Return about how many windows would be encoded at most, and the seconds that earlier rebuilds let expect."""
    manifest = plan.manifest
    indexed = sum(source.size for source in manifest.sources.values()) if manifest else 0
    if manifest is None or not indexed:
        return None, None
    every = plan.previous is None
    size = sum(entry.size for entry in plan.entries if every or entry.id in wanted)
    windows = round(size * manifest.counts.windows / indexed)
    if size and not windows:
        windows = 1
    pace = manifest.pace
    if not pace or not pace.windows:
        return windows, None
    return windows, pace.rest + windows * pace.encoding / pace.windows


def _open_live(options: Options, full: bool) -> tuple[Opened | None, str | None]:
    """Return what is live, and why everything is looked at anew if that is known already."""
    try:
        opened = publishing.open_index(options.index)
    except NoIndexError:
        return None, NO_INDEX
    except DamagedIndexError as error:
        return None, str(error)
    except StoreError:
        if not full:
            raise
        return None, FULL
    return opened, FULL if full else opened.warning


def _model(options: Options, live: Opened | None, full: bool) -> tuple[Path, str]:
    """Return the folder of the model and its fingerprint, that of before where no file of it was touched."""
    source = models.find(options.model)
    if live and not full and live.manifest.model_files == models.signature(source):
        return source, live.manifest.fingerprint
    source = models.find_verified(options.model)
    return source, models.fingerprint(source)


def _why_full(options: Options, live: Opened | None, fingerprint: str) -> str | None:
    """Return what besides documents changed since the live generation was made, None if nothing did."""
    if live is None:
        return None
    if live.manifest.fingerprint != fingerprint:
        return f"the model changed to {options.model}"
    if live.manifest.settings != options.settings:
        return "the settings or the version of Footnote changed"
    return None
