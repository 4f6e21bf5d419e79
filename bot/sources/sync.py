"""Sync one source: fetch it into a hidden folder, check the result, switch its folder of documents."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bot.sources import switching
from bot.sources.budget import Budget
from bot.sources.credentials import without_secret
from bot.sources.guarded_http import HttpClient, Resolve, resolve
from bot.sources.source_manifest import Manifest, read_manifest, source_folder
from bot.sources.staging import Plan, Stage, clear
from bot.sources.sync_errors import SyncError
from config.sync_settings import GitSource, SiteSource, Source, SyncSettings, WikiSource
from retrieval import files
from retrieval.reading.file_metadata import FILES_METADATA
from retrieval.reading.folder import KEPT_FOLDER
from retrieval.types import Rejected

NOT_FETCHED = {  # settings of a source that do not decide what its files contain
    "name", "folder", "title", "version", "token_variable", "user", "url", "allow_private_addresses", "delay_s",
    "grace", "include", "exclude", "prefixes", "namespaces", "categories",
}  # fmt: skip


class SourceReport(msgspec.Struct, frozen=True):
    """What the sync of one source did; paths are below its folder."""

    name: str
    folder: str
    added: list[str] = []
    changed: list[str] = []
    removed: list[str] = []
    unchanged: int = 0
    skipped: list[Rejected] = []
    ignored: int = 0  # files of formats that cannot be read
    state: dict[str, str] = {}
    seconds: float = 0.0
    error: str = ""

    @property
    def has_changes(self) -> bool:
        """Return whether any document is not what it was."""
        return bool(self.added or self.changed or self.removed)


class Place(msgspec.Struct, frozen=True):
    """Where to sync to, and within which limits."""

    seeds: Path
    limits: SyncSettings
    max_file_bytes: int
    resolve: Resolve = resolve
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep


def sync_source(source: Source, place: Place, *, dry_run: bool = False, accept_deletions: bool = False) -> SourceReport:
    """Sync a source, or only say what that would change. Every failure is the `error` of the report.

    A dry run changes no document and no manifest, and undoes nothing. After a failure, the folder of the source is as
    it was before.
    """
    started = place.clock()
    try:
        report = _sync(source, place, dry_run=dry_run, accept_deletions=accept_deletions)
    except SyncError as error:
        report = SourceReport(source.name, source.target, error=without_secret(str(error), source))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        report = SourceReport(source.name, source.target, error=f"{error.strerror or error}{where}")
    except Exception as error:  # whatever a server sends, the other sources are synced
        report = SourceReport(source.name, source.target, error=f"unexpected {type(error).__name__}")
    return msgspec.structs.replace(report, seconds=round(place.clock() - started, 2))


def _sync(source: Source, place: Place, *, dry_run: bool, accept_deletions: bool) -> SourceReport:
    live, own = place.seeds / source.target, source_folder(place.seeds, source.name)
    _check_folder(place.seeds, source.target)
    files.make_folder(own)
    origin = _origin(source)
    read_manifest(place.seeds, source.name, source.target, origin)  # before anything is undone in another folder
    if not dry_run:
        switching.undo(own, live)
    elif switching.find_unfinished(own):
        raise SyncError("an earlier sync broke off, and a dry run undoes nothing; sync without --dry-run first")
    manifest = read_manifest(place.seeds, source.name, source.target, origin)
    staging = own / switching.STAGING
    clear(staging)
    try:
        stage = Stage(staging / switching.NEW, live, manifest, place.limits.max_files, place.max_file_bytes)
        state = _fetch(source, place, stage, own, staging if dry_run else own)
        if not stage.files:
            raise SyncError(f"nothing to read was found there{_first_reason(stage)}; the folder stays as it is")
        plan = stage.finish()
        if not accept_deletions:
            _check_loss(stage, plan, place.limits.max_loss)
        if not dry_run:
            switching.switch(own, live, plan, Manifest(source.target, origin, state, stage.files))
    finally:
        if not (staging / switching.PLAN).exists():  # it is there only if undoing failed
            files.remove_tree(staging, quietly=True)
    return _report(source, stage, plan, state)


def _fetch(source: Source, place: Place, stage: Stage, own: Path, proposals: Path) -> dict[str, str]:
    """Fetch a source into a stage; returns where it stands now. Raises SyncError, OSError.

    Git objects are kept in `own` also by a dry run, as a cache; a wiki's proposals are written into another folder.
    """
    budget = Budget(place.limits.max_megabytes, place.limits.max_minutes, place.clock)
    client = HttpClient(
        budget, place.limits.timeout_s, allow_private=source.allow_private_addresses, resolve=place.resolve
    )
    try:
        match source:
            case GitSource():
                from bot.sources.git_source import fetch_git  # each kind has libraries of its own

                return fetch_git(source, client, budget, stage, own / "git")
            case SiteSource():
                from bot.sources.site_source import fetch_site

                return fetch_site(source, client, stage, place.wait)
            case WikiSource():
                from bot.sources.wiki_source import fetch_wiki

                return fetch_wiki(source, client, stage, proposals, place.wait)
    finally:
        client.close()


def _origin(source: Source) -> str:
    """Write down what decides what each file contains; of files of another origin only the checksum is known."""
    values = msgspec.to_builtins(source)
    return msgspec.json.encode({key: values[key] for key in sorted(values) if key not in NOT_FETCHED}).decode()


def _check_folder(seeds: Path, target: str) -> None:
    """Raise SyncError unless the folder of a source is a folder, or still to be made, without a link in its path.

    The folder of the answers that moderators keep is none, since a source could speak for them there.
    """
    if target.partition("/")[0].casefold() == KEPT_FOLDER:
        raise SyncError(f"the folder {KEPT_FOLDER} is for the answers that moderators keep; name another one")
    for length in range(1, target.count("/") + 2):
        folder = seeds.joinpath(*target.split("/")[:length])
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise SyncError(f"{folder} is no folder")


def _check_loss(stage: Stage, plan: Plan, max_loss: float) -> None:
    """Raise SyncError if the source lost more of its files, or of their bytes, than one sync may delete."""
    before = {path: file for path, file in stage.manifest.files.items() if path != FILES_METADATA}
    moved = set(plan.added.values())
    gone = [path for path in plan.removed if path in before and before[path].sha256 not in moved]
    if len(gone) > max_loss * len(before):
        raise SyncError(
            f"{len(gone):,} of {len(before):,} files would be deleted, more than sync.max_loss allows; "
            "if that is right: --accept-deletions"
        )
    old_size = sum(file.size for file in before.values())
    new_size = sum(file.size for path, file in stage.files.items() if path != FILES_METADATA)
    if new_size < (1 - max_loss) * old_size:
        raise SyncError(
            f"its files shrank from {old_size:,} to {new_size:,} bytes, more than sync.max_loss allows; "
            "if that is right: --accept-deletions"
        )


def _first_reason(stage: Stage) -> str:
    if stage.skipped:
        return f" ({stage.skipped[0].path}: {stage.skipped[0].reason})"
    return f" ({stage.ignored:,} files of formats that are not read)" if stage.ignored else ""


def _report(source: Source, stage: Stage, plan: Plan, state: dict[str, str]) -> SourceReport:
    added, changed, removed = (
        [path for path in paths if path != FILES_METADATA] for paths in (plan.added, plan.changed, plan.removed)
    )
    total = len(stage.files.keys() - {FILES_METADATA})
    return SourceReport(
        source.name,
        source.target,
        added,
        changed,
        removed,
        total - len(added) - len(changed),
        stage.skipped,
        stage.ignored,
        state,
    )
