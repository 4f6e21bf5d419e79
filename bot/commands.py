"""What each command does; returns the exit code."""

import datetime
import json
import re
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot import service
from bot.reply import UNSAFE, compose, one_line
from bot.terminal import console, prepare, print_reply, progress, say
from config.settings import RANKER, Settings
from retrieval.errors import ModelError, QuestionError
from retrieval.question import clean_question, in_context

if TYPE_CHECKING:
    from retrieval.records import Answer, Quote, Rejected

ANSWERED, NO_ANSWER, ERROR = 0, 1, 2
LISTED = 20  # entries of a list on a terminal; --json has them all


def ask(settings: Settings, question: str, *, as_json: bool, top: int | None, show_closest: bool, newest: bool) -> int:
    """Answer one question."""
    clean_question(question)  # a bad question is refused before anything is loaded
    ready = service.open_service(settings) if as_json else service.open_service(settings, prepare)
    started = time.perf_counter()
    wanted = top or settings.answer.top
    answer = ready.retriever.ask(question, top=wanted, threshold=ready.threshold, newest=newest)
    elapsed = (time.perf_counter() - started) * 1000
    if as_json:
        print_json(answer_json(answer, elapsed, show_closest=show_closest))
    else:
        print_reply(compose(answer, show_closest=show_closest))
    return ANSWERED if answer.answered else NO_ANSWER


def chat(settings: Settings, *, newest: bool) -> int:
    """Answer questions line by line until the end of input."""
    ready = service.open_service(settings)
    prompt = "› " if sys.stdin.isatty() else ""
    if prompt:
        import readline  # noqa: F401 - gives input() history and editing

        say("ask a question; an empty line or Ctrl-D ends")
    previous: str | None = None
    while True:
        try:
            line = input(prompt)
        except EOFError:
            return 0
        if not line.strip():
            if prompt:
                return 0
            continue
        try:
            asked = in_context(clean_question(line), previous, ready.retriever.index.language)
            answer = ready.retriever.ask(asked, top=settings.answer.top, threshold=ready.threshold, newest=newest)
        except QuestionError as error:
            say(str(error))
            continue
        previous = asked
        print_reply(compose(answer))
        console(sys.stdout).print()


def rebuild(settings: Settings, *, full: bool, dry_run: bool, as_json: bool) -> int:
    """Bring the index up to date, or say what that would change."""
    if dry_run:
        return _dry_run(settings, as_json=as_json)
    started = time.perf_counter()
    report = service.run_rebuild(settings, full=full)
    elapsed = time.perf_counter() - started
    counts, name = report.manifest["counts"], report.manifest["generation"]
    if as_json:
        changes = asdict(report.changes)
        rejected = [asdict(one) for one in report.rejected]
        facts = {
            "encoded_windows": report.encoded_windows,
            "why_full": report.why_full,
            "seconds": round(elapsed, 2),
        }
        if settings.ranker.cross_encoder:
            facts["compiled_cross_encoder"] = report.compiled_cross_encoder
        print_json(
            {"generation": name, "published": report.published, "counts": counts, "changes": changes} | facts
            | {"cut_sentences": report.manifest["cut_sentences"], "rejected": rejected}
        )  # fmt: skip
        return 0
    out = console(sys.stdout)
    if report.compiled_cross_encoder:
        out.print(f"The cross-encoder {one_line(settings.ranker.cross_encoder)} is compiled.")
    if not report.published:
        out.print(f"Nothing changed; {name} stays: {_counts(counts)}.")
    else:
        out.print(f"{name} is live after {elapsed:.1f} s: {_counts(counts)}.")
        found = f"{service.describe(report.changes)}, " if report.changes else ""
        out.print(f"Documents: {found}{report.changes.unchanged} unchanged.")
        out.print(f"Encoded {report.encoded_windows:,} of {counts['windows']:,} windows anew.")
        _warn_of_index(report.manifest)
    _list_rejected(list(report.rejected))
    return 0


def _dry_run(settings: Settings, *, as_json: bool) -> int:
    from retrieval.rebuild import preview
    from retrieval.second_stage import would_compile

    changes, rejected = preview(service.options(settings))
    second = settings.ranker.cross_encoder
    compiles = bool(second) and would_compile(settings.index_folder, second)
    if as_json:
        facts = {"compiles_cross_encoder": compiles} if second else {}
        print_json({"changes": asdict(changes), "rejected": [asdict(one) for one in rejected]} | facts)
        return 0
    out = console(sys.stdout)
    if compiles:
        out.print(f"A rebuild would compile the cross-encoder {one_line(second)}.")
    for name in ("added", "changed", "removed"):
        for document in getattr(changes, name):
            out.print(f"{name:8} {one_line(document)}")
    for old, new in changes.renamed:
        out.print(f"renamed  {one_line(old)} → {one_line(new)}")
    out.print(f"A rebuild would see: {service.describe(changes)}; {changes.unchanged} unchanged. Nothing was written.")
    _list_rejected(rejected)
    return 0


def status(settings: Settings, *, as_json: bool) -> int:
    """Show the live generation."""
    from retrieval import changes, store
    from retrieval.ranker import read_ranker
    from retrieval.records import Rejected

    opened = store.open_index(settings.index_folder)
    manifest = opened.manifest
    seeds = settings.seeds_folder
    found = changes.since(seeds, manifest) if seeds.is_dir() else None
    ranker = read_ranker(RANKER)
    threshold = service.threshold(settings, ranker)
    point = ranker.point_at(threshold)
    second = _second_stage(settings)
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(manifest["created"])
    if as_json:
        kept = ("generation", "created", "model", "fingerprint", "counts", "recall", "cut_sentences", "sharpened")
        facts: dict[str, Any] = {name: manifest[name] for name in kept}
        facts |= {"index": str(settings.index_folder), "seeds": str(seeds), "threshold": threshold}
        facts |= {"stale": None if found is None else bool(found), "changes": None if found is None else asdict(found)}
        facts |= {"operating_point": asdict(point) if point else None}
        facts |= {"cross_encoder": second} if second else {}
        print_json(facts | {"warning": opened.warning, "rejected": _as_objects(manifest["rejected"])})
        return 0
    out = console(sys.stdout)
    stale = f"{seeds} is missing" if found is None else service.describe(found) if found else "no"
    rows = {
        "generation": f"{manifest['generation']}, made {_age(age)} ago ({manifest['created']})",
        "documents": _counts(manifest["counts"]),
        "model": f"{manifest['model']} ({manifest['fingerprint']})",
        **({"cross-encoder": f"{second['name']} ({second['fingerprint'] or 'not usable'})"} if second else {}),
        "threshold": f"{threshold:.2f}",
        "expected": service.describe_point(point),
        "sharpened": _sharpened(manifest),
        "recall": f"{manifest['recall']:.3f} of exact search",
        "stale": stale,
        "seeds": str(seeds),
        "index": str(settings.index_folder),
    }
    width = max(11, *map(len, rows))
    for name, value in rows.items():
        out.print(f"{name:{width}} {one_line(value)}", soft_wrap=True)
    for warning in (opened.warning, second and second["warning"]):
        if warning:
            say(warning)
    _warn_of_index(manifest)
    _list_rejected([Rejected(path, reason) for path, reason in manifest["rejected"]])
    return 0


def _second_stage(settings: Settings) -> dict[str, str | None]:
    """Return the name of the cross-encoder, its fingerprint, and why it cannot be used if so; empty when it is off."""
    from retrieval import second_stage

    name = settings.ranker.cross_encoder
    if not name:
        return {}
    try:
        return {"name": name, "fingerprint": second_stage.find(settings.index_folder, name), "warning": None}
    except ModelError as error:
        return {"name": name, "fingerprint": None, "warning": str(error)}


def rollback(settings: Settings, generation: str | None) -> int:
    """Make an older generation the live one."""
    from retrieval import store

    opened = store.rollback(settings.index_folder, generation)
    out = console(sys.stdout)
    out.print(
        f"{opened.index.generation} of {opened.manifest['created']} is live: {_counts(opened.manifest['counts'])}."
    )
    out.print("The next rebuild brings the index up to date with the documents again.")
    return 0


def verify(settings: Settings) -> int:
    """Check the live generation, its model, and every quote against the documents on disk."""
    from retrieval.verify import verify_index

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
        out.print(f"{len(result.changed)} documents changed or vanished since: {', '.join(result.changed[:LISTED])}")
    for problem in result.problems:
        say(problem)
    return NO_ANSWER if result.problems else 0


def answer_json(answer: "Answer", elapsed_ms: float, *, show_closest: bool) -> dict[str, Any]:
    """Return an answer as `ask --json` prints it; `sources_differ` is there only when they do."""
    content: dict[str, Any] = {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "threshold": round(answer.threshold, 4),
        "quotes": [quote_json(quote) for quote in answer.quotes],
        "generation": answer.generation,
        "elapsed_ms": round(elapsed_ms, 2),
    }
    if answer.sources_differ:
        content["sources_differ"] = True
    if show_closest and not answer.answered:
        content["closest"] = [quote_json(quote) for quote in answer.closest]
    return content


def quote_json(quote: "Quote") -> dict[str, Any]:
    """Return a quote as `ask --json` prints it; `also` is there only when other places say the same."""
    facts = {"text": quote.text, "before": quote.before, "after": quote.after, "score": round(quote.score, 4)}
    also = {"also": [asdict(citation) for citation in quote.also]} if quote.also else {}
    return {**facts, "citation": asdict(quote.citation), **also}


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object; characters that could mislead a terminal are escaped."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    print(UNSAFE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _counts(counts: dict[str, int]) -> str:
    return f"{counts['documents']:,} documents, {counts['sentences']:,} sentences"


def _age(age: datetime.timedelta) -> str:
    for unit, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if age.total_seconds() >= 2 * seconds:
            return f"{age.total_seconds() / seconds:.0f} {unit}"
    return f"{max(age.total_seconds(), 0):.0f} seconds"


def _as_objects(rejected: list[list[str]]) -> list[dict[str, str]]:
    return [{"path": path, "reason": reason} for path, reason in rejected]


def _list_rejected(rejected: list["Rejected"]) -> None:
    out = console(sys.stdout)
    if rejected:
        out.print(f"{len(rejected)} files are not used:")
    for one in rejected[:LISTED]:
        out.print(f"  {one_line(one.path)}: {one_line(one.reason)}", soft_wrap=True)
    if len(rejected) > LISTED:
        out.print(f"  … and {len(rejected) - LISTED} more (status --json has all)")


def _sharpened(manifest: dict[str, Any]) -> str:
    """Return in words what golden questions did to the confidence."""
    found = manifest["sharpened"]
    if not found:
        return "no golden questions are configured"
    told = f", AUROC {found['auroc']:.2f}" if found["auroc"] is not None else ""
    return (
        f"by {found['questions']} golden questions: log-odds {found['shift']:+.2f}; {found['answered']} are answered, "
        f"{found['right']} of these rightly{told}"
    )


def _warn_of_index(manifest: dict[str, Any]) -> None:
    """Say what the model cannot read well, and when golden questions show that its answers are not to be trusted."""
    sharpened = manifest["sharpened"]
    if sharpened and sharpened["overlap"]:
        say(
            f"of {sharpened['answered']} golden questions that are answered only {sharpened['right']} are answered "
            "rightly: answers and near misses score alike in these documents; raise answer.precision, and see what "
            "goes wrong with footnote eval"
        )
    if not manifest["knows_language"]:
        say(
            f"the model {manifest['model']} cuts the words of these documents into pieces of "
            f"{manifest['letters_per_piece']:.1f} letters: it hardly knows their language, and passages are found by "
            "their words mostly; a multilingual model is one line of config (see README, Languages)"
        )
    if manifest["cut_sentences"]:
        say(
            f"{manifest['cut_sentences']} sentences are longer than the model reads; their ends are found by words only"
        )
