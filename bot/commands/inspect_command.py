"""What `footnote status`, `diff`, `verify` and `rollback` do; returns the exit code."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from bot import answering_stack
from bot.index_notices import quality_notices
from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import LIST_LIMIT, console, print_json, print_list, print_rejected, progress, say
from bot.showing.wording import age, collection_name, list_counts, sizes
from config.settings import RANKER, Settings
from retrieval.errors import ModelError, NoIndexError

if TYPE_CHECKING:
    from retrieval.asking.ranker import OperatingPoint
    from retrieval.store.history import DocumentDiff, StoredGeneration
    from retrieval.store.manifest import Manifest
    from retrieval.store.opening import Opened
    from retrieval.upkeep.changes import Changes


def status(settings: Settings, *, as_json: bool) -> int:
    """Show the live generation and the others that are kept."""
    from retrieval.asking.ranker import read_ranker
    from retrieval.store import history, opening
    from retrieval.upkeep import changes

    opened = opening.open_index(settings.index_folder)
    manifest, seeds = opened.manifest, settings.seeds_folder
    found = changes.changes_since(seeds, manifest) if seeds.is_dir() else None
    ranker = read_ranker(RANKER)
    threshold = answering_stack.answer_threshold(settings, ranker)
    point = ranker.point_at(threshold)
    second = _second_stage(settings)
    kept = history.list_generations(settings.index_folder)
    if as_json:
        print_json(_status_json(settings, opened, found, threshold, point, second, kept))
        return SUCCESS
    rows = _rows(settings, opened, found, threshold, point, second)
    width = max(11, *map(len, rows))
    out = console(sys.stdout)
    for name, value in rows.items():
        out.print(f"{name:{width}} {one_line(value)}", soft_wrap=True)
    for one in kept:
        out.print(f"{'kept':{width}} {one_line(_kept(one))}", soft_wrap=True)
    for warning in (opened.warning, second and second["warning"], *quality_notices(manifest)):
        if warning:
            say(warning)
    print_rejected(manifest.rejected_files)
    return SUCCESS


def diff(settings: Settings, old: str, new: str | None, *, as_json: bool) -> int:
    """Show what differs between two generations, the live one when only one is named."""
    from retrieval.store import history, layout

    folder = settings.index_folder
    new = new or layout.current(folder)
    if new is None:
        raise NoIndexError(f"there is no index in {folder}; run footnote rebuild")
    found = history.diff_generations(folder, old, new)
    added, removed = found.sentences
    if as_json:
        print_json({"from": old, "to": new, "sentences": {"added": added, "removed": removed}} | asdict(found))
        return SUCCESS
    out = console(sys.stdout)
    for kind in ("added", "changed", "removed"):
        print_list([_counted(one) for one in getattr(found, kind)], f"{kind:8} ")
    print_list([f"{before} → {after}" for before, after in found.renamed], "renamed  ")
    for one in found.changed[:LIST_LIMIT]:
        out.print(one_line(one.document), soft_wrap=True)
        print_list(one.removed, "  − ")
        print_list(one.added, "  + ")
    counts = f"{len(found.added)} added, {len(found.changed)} changed, {len(found.removed)} removed, "
    counts += f"{len(found.renamed)} renamed, {found.unchanged} unchanged"
    out.print(f"{old} → {new}: documents: {counts}; sentences: {added:,} added, {removed:,} removed.", soft_wrap=True)
    return SUCCESS


def rollback(settings: Settings, generation: str | None) -> int:
    """Make an older generation the live one."""
    from retrieval.store import publishing

    opened = publishing.rollback(settings.index_folder, generation)
    out = console(sys.stdout)
    size = sizes(opened.manifest.counts.documents, opened.manifest.counts.sentences)
    out.print(f"{opened.index.generation} of {opened.manifest.created} is live: {size}.")
    out.print("The next rebuild brings the index up to date with the documents again.")
    return SUCCESS


def verify(settings: Settings) -> int:
    """Check the live generation, its model, and every quote against the documents on disk."""
    from retrieval.upkeep.verify import verify_index

    with progress() as show:
        result = verify_index(
            settings.index_folder, settings.seeds_folder, show, cross_encoder=settings.ranker.cross_encoder
        )
    out = console(sys.stdout)
    out.print(
        f"{result.generation}: {result.files} files match their checksums; {result.quotes:,} quotes are in the stored"
        f" text, {result.on_disk:,} of them character for character in the files of {settings.seeds_folder}."
    )
    if result.changed:
        out.print(
            f"{len(result.changed)} documents changed or vanished since: {', '.join(result.changed[:LIST_LIMIT])}"
        )
    for problem in result.problems:
        say(problem)
    return CHECK_FAILED if result.problems else SUCCESS


def _status_json(
    settings: Settings,
    opened: "Opened",
    found: "Changes | None",
    threshold: float,
    point: "OperatingPoint | None",
    second: dict[str, str | None],
    kept: "list[StoredGeneration]",
) -> dict[str, Any]:
    """Return what `status --json` prints."""
    manifest = opened.manifest
    names = ("generation", "created", "model", "fingerprint", "counts", "recall", "cut_sentences")
    facts: dict[str, Any] = {name: to_builtins(getattr(manifest, name)) for name in names}
    facts |= {"sharpened": to_builtins(manifest.calibration)}
    facts |= {"index": str(settings.index_folder), "seeds": str(settings.seeds_folder), "threshold": threshold}
    facts |= {"collections": _collections(opened)}
    facts |= {"stale": None if found is None else bool(found), "changes": None if found is None else asdict(found)}
    facts |= {"operating_point": asdict(point) if point else None}
    facts |= {"cross_encoder": second} if second else {}
    facts |= {"golden": to_builtins(manifest.golden), "generations": [asdict(one) for one in kept]}
    rejected = [asdict(file) for file in manifest.rejected_files]
    return facts | {"warning": opened.warning, "rejected": rejected}


def _rows(
    settings: Settings,
    opened: "Opened",
    found: "Changes | None",
    threshold: float,
    point: "OperatingPoint | None",
    second: dict[str, str | None],
) -> dict[str, str]:
    """Return what `status` shows of the live generation, by the names of its rows."""
    manifest, seeds = opened.manifest, settings.seeds_folder
    collections = [f"{collection_name(name)} {count:,}" for name, count in _collections(opened).items()]
    stale = f"{seeds} is missing" if found is None else list_counts(found.counts) if found else "no"
    return {
        "generation": f"{manifest.generation}, made {age(manifest.created)} ago ({manifest.created})",
        "documents": sizes(manifest.counts.documents, manifest.counts.sentences),
        "collections": ", ".join(collections[:LIST_LIMIT] + (["…"] if len(collections) > LIST_LIMIT else [])),
        "model": f"{manifest.model} ({manifest.fingerprint})",
        **({"cross-encoder": f"{second['name']} ({second['fingerprint'] or 'not usable'})"} if second else {}),
        "threshold": f"{threshold:.2f}",
        "expected": _expected(point),
        "sharpened": _sharpened(manifest),
        "recall": f"{manifest.recall:.3f} of exact search",
        "stale": stale,
        "seeds": str(seeds),
        "index": str(settings.index_folder),
    }


def _collections(opened: "Opened") -> dict[str, int]:
    """Return the collections and how many documents each has."""
    from retrieval.index.scope import Scopes

    return dict(Scopes(opened.index).collections)


def _expected(point: "OperatingPoint | None") -> str:
    """Word what a threshold means for the share of right answers."""
    if point is None:
        return "unknown, since the threshold is lower than any that was measured"
    return (
        f"{point.precision:.0%} of the answers right; {point.answerable_answered:.0%} of the questions with an answer "
        f"answered, {point.unanswerable_answered:.0%} of those without (measured on encyclopaedia articles)"
    )


def _sharpened(manifest: "Manifest") -> str:
    """Return in words what golden questions did to the confidence, and how many pass."""
    calibration, golden = manifest.calibration, manifest.golden
    if not calibration:
        return "no golden questions are configured"
    auroc = f", AUROC {calibration.auroc:.2f}" if calibration.auroc is not None else ""
    passed = f"; {golden.questions - len(golden.failed)} pass" if golden else ""
    return (
        f"by {calibration.questions} golden questions: log-odds {calibration.shift:+.2f}; {calibration.answered} are "
        f"answered, {calibration.right} of these rightly{auroc}{passed}"
    )


def _kept(one: "StoredGeneration") -> str:
    """Return a generation in a line: size, age, and what is special about it."""
    if one.problem:
        return f"{one.name}: {one.problem}"
    made = f", made {age(one.created)} ago" if one.created else ""
    marks = [mark for mark, is_so in (("live", one.live), ("in use", one.in_use)) if is_so]
    counts = f", {one.documents:,} documents, {one.sentences:,} sentences"
    return f"{one.name}: {one.bytes / 1_000_000:,.1f} MB{made}{counts}{''.join(f', {mark}' for mark in marks)}"


def _counted(one: "DocumentDiff") -> str:
    return f"{one.document} (+{len(one.added)} −{len(one.removed)} sentences)"


def _second_stage(settings: Settings) -> dict[str, str | None]:
    """Return the name of the cross-encoder, its fingerprint, and why it cannot be used if so; empty when it is off."""
    from retrieval.encoding import index_cross_encoder

    name = settings.ranker.cross_encoder
    if not name:
        return {}
    try:
        return {"name": name, "fingerprint": index_cross_encoder.find(settings.index_folder, name), "warning": None}
    except ModelError as error:
        return {"name": name, "fingerprint": None, "warning": str(error)}
