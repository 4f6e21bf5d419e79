"""Implement `footnote status`, `diff`, `rollback` and `verify`; each returns an exit code."""

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from bot import answering_stack, building
from bot.commands.announced_rebuild import announce
from bot.index_notices import quality_notices, unread_notice
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import (
    LIST_LIMIT,
    console,
    print_json,
    print_list,
    print_rejected,
    progress,
    rejected_json,
    say,
)
from bot.showing.wording import age, collection_name, list_counts, many, sizes
from config.settings import Settings
from retrieval.errors import DataError, ModelError, SeedsError, StoreError

if TYPE_CHECKING:
    from retrieval.asking.ranker import OperatingPoint
    from retrieval.store.history import DocumentDiff, StoredGeneration
    from retrieval.store.manifest import Manifest
    from retrieval.store.opening import Opened
    from retrieval.types import Glossary
    from retrieval.upkeep.changes import Changes

LABEL_WIDTH = 11  # columns, unless a label is longer


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What `status` shows of an index."""

    settings: Settings
    opened: "Opened"
    changes: "Changes | None"  # of the documents since the index was built; None if their folder is missing
    other_glossary: bool  # than the one that the index was built with
    why_full: str | None  # why the next rebuild would read all documents again, None if it would not
    unknown: str | None  # why that cannot be known, None if it can
    threshold: float
    point: "OperatingPoint | None"  # what was measured at the threshold
    cross_encoder: dict[str, str | None]  # name, fingerprint, and why it cannot be used; empty without one
    generations: "list[StoredGeneration]"


def status(settings: Settings, *, as_json: bool) -> int:
    """Print the state of the live generation and a line for each other one."""
    current = _read_status(settings)
    if as_json:
        print_json(_status_json(current))
        return SUCCESS
    manifest, rows = current.opened.manifest, _status_rows(current)
    width = max(LABEL_WIDTH, *map(len, rows))
    out = console(sys.stdout)
    if notice := unread_notice(manifest.rejected_files, manifest.counts.documents):
        out.print(one_line(notice), soft_wrap=True)
    for label, value in rows.items():
        out.print(f"{label:{width}} {one_line(value)}", soft_wrap=True)
    for generation in current.generations:
        out.print(f"{'on disk':{width}} {one_line(_describe_generation(generation))}", soft_wrap=True)
    warnings = (current.opened.warning, current.cross_encoder.get("warning"), *quality_notices(manifest))
    for warning in filter(None, warnings):
        say(warning)
    print_rejected(manifest.rejected_files)
    return SUCCESS


def diff(settings: Settings, old: str, new: str | None, *, as_json: bool) -> int:
    """Print the differences between two generations; `new` is the live one unless given."""
    from retrieval.store import history, layout

    folder = settings.index_folder
    new = new or layout.current(folder)
    layout.check_generation(folder, old)
    if new is None:
        raise StoreError(f"no generation in {folder} is live; name two of them")
    difference = history.diff_generations(folder, old, new)
    added, removed = difference.sentences
    if as_json:
        print_json({"from": old, "to": new, "sentences": {"added": added, "removed": removed}} | asdict(difference))
        return SUCCESS
    out = console(sys.stdout)
    for kind in ("added", "changed", "removed"):
        print_list([_describe_document(document) for document in getattr(difference, kind)], f"{kind:8} ")
    print_list([f"{before} → {after}" for before, after in difference.renamed], "renamed  ")
    for document in difference.changed[:LIST_LIMIT]:
        out.print(one_line(document.document), soft_wrap=True)
        print_list(document.removed, "  − ")
        print_list(document.added, "  + ")
    kinds = ("added", "changed", "removed", "renamed")
    counts = ", ".join(f"{len(getattr(difference, kind)):,} {kind}" for kind in kinds)
    out.print(
        f"{old} → {new}: documents: {counts}, {difference.unchanged:,} unchanged; "
        f"sentences: {added:,} added, {removed:,} removed.",
        soft_wrap=True,
    )
    return SUCCESS


def rollback(settings: Settings, generation: str | None) -> int:
    """Make an earlier generation live again, by default the one before the live one."""
    from retrieval.store import publishing

    _check_folders(settings)
    opened = publishing.rollback(settings.index_folder, generation)
    announce(settings)
    counts, created = opened.manifest.counts, opened.manifest.created
    out = console(sys.stdout)
    out.print(f"{opened.index.generation}, built {created}, is live: {sizes(counts.documents, counts.sentences)}.")
    out.print("The next rebuild brings the index up to date with the documents again.")
    return SUCCESS


def verify(settings: Settings) -> int:
    """Compare the live generation and its models with their checksums, and every quote with the documents."""
    from retrieval.upkeep.verify import verify_index

    _check_folders(settings)

    with progress() as show:
        result = verify_index(
            settings.index_folder, settings.seeds_folder, show, cross_encoder=settings.ranker.cross_encoder
        )
    out = console(sys.stdout)
    files, quotes = many(result.files, "file"), many(result.quotes, "quote")
    out.print(f"{result.generation}: {files} matched by checksum.")
    out.print(f"Found in the stored text, character for character: {quotes}.")
    out.print(f"Found also in the documents in {settings.seeds_folder}: {result.on_disk:,}.", soft_wrap=True)
    if result.changed:
        names = ", ".join([*result.changed[:LIST_LIMIT], *(["…"] if len(result.changed) > LIST_LIMIT else [])])
        count = many(len(result.changed), "document")
        out.print(one_line(f"{count} changed or disappeared since the index was built: {names}"))
    for problem in result.problems:
        say(problem)
    return CHECK_FAILED if result.problems else SUCCESS


def _check_folders(settings: Settings) -> None:
    """Raise SeedsError if the folder of the documents is missing, and no index of it is left either.

    Each folder has an index of its own, so that a mistyped folder would only be seen as an index that is missing.
    """
    from retrieval.reading.folder import list_files
    from retrieval.store import layout

    if settings.indexed_seeds is not None and not layout.generations(settings.index_folder):
        list_files(settings.seeds_folder)


def _read_status(settings: Settings) -> IndexStatus:
    from retrieval.store import history, opening
    from retrieval.upkeep.changes import changes_since

    _check_folders(settings)
    opened = opening.open_index(settings.index_folder)
    ranker = answering_stack.load_ranker(settings)
    why_full, unknown = _read_reason(settings, opened)
    glossary, invalid = _read_glossary(settings)
    threshold = answering_stack.answer_threshold(settings, ranker)
    return IndexStatus(
        settings=settings,
        opened=opened,
        changes=changes_since(settings.seeds_folder, opened.manifest) if settings.seeds_folder.is_dir() else None,
        other_glossary=glossary is not None and glossary != opened.manifest.glossary,
        why_full=why_full,
        unknown=unknown or invalid,
        threshold=threshold,
        point=ranker.point_at(threshold),
        cross_encoder=_read_cross_encoder(settings),
        generations=history.list_generations(settings.index_folder),
    )


def _read_reason(settings: Settings, opened: "Opened") -> tuple[str | None, str | None]:
    """Return why the next rebuild would read all documents again, or why that cannot be known, as of IndexStatus."""
    from retrieval.upkeep.plan import reason_for_full_rebuild

    try:
        reason = reason_for_full_rebuild(building.rebuild_options(settings), opened)
    except (DataError, ModelError) as error:  # without the golden questions or the model, nothing can be rebuilt
        return None, str(error)
    return None if reason is None else str(reason), None


def _read_glossary(settings: Settings) -> tuple["Glossary | None", str | None]:
    """Return the glossary of the documents, or why it cannot be used."""
    from retrieval.reading.glossary import read_glossary

    try:
        return read_glossary(settings.seeds_folder), None
    except SeedsError as error:
        return None, str(error)


def _read_cross_encoder(settings: Settings) -> dict[str, str | None]:
    from retrieval.encoding import index_cross_encoder

    name = settings.ranker.cross_encoder
    if not name:
        return {}
    try:
        return {"name": name, "fingerprint": index_cross_encoder.find(settings.index_folder, name), "warning": None}
    except ModelError as error:
        return {"name": name, "fingerprint": None, "warning": str(error)}


def _status_json(current: IndexStatus) -> dict[str, Any]:
    """Convert a status to the object of `status --json`."""
    settings, manifest, changes = current.settings, current.opened.manifest, current.changes
    names = ("generation", "created", "model", "fingerprint", "counts", "recall", "cut_sentences")
    content: dict[str, Any] = {name: to_builtins(getattr(manifest, name)) for name in names}
    content["sharpened"] = to_builtins(manifest.calibration)
    content |= {"index": str(settings.index_folder), "seeds": str(settings.seeds_folder)}
    content |= {"threshold": current.threshold, "collections": _count_collections(current.opened)}
    content["stale"] = (
        None if changes is None or current.unknown else bool(changes or current.why_full or current.other_glossary)
    )
    content["why_full"] = current.why_full
    content["changes"] = None if changes is None else asdict(changes)
    content["operating_point"] = to_builtins(current.point)
    if current.cross_encoder:
        content["cross_encoder"] = current.cross_encoder
    content["golden"] = to_builtins(manifest.golden)
    content["generations"] = [asdict(generation) for generation in current.generations]
    rejected = rejected_json(manifest.rejected_files)
    content["unread"] = unread_notice(manifest.rejected_files, manifest.counts.documents)
    return content | {"warning": current.opened.warning, "rejected": rejected}


def _status_rows(current: IndexStatus) -> dict[str, str]:
    """Word the status of the live generation as labels and values."""
    settings, manifest, second = current.settings, current.opened.manifest, current.cross_encoder
    collections = [f"{collection_name(name)}: {count:,}" for name, count in _count_collections(current.opened).items()]
    return {
        "generation": f"{manifest.generation}, built {age(manifest.created)} ago ({manifest.created})",
        "documents": sizes(manifest.counts.documents, manifest.counts.sentences),
        "collections": ", ".join(collections[:LIST_LIMIT] + (["…"] if len(collections) > LIST_LIMIT else [])),
        "model": f"{manifest.model} ({manifest.fingerprint})",
        **({"cross-encoder": f"{second['name']} ({second['fingerprint'] or 'unusable'})"} if second else {}),
        "threshold": f"{current.threshold:.2f}",
        "expected": _describe_point(current.point),
        "calibration": _describe_calibration(manifest),
        "recall": f"dense search finds {manifest.recall:.3f} of what exact search finds",
        "stale": _describe_staleness(current),
        "seeds": str(settings.seeds_folder),
        "index": str(settings.index_folder),
    }


def _count_collections(opened: "Opened") -> dict[str, int]:
    """Count the documents of each collection."""
    from retrieval.index.scope import Scopes

    return dict(Scopes(opened.index).collections)


def _describe_point(point: "OperatingPoint | None") -> str:
    """Word which shares of questions are answered at a threshold, and how many answers are right."""
    if point is None:
        return "unknown, since no threshold as low as this was measured"
    return (
        f"{point.precision:.0%} of the answers right; {point.answerable_answered:.0%} of the questions with an answer "
        f"answered, {point.unanswerable_answered:.0%} of those without (measured on manuals and encyclopaedia articles)"
    )


def _describe_calibration(manifest: "Manifest") -> str:
    """Word how golden questions changed the confidence, and how many of them pass."""
    calibration, golden = manifest.calibration, manifest.golden
    if not calibration:
        return "none, since no golden questions are set"
    auroc = f", AUROC {calibration.auroc:.2f}" if calibration.auroc is not None else ""
    passed = f"; {golden.questions - len(golden.failed)} pass" if golden else ""
    return (
        f"by {many(calibration.questions, 'golden question')}: log-odds {calibration.shift:+.2f}; "
        f"{calibration.answered} answered, {calibration.right} of them rightly{auroc}{passed}"
    )


def _describe_staleness(current: IndexStatus) -> str:
    if current.changes is None:
        return f"unknown, since {current.settings.seeds_folder} does not exist"
    parts = [list_counts(current.changes.counts)] if current.changes else []
    parts += ["the glossary changed"] if current.other_glossary else []
    parts += [f"{current.why_full}, so the next rebuild reads all documents again"] if current.why_full else []
    parts += [f"what else is unknown: {current.unknown}"] if current.unknown else []
    return "; ".join(parts) or "no"


def _describe_generation(generation: "StoredGeneration") -> str:
    """Word a generation in one line: size, age, contents, and whether it is live or in use."""
    if generation.problem:
        return f"{generation.name}: {generation.problem}"
    parts = [f"{generation.bytes / 1_000_000:,.1f} MB"]
    if generation.created:
        parts.append(f"built {age(generation.created)} ago")
    parts.append(sizes(generation.documents or 0, generation.sentences or 0))
    parts += ["live"] if generation.live else []
    parts += ["in use"] if generation.in_use else []
    return f"{generation.name}: {', '.join(parts)}"


def _describe_document(document: "DocumentDiff") -> str:
    return f"{document.document} (+{len(document.added):,} −{len(document.removed):,} sentences)"
