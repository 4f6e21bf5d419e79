"""Ask real questions about real collections: python -m tests.benchmarks.wild FOLDER [--cache FOLDER] [--only NAME …].

FOLDER has, for each collection, the documents in NAME/ and golden questions in NAME.jsonl. They are asked with the
shipped settings (FOOTNOTE_… variables change them) and judged by what is shown. Prints the verdicts for each collection
and for each kind of question; --cases adds every question, --json prints everything as JSON instead. --howto asks other
questions: those of tests/golden/howto_NAME.yaml, also about the documentation of this project.

Indexes are kept in the cache folder and brought up to date. When the code that reads, splits and indexes documents
changes, documents are read again; windows whose text stays the same keep their vectors.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answering_stack import open_live
from bot.building import run_rebuild
from bot.report.verdict_table import format_tallies, named_kinds
from bot.showing.safe_text import one_line
from bot.showing.terminal import progress, say
from config.settings import DEFAULTS, load_settings
from retrieval.measuring.golden import read_golden
from retrieval.measuring.quotable import UnquotableFragment, count_fragments, find_unquotable, unquotable_json
from retrieval.measuring.tallies import count_by_kind, count_cases, tally_json
from retrieval.measuring.verdicts import GoldenCase, golden_json, run_golden
from retrieval.measuring.visible_text import shown_text
from retrieval.types import Quote
from retrieval.upkeep import changes
from tests.support.paths import ROOT

BUILDERS = ("text", "reading", "index")  # packages of retrieval that decide the content of an index
SHOWN_LENGTH = 400  # characters of a passage that --cases prints


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Golden questions about the documents of a folder; `index` names the index in the cache."""

    name: str
    documents: Path
    golden: Path
    index: str


@dataclass(frozen=True, slots=True)
class SetResult:
    """The cases of a set of questions, the number of its fragments, and those that cannot be quoted."""

    name: str
    cases: list[GoldenCase]
    fragments: int
    unquotable: list[UnquotableFragment]
    threshold: float


def main() -> int:
    """Print the tables or the JSON."""
    parser = argparse.ArgumentParser(description="Ask real questions about real collections.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where indexes are kept")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="collections to ask; default: all")
    parser.add_argument("--howto", action="store_true", help="ask tests/golden/howto_NAME.yaml instead of NAME.jsonl")
    parser.add_argument("--cases", action="store_true", help="print every question")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = find_howto_sets(options.folder) if options.howto else find_sets(options.folder)
    sets = [questions for questions in found if not options.only or questions.index in options.only]
    if not sets:
        parser.error(f"{options.folder} has no such collection with its questions: NAME/ and NAME.jsonl")
    results = [ask_set(questions, options.cache) for questions in sets]
    if options.json:
        print(json.dumps(results_json(results), ensure_ascii=False, indent=1))
    else:
        print_results(results, with_cases=options.cases)
    return 0


def default_cache() -> Path:
    """Return the folder for the indexes of this checkout below the system's temporary folder."""
    return Path(tempfile.gettempdir()) / f"footnote-wild-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"


def find_sets(folder: Path) -> list[QuestionSet]:
    """Find the collections of a folder that have questions, by name."""
    files = [file for file in sorted(folder.glob("*.jsonl")) if file.with_suffix("").is_dir()]
    return [QuestionSet(file.stem, file.with_suffix(""), file, file.stem) for file in files]


def find_howto_sets(folder: Path) -> list[QuestionSet]:
    """Find our own questions about the collections of a folder, and about the documentation of this project."""
    named = [(file, file.stem.partition("_")[2]) for file in sorted((ROOT / "tests" / "golden").glob("howto_*.yaml"))]
    documents = {name: ROOT / "docs" if name == "footnote" else folder / name for _, name in named}
    return [
        QuestionSet(f"howto {name}", documents[name], file, name) for file, name in named if documents[name].is_dir()
    ]


def builder_checksum() -> int:
    """Compute a checksum of the code that decides what an index contains."""
    files = [file for name in BUILDERS for file in sorted((ROOT / "retrieval" / name).rglob("*.py"))]
    return zlib.crc32(b"\0".join(file.read_bytes() for file in [ROOT / "retrieval" / "types.py", *files]))


def ask_set(questions: QuestionSet, cache: Path) -> SetResult:
    """Bring the index of a collection up to date, and ask its questions."""
    started = time.monotonic()
    golden = read_golden(questions.golden)
    changes.BUILDER_VERSION = builder_checksum()  # an index made by other code is out of date
    settings = load_settings(DEFAULTS, seeds=str(questions.documents), index=str(cache / questions.index))
    run_rebuild(settings, wait=True)
    built = time.monotonic()
    stack = open_live(settings, say)
    with progress() as show:
        cases = run_golden(golden, stack.retriever, stack.threshold, show)
    asked = time.monotonic()
    unquotable = find_unquotable(stack.retriever.index, stack.manifest.rejected_files, golden)
    say(f"{questions.name}: {built - started:.0f} s for the index, {asked - built:.0f} s for {len(golden)} questions")
    return SetResult(questions.name, cases, count_fragments(golden), unquotable, stack.threshold)


def results_json(results: Sequence[SetResult]) -> dict[str, Any]:
    """Convert everything to JSON."""
    cases = [case for result in results for case in result.cases]
    return {
        "total": tally_json(count_cases(cases)),
        "kinds": {kind: tally_json(tally) for kind, tally in count_by_kind(cases).items()},
        "sets": {
            result.name: {
                **tally_json(count_cases(result.cases)),
                "threshold": result.threshold,
                "fragments": result.fragments,
                "not_quotable": unquotable_json([case.golden for case in result.cases], result.unquotable),
                "cases": golden_json(result.cases)["cases"],
            }
            for result in results
        },
    }


def print_results(results: Sequence[SetResult], *, with_cases: bool) -> None:
    """Print the verdicts of each set and of each kind, and which fragments cannot be quoted."""
    cases = [case for result in results for case in result.cases]
    if with_cases:
        for result in results:
            for case in result.cases:
                print_case(result.name, case)
    total = ("total", count_cases(cases))
    print("\n".join(format_tallies([*((result.name, count_cases(result.cases)) for result in results), total])))
    print()
    print("\n".join(format_tallies(named_kinds(cases))))
    print()
    for result in results:
        missing, share = len(result.unquotable), len(result.unquotable) / max(result.fragments, 1)
        print(f"{result.name}: {missing} of {result.fragments} fragments ({share:.0%}) cannot be quoted now")
        for fragment in result.unquotable:
            reason = f"{fragment.answer.document} {fragment.reason}: {fragment.fragment}"
            if with_cases or fragment.answer.quotable:
                print(f"  {one_line(reason)}")


def print_case(name: str, case: GoldenCase) -> None:
    """Print a question, the verdict, what was shown first, and what was expected."""
    rank = f", right at {case.right_rank}" if case.right_rank else ""
    kind = case.golden.kind or "no kind"
    print(f"{case.verdict.upper()} ({name}, {kind}, {case.answer.confidence:.2f}{rank}) {case.golden.question}")
    if quote := case.given or (case.best[0] if case.best else None):
        print(f"  {'shown' if case.given else 'first'}: {describe(quote)}")
    for answer in case.golden.answers:
        print(f"  expected: {answer.document}: {one_line(' + '.join(answer.fragments))}")
    print()


def describe(quote: Quote) -> str:
    """Describe the place of a quote and what is shown of it, shortened."""
    shown = one_line(shown_text(quote))
    shown = shown if len(shown) <= SHOWN_LENGTH else shown[:SHOWN_LENGTH] + " …"
    return f"{quote.citation.document}:{quote.citation.line}: {shown}"


if __name__ == "__main__":
    sys.exit(main())
