"""Lay out the manuals whose questions train the reader: python -m tests.benchmarks.training_manuals PACKAGES OUT.

PACKAGES is a folder in which the packages of tests/manuals/training/packages.tsv have been unpacked, each in a folder
of its name without the version. OUT gets the documents of each manual in NAME/, also of those that were written for
Footnote. Build an index of each, and let `python -m retrieval.measuring.mine_windows` collect the windows of
tests/manuals/training/NAME.tsv.
"""

import argparse
import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from tests.benchmarks.docbook_manuals import write_docbook
from tests.benchmarks.manuals import Manual, copy_manual, write_help_pages
from tests.support.paths import ROOT

TABLE = ROOT / "tests" / "manuals" / "training" / "packages.tsv"
SKIPPED = (
    "_sources", "_static", "genindex", "search.html", "py-modindex", "_modules", "changelog", "changes", "whatsnew",
    "announce", "authors", "license", "releases",
)  # fmt: skip
README = "README"  # files of that name are plain text
MIN_LENGTH = 250  # characters of a page
WRITTEN = "written"  # for Footnote: the documents are beside the table
DOCBOOK = {"docbook": True, "chapters": False}  # whether a manual is one document


def main(arguments: Sequence[str] | None = None) -> int:
    """Lay out all manuals."""
    parser = argparse.ArgumentParser(description="Lay out the manuals whose questions train the reader.")
    parser.add_argument("packages", type=Path, help="the folder of the unpacked packages")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            lay_out(options.packages, row, options.out / row["name"])
            print(f"{row['name']}: {sum(path.is_file() for path in (options.out / row['name']).rglob('*'))} documents")
    return 0


def lay_out(packages: Path, row: dict[str, str], out: Path) -> None:
    """Copy or convert the documents of a row of the table."""
    kind, _, names = row["patterns"].partition(":")
    if kind in DOCBOOK:
        for name in names.split(","):
            for path in sorted(packages.glob(f"*/{row['folder']}/{name}/index.docbook"))[:1]:
                write_docbook(path, out, whole=DOCBOOK[kind])
    elif kind == "page":
        for name in names.split(","):
            write_help_pages(packages / name / row["folder"], out / name)
    elif kind == WRITTEN:
        shutil.copytree(TABLE.parent / row["folder"], out, dirs_exist_ok=True)
    elif kind == "xml":
        write_help(packages / row["folder"], out)
    else:
        suffix = ".txt" if README in row["patterns"] else ""
        copy_manual(packages, Manual(row["name"], row["folder"], row["patterns"], SKIPPED, suffix), out)


def write_help(folder: Path, out: Path) -> None:
    """Write the pages of the help of a game, which are simple XML, as Markdown."""
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.xml")):
        page = etree.fromstring(path.read_bytes(), etree.XMLParser(recover=True))
        marks = {"h1": "# ", "li": "- ", "p": ""}
        texts = ((marks[part.tag], " ".join("".join(part.itertext()).split())) for part in page.iter(*marks))
        blocks = [mark + text for mark, text in texts if text]
        if sum(map(len, blocks)) > MIN_LENGTH:
            (out / f"{path.stem}.md").write_text("\n\n".join(blocks) + "\n", "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
