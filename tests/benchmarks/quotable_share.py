"""Print how much of real collections can be quoted: python -m tests.benchmarks.quotable_share FOLDER.

FOLDER has, for each collection, the documents in NAME/ and golden questions in NAME.jsonl.
The share counts letters and digits: those in blocks that can be quoted or that give context (headings, names of
columns), of all those in the files, whether they are read or not. A place is a fragment that answers a question and
that was marked `"quotable": false` when the questions were written.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from retrieval.measuring.visible_text import contains_fragment
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.text.locations import readable_text_at
from retrieval.text.sections import QUOTABLE
from retrieval.types import ReadDocument, Rejected

CONTEXT = ("heading", "header")
MAX_BYTES = 10_000_000


def main() -> int:
    """Print a line for each collection, with --missing every place that cannot be quoted."""
    parser = argparse.ArgumentParser(description="Print how much of real collections can be quoted.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--missing", action="store_true", help="print the places that cannot be quoted")
    options = parser.parse_args()
    for golden in sorted(options.folder.glob("*.jsonl")):
        if not golden.with_suffix("").is_dir():
            continue
        read = [read for read in read_folder(golden.with_suffix("")) if isinstance(read, ReadDocument)]
        total = sum(count_letters(file.read_text("utf-8", "replace")) for file in files_below(golden.with_suffix("")))
        kinds = Counter[str]()
        for file in read:
            for block in file.blocks:
                kinds[block.kind] += count_letters(file.document.text[block.start : block.end])
        quotable, context = (sum(kinds[kind] for kind in group) for group in (QUOTABLE, CONTEXT))
        texts = {file.document.id: quotable_text(file) for file in read}
        places = list(unquotable_places(golden))
        missing = [
            (document, fragment)
            for document, fragment in places
            if not contains_fragment(texts.get(document, ""), fragment)
        ]
        print(
            f"{golden.stem}: {len(read)} documents; {quotable / total:.1%} quotable, {context / total:.1%} context, "
            f"{kinds['aside'] / total:.1%} asides of {total:,} letters and digits; "
            f"{len(places) - len(missing)} of {len(places)} places can be quoted"
        )
        for document, fragment in missing if options.missing else ():
            print(f"  {document}: {fragment!r}")
    return 0


def files_below(folder: Path) -> list[Path]:
    """Return the files below a folder, whatever their format."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def read_folder(folder: Path) -> Iterator[ReadDocument | Rejected]:
    """Read the documents of a folder."""
    entries, _ = list_files(folder)
    yield from read_files(entries, MAX_BYTES)


def count_letters(text: str) -> int:
    """Count the letters and digits of a text."""
    return sum(map(str.isalnum, text))


def quotable_text(read: ReadDocument) -> str:
    """Join what can be quoted of a document, with a line for each block; rows as written and written out."""
    lines = []
    for block in read.blocks:
        if block.kind in QUOTABLE:
            lines.append(read.document.text[block.start : block.end])
            lines.append(readable_text_at(read.document, block.start, block.end) if block.kind == "row" else "")
    return "\n".join(lines)


def unquotable_places(golden: Path) -> Iterator[tuple[str, str]]:
    """Yield the document and the fragment of each place that could not be quoted when the questions were written."""
    for line in golden.read_text("utf-8").splitlines():
        for answer in json.loads(line).get("answers", []):
            if not answer.get("quotable", True):
                fragments = answer["fragment"]
                for fragment in fragments if isinstance(fragments, list) else [fragments]:
                    yield answer["document"], fragment


if __name__ == "__main__":
    sys.exit(main())
