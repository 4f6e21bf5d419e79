"""Switch the folder of a source to what was staged, so that a failure or a kill at any point can be undone.

staging/plan.json     written before the first change; while it is there, the switch is not complete
staging/new/          the new content, moved into the folder file by file
staging/old/          what it replaces, until the manifest is written, which completes the switch
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from bot.sources.source_manifest import MANIFEST, Manifest, encode_manifest, file_checksum
from bot.sources.staging import Plan
from bot.sources.sync_errors import SyncError
from retrieval import files

STAGING = "staging"
PLAN = "plan.json"
NEW, OLD = "new", "old"


def switch(own: Path, live: Path, plan: Plan, manifest: Manifest) -> None:
    """Carry out a plan; `own` is the hidden folder of the source, `live` its folder of documents.

    Raises SyncError after everything is as it was before.
    """
    staging = own / STAGING
    encoded = encode_manifest(manifest)
    plan = msgspec.structs.replace(plan, manifest=files.sha256_bytes(encoded))
    try:
        os.sync()  # the new content is on disk before anything depends on it
        files.write(staging / PLAN, msgspec.json.encode(plan))
        files.sync(staging)
        _move(staging, live, plan)
        os.sync()
        files.replace(own / MANIFEST, encoded)
    except OSError as error:
        undo(own, live)
        where = f" ({error.filename})" if error.filename else ""
        raise SyncError(f"its files cannot be written: {error.strerror or error}{where}") from None
    except SyncError:
        undo(own, live)
        raise
    files.remove_tree(staging, quietly=True)
    _remove_empty_folders(live, plan.removed)


def find_unfinished(own: Path) -> Plan | None:
    """Read the plan of a switch that was not completed, None if there is none."""
    try:
        plan = msgspec.json.decode((own / STAGING / PLAN).read_bytes(), type=Plan)
    except (FileNotFoundError, msgspec.MsgspecError):  # it was never written in full, so nothing was changed
        return None
    return None if file_checksum(own / MANIFEST) == plan.manifest else plan


def undo(own: Path, live: Path) -> None:
    """Bring back what a switch had changed that was not completed; without such a switch, do nothing.

    Raises SyncError if that is not possible now.
    """
    staging = own / STAGING
    plan = find_unfinished(own)
    if plan is None:
        return
    try:
        for path in plan.before:
            own_states = (None, plan.changed.get(path))  # anything else was put there by a person since then
            if os.path.lexists(staging / OLD / path) and file_checksum(live / path) in own_states:
                (live / path).parent.mkdir(parents=True, exist_ok=True)
                (staging / OLD / path).replace(live / path)
        for path, checksum in plan.added.items():
            if not (staging / NEW / path).exists() and file_checksum(live / path) == checksum:
                (live / path).unlink()
        _remove_empty_folders(live, list(plan.added))
        (staging / PLAN).unlink()
        os.sync()
    except OSError as error:
        problem = f"{error.strerror or error} ({error.filename})"
        raise SyncError(f"a sync that broke off cannot be undone: {problem}; the next sync tries again") from None


def _move(staging: Path, live: Path, plan: Plan) -> None:
    """Move the old files out and the new ones in. Raises OSError, and SyncError if a file is not what it was."""
    for path, checksum in plan.before.items():
        if file_checksum(live / path) != checksum:
            raise SyncError(f"{path} was changed here during the sync; sync again")
        target = staging / OLD / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path in plan.changed:  # the file stays in the folder until the new one takes its place
            if not files.link(live / path, target):
                shutil.copy2(live / path, target)
        else:
            (live / path).replace(target)
    for path in (*plan.added, *plan.changed):
        target = live / path
        if path in plan.added and os.path.lexists(target):
            raise SyncError(f"{path} was made here during the sync; sync again")
        target.parent.mkdir(parents=True, exist_ok=True)
        (staging / NEW / path).replace(target)


def _remove_empty_folders(live: Path, paths: list[str]) -> None:
    """Remove folders in which nothing is left after files were removed, up to the source's own folder."""
    parents = {parent for path in paths for parent in Path(path).parents if parent.parts}
    for parent in sorted(parents, key=lambda parent: len(parent.parts), reverse=True):
        with suppress(OSError):  # not empty, or gone
            (live / parent).rmdir()
