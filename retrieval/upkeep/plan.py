"""Find out what a rebuild would do, before anything is written.

The folder and the live generation are only compared; documents are read for a preview alone.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from retrieval.asking.ranker import Ranker
from retrieval.encoding import model_cache, models
from retrieval.errors import DamagedIndexError, ModelError, NoIndexError, StoreError
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.glossary import read_glossary
from retrieval.store import opening
from retrieval.store.manifest import BuildSettings, Manifest, SourceState
from retrieval.store.opening import Opened
from retrieval.types import FileEntry, Glossary, Rejected
from retrieval.upkeep.changes import Changes, build_settings, changed_settings, document_changes, find_changes

GateRule = Literal["no worse", "pass", "off"]


@dataclass(frozen=True, slots=True)
class RebuildOptions:
    """What a rebuild depends on besides the documents."""

    seeds: Path
    index: Path
    model: str
    language: str
    max_bytes: int
    threads: int = 0
    model_cache: Path | None = None  # the folder of compiled models to share with other indexes, None for none
    reader: Path | None = None  # the folder of the reader, None for none; generations do not depend on it
    cross_encoder: str = ""  # "" for none; generations do not depend on it
    golden: Path | None = None  # golden questions for calibration and the gate; they need the ranker
    ranker: Ranker | None = None
    precision: float = 0.85
    threshold: float | None = None  # answer golden questions from this probability on; None: the one of the precision
    gate: GateRule = "no worse"
    newest_versions: bool = True  # only the newest version of a page answers golden questions that name none

    @property
    def settings(self) -> BuildSettings:
        """Return what decides the content of an index besides documents and model. Raises DataError."""
        return build_settings(self.language, self.max_bytes, self.golden, self.precision)


class Cause(Enum):
    """Why a rebuild cannot keep all unchanged documents as they are; the value is its wording."""

    NO_INDEX = "there is no index yet"
    REQUESTED = "--full"
    DAMAGED_INDEX = "{}"
    OTHER_MODEL = "the model changed to {}"
    OTHER_SETTINGS = "{} changed"
    DAMAGED_TOKENS = "the token vectors of {} are damaged"


@dataclass(frozen=True, slots=True)
class FullRebuildReason:
    """A cause and its detail: the damage, the name of the model or of the generation, or the changed settings."""

    cause: Cause
    detail: str = ""

    def __str__(self) -> str:
        return self.cause.value.format(self.detail)

    @property
    def expected(self) -> bool:
        """Return whether the user knows the reason already."""
        return self.cause in (Cause.NO_INDEX, Cause.REQUESTED)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rebuild found. It reuses vectors of `previous`; `live` is the generation that answers now."""

    entries: list[FileEntry]
    unlisted: list[Rejected]  # files that the listing itself rejected
    model_folder: Path
    fingerprint: str  # of the model
    live: Opened | None
    previous: EmbeddedIndex | None
    why_full: FullRebuildReason | None  # None if unchanged documents are kept as they are
    changes: Changes
    glossary: Glossary = ()

    @property
    def other_glossary(self) -> bool:
        """Tell whether the live generation has another glossary than the folder."""
        return self.live is not None and self.live.manifest.glossary != self.glossary

    @property
    def manifest(self) -> Manifest | None:
        """Return the manifest of the live generation, None if there is none."""
        return self.live.manifest if self.live else None

    @property
    def sources(self) -> dict[str, SourceState]:
        """Return the files of the live generation, none if there is none."""
        return self.live.manifest.sources if self.live else {}

    @property
    def announcement(self) -> str | None:
        """Say why a rebuild takes longer than the changed documents explain, None if the user knows."""
        if self.why_full is None or self.why_full.expected:
            return None
        effort = "windows that stay the same are kept" if self.previous else "all windows are encoded again"
        return f"{self.why_full}: {effort}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a rebuild would do. `windows` (about, at most) and `seconds` are None if no earlier rebuild tells."""

    changes: Changes
    rejected: tuple[Rejected, ...]
    other_glossary: bool
    announcement: str | None
    windows: int | None
    seconds: float | None
    compiles: bool


def check_folders(options: RebuildOptions) -> None:
    """Raise SeedsError if the seeds folder is missing, StoreError if the index folder is inside it."""
    if not options.seeds.is_dir():
        list_files(options.seeds)
    if options.index.is_relative_to(options.seeds):
        raise StoreError(f"the index folder {options.index} must not be inside the seeds folder; name another --index")


def make_plan(options: RebuildOptions, *, full: bool = False) -> Plan:
    """List the seeds folder, open the live generation and compare them. Writes nothing.

    Raises SeedsError if the folder is missing or its glossary invalid, ModelError, DataError, StoreError.
    """
    check_folders(options)
    entries, unlisted = list_files(options.seeds)
    glossary = read_glossary(options.seeds)
    live, why_full = _open_live(options, full)
    model_folder, fingerprint = _find_model(options, live, full)
    previous = live.index if live and not full and live.manifest.fingerprint == fingerprint else None
    return Plan(
        entries=entries,
        unlisted=unlisted,
        model_folder=model_folder,
        fingerprint=fingerprint,
        live=live,
        previous=previous,
        why_full=why_full or _compare_settings(options, live, fingerprint),
        changes=find_changes(entries, live.manifest.sources if live else {}),
        glossary=glossary,
    )


def reason_for_full_rebuild(options: RebuildOptions, live: Opened) -> FullRebuildReason | None:
    """Return why the next rebuild would not keep all unchanged documents of the live generation as they are.

    None if it would, unless token vectors are damaged, which takes longer to find out. Nothing is downloaded. Raises
    ModelError if the model of the generation is not on this machine, DataError.
    """
    if live.warning:
        return FullRebuildReason(Cause.DAMAGED_INDEX, live.warning)
    try:
        folder = models.find(options.model, download=False)
    except ModelError:
        if options.model == live.manifest.model:
            raise
        return FullRebuildReason(Cause.OTHER_MODEL, options.model)
    known = live.manifest.model_files == models.signature(folder)
    return _compare_settings(options, live, live.manifest.fingerprint if known else models.fingerprint(folder))


def preview(options: RebuildOptions, *, full: bool = False) -> Forecast:
    """Forecast what a rebuild would change and about how long it would take. Writes nothing, takes no lock.

    Raises what make_plan raises.
    """
    plan = make_plan(options, full=full)
    wanted = {*plan.changes.added, *plan.changes.changed, *(new for _, new in plan.changes.renamed)}
    if plan.announcement:  # other settings may reject other files
        wanted = {entry.id for entry in plan.entries}
    reads = read_files([entry for entry in plan.entries if entry.id in wanted], options.max_bytes)
    rejected = [*plan.unlisted, *(read for read in reads if isinstance(read, Rejected))]
    unread = {entry.id for entry in plan.entries} - wanted
    rejected += [file for file in (plan.manifest.rejected_files if plan.manifest else ()) if file.path in unread]
    usable = {entry.id for entry in plan.entries} - {file.path for file in rejected}
    changes = document_changes(plan.changes, plan.sources, usable)
    windows, seconds = _estimate(plan, {*changes.added, *changes.changed})
    return Forecast(
        changes=changes,
        rejected=tuple(sorted(rejected, key=lambda file: file.path)),
        other_glossary=plan.other_glossary,
        announcement=plan.announcement,
        windows=windows,
        seconds=seconds,
        compiles=model_cache.would_compile(options.index, plan.fingerprint, options.model_cache),
    )


def _estimate(plan: Plan, wanted: set[str]) -> tuple[int | None, float | None]:
    """Estimate the windows to encode, at most, and the seconds, by the size of the files and the last rebuild."""
    manifest = plan.manifest
    indexed = sum(source.size for source in manifest.sources.values()) if manifest else 0
    if manifest is None or not indexed:
        return None, None
    size = sum(entry.size for entry in plan.entries if plan.previous is None or entry.id in wanted)
    windows = round(size * manifest.counts.windows / indexed)
    if size and not windows:
        windows = 1
    pace = manifest.pace
    if not pace or not pace.windows:
        return windows, None
    return windows, pace.rest + windows * pace.encoding / pace.windows


def _open_live(options: RebuildOptions, full: bool) -> tuple[Opened | None, FullRebuildReason | None]:
    """Open the live generation; return it with the reason for a full rebuild that opening reveals."""
    try:
        opened = opening.open_index(options.index)
    except NoIndexError:
        return None, FullRebuildReason(Cause.NO_INDEX)
    except DamagedIndexError as error:
        return None, FullRebuildReason(Cause.DAMAGED_INDEX, str(error))
    except StoreError:
        if not full:
            raise
        return None, FullRebuildReason(Cause.REQUESTED)
    if full:
        return opened, FullRebuildReason(Cause.REQUESTED)
    return opened, FullRebuildReason(Cause.DAMAGED_INDEX, opened.warning) if opened.warning else None


def _find_model(options: RebuildOptions, live: Opened | None, full: bool) -> tuple[Path, str]:
    """Find the folder of the model and its fingerprint, which is known if none of its files was touched."""
    folder = models.find(options.model)
    if live and not full and live.manifest.model_files == models.signature(folder):
        return folder, live.manifest.fingerprint
    folder = models.find_verified(options.model)
    return folder, models.fingerprint(folder)


def _compare_settings(options: RebuildOptions, live: Opened | None, fingerprint: str) -> FullRebuildReason | None:
    """Return what changed besides documents since the live generation was built, None if nothing did."""
    if live is None:
        return None
    if live.manifest.fingerprint != fingerprint:
        return FullRebuildReason(Cause.OTHER_MODEL, options.model)
    changed = changed_settings(live.manifest.settings, options.settings)
    return FullRebuildReason(Cause.OTHER_SETTINGS, ", ".join(changed)) if changed else None
