"""Lay out manuals and questions about them for tests.benchmarks.wild: python -m tests.benchmarks.manuals PACKAGES OUT.

PACKAGES is a folder in which the packages named in tests/manuals/README.md have been unpacked, each in a folder of its
name. OUT gets the documents of each manual, in NAME/, and its questions, NAME.jsonl. Then
`python -m tests.benchmarks.wild OUT` asks them.
"""

import argparse
import gzip
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from tests.benchmarks.game_manuals import write_game_texts, write_guidebook, write_strategy_help
from tests.support.paths import ROOT

QUESTIONS = ROOT / "tests" / "manuals"
MALLARD = "{http://projectmallard.org/1.0/}"
GUIDEBOOK = "nethack-common/usr/share/doc/nethack-common/Guidebook.txt.gz"
OFFICE_HELP = "libreoffice-help-en-us/usr/share/libreoffice/help/en-US/text"
MIN_PAGE_LENGTH = 700  # characters of HTML
MIN_LENGTH = 60  # characters of the longest paragraph of a help page that is more than a list of links


@dataclass(frozen=True, slots=True)
class Manual:
    """Where the documents of a manual are: files by patterns, below a folder of its package, without those to skip."""

    name: str
    folder: str
    patterns: str
    skip: tuple[str, ...] = ()
    suffix: str = ""  # what it should be, if the package names the files otherwise


COPIED = (
    Manual("beets", "beets/docs", "*.rst", ("api/", "changelog", "dev/", "_")),
    Manual("mopidy", "mopidy/docs", "*.rst", ("api/", "changelog", "history", "authors", "releasing")),
    Manual("streamlink", "streamlink/docs", "*.rst", ("api", "changelog", "_")),
    Manual("gimp", "gimp-help-en/usr/share/gimp/2.0/help/en", "*.html", ("index", "bibliography", "glossary.html")),
    Manual("gnucash", "gnucash-docs/usr/share/doc/gnucash-docs/gnucash-guide-en", "*.html*", ("index",)),
    Manual("debianfaq", "debian-faq/usr/share/doc/debian/FAQ", "*.en.html", ("index",)),
    Manual(
        "borg",
        "borgbackup-doc/usr/share/doc/borgbackup/html",
        "*.html",
        ("internals", "authors", "changes", "genindex", "search", "development"),
    ),
    Manual(
        "apache",
        "apache2-doc/usr/share/doc/apache2-doc/manual/en",
        "*.html",
        ("developer/", "license", "sitemap", "directives", "quickreference"),
    ),
    Manual(
        "django",
        "python-django-doc/usr/share/doc/python-django-doc/html",
        "*.html",
        (
            "releases/",
            "internals/",
            "misc/",
            "_modules/",
            "_static/",
            "_sources/",
            "genindex",
            "py-modindex",
        ),
    ),
    Manual("tuxpaint", "tuxpaint-data/usr/share/doc/tuxpaint-data/en", "*.html", ("index",)),
    Manual("simutrans", "simutrans-data/usr/share/games/simutrans/text/en", "*.txt", suffix=".html"),
    Manual(
        "freedombox",
        "freedombox-doc-en/usr/share/freedombox/manual/en",
        "*.part.html",
        ("freedombox-manual", "ReleaseNotes"),
    ),
    Manual("install", "installation-guide-amd64/usr/share/doc/installation-guide-amd64/en", "*.html", ("index",)),
    Manual(
        "git",
        "git-doc/usr/share/doc/git-doc",
        "gittutorial*.html gitfaq.html giteveryday.html gitworkflows.html howto/*.html",
    ),
    Manual(
        "python", "python3.11-doc/usr/share/doc/python3.11/html", "tutorial/*.html faq/*.html", ("index", "whatsnew")
    ),
    Manual("wesnoth", "wesnoth-1.16-data/usr/share/doc/wesnoth-1.16-data", "manual.en.html"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Lay out all manuals."""
    parser = argparse.ArgumentParser(description="Lay out manuals and questions about them.")
    parser.add_argument("packages", type=Path, help="the folder of the unpacked packages")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    for manual in COPIED:
        copy_manual(options.packages, manual, options.out / manual.name)
    write_help_pages(options.packages / "gnome-user-docs/usr/share/help/C", options.out / "gnome")
    write_help_pages(options.packages / "evolution-common/usr/share/help/C", options.out / "evolution")
    write_office_pages(options.packages / OFFICE_HELP, options.out / "office")
    write_game_texts(options.packages / "crawl-common/usr/share/crawl/dat", options.out / "crawl")
    write_strategy_help(options.packages / "freeciv-data/usr/share", options.out / "freeciv")
    write_guidebook(options.packages / GUIDEBOOK, options.out / "nethack")
    for file in sorted(QUESTIONS.glob("*.jsonl")):
        shutil.copy(file, options.out)
        print(f"{file.stem}: {sum(path.is_file() for path in (options.out / file.stem).rglob('*'))} documents")
    return 0


def copy_manual(packages: Path, manual: Manual, out: Path) -> None:
    """Copy the documents of a manual; compressed ones are unpacked."""
    folder = packages / manual.folder
    for path in sorted(found for pattern in manual.patterns.split() for found in folder.rglob(pattern)):
        name = str(path.relative_to(folder))
        if path.is_file() and not any(part in name for part in manual.skip):
            target = out / name.removesuffix(".gz")
            target = target.with_suffix(manual.suffix) if manual.suffix else target
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def write_help_pages(folder: Path, out: Path) -> None:
    """Write the pages of a help in Mallard's XML as Markdown."""
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.rglob("*.page")):
        page = etree.parse(str(path)).getroot()
        blocks = list(markdown_of(page, 1))
        if path.is_symlink() or not any(len(block) > MIN_LENGTH for block in blocks):
            continue
        summary = page.find(f"{MALLARD}info/{MALLARD}desc")
        if summary is not None and text_of(summary):
            blocks.insert(1, text_of(summary))
        (out / f"{path.parent.name}-{path.stem}.md").write_text("\n\n".join(blocks) + "\n", "utf-8")


def write_office_pages(folder: Path, out: Path) -> None:
    """Write the pages of an office suite's help with their title, without what surrounds their content."""
    for path in sorted(folder.rglob("*.html")):
        page = path.read_text("utf-8", errors="replace")
        title, content = re.search(r"<title>(.*?)</title>", page, re.DOTALL), page.find('<div id="DisplayArea"')
        if content >= 0 and len(page) - content >= MIN_PAGE_LENGTH:
            target = out / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            name = title[1] if title else ""
            target.write_text(f"<html><head><title>{name}</title></head><body>{page[content:]}", "utf-8")


def markdown_of(parent: etree._Element, level: int) -> Iterator[str]:
    """Yield the blocks of an element of Mallard as Markdown."""
    for element in parent.iterchildren(tag=etree.Element):
        tag = str(element.tag).removeprefix(MALLARD)
        if tag == "title":
            yield f"{'#' * level} {text_of(element)}"
        elif tag == "p":
            yield text_of(element)
        elif tag in ("note", "example", "quote"):
            yield from markdown_of(element, level)
        elif tag == "section":
            yield from markdown_of(element, level + 1)
        elif tag in ("steps", "list"):
            yield from list_of(element, level)
        elif tag == "terms":
            yield from (term_of(item, level) for item in element.iterfind(f"{MALLARD}item"))
        elif tag in ("code", "screen"):
            yield "```\n" + "".join(element.itertext()).strip("\n") + "\n```"
        elif tag == "table":
            yield table_of(element)


def list_of(element: etree._Element, level: int) -> Iterator[str]:
    """Yield the title and the items of a list."""
    title = element.find(f"{MALLARD}title")
    if title is not None:
        yield f"{text_of(title)}:"
    for number, item in enumerate(element.iterfind(f"{MALLARD}item"), 1):
        mark = f"{number}. " if str(element.tag).endswith("steps") else "- "
        first, *more = list(markdown_of(item, level + 1)) or [""]
        indented = ["\n".join(" " * len(mark) + line for line in block.split("\n")) for block in more]
        yield "\n\n".join([mark + first, *indented])


def term_of(item: etree._Element, level: int) -> str:
    """Return a term with its explanation, in one paragraph."""
    title = item.find(f"{MALLARD}title")
    blocks = " ".join(block for block in markdown_of(item, level + 1) if not block.startswith("#"))
    return f"**{text_of(title)}**: {blocks}" if title is not None else blocks


def table_of(element: etree._Element) -> str:
    """Return a table; its first row is the header."""
    cells = (f"{MALLARD}td", f"{MALLARD}th")
    rows = [
        [" ".join("".join(cell.itertext()).split()) for cell in row.iter(*cells)]
        for row in element.iter(f"{MALLARD}tr")
    ]
    width = max(map(len, rows), default=0)
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return "\n".join([*lines[:1], "|" + "---|" * width, *lines[1:]])


def text_of(element: etree._Element) -> str:
    """Return the text of an element on one line, commands and names of files as code."""
    text = element.text or ""
    for child in element:
        tag = str(child.tag).removeprefix(MALLARD)
        if isinstance(child.tag, str) and tag != "media":
            text += f"`{text_of(child)}`" if tag in ("cmd", "code", "file", "input") else text_of(child)
        text += child.tail or ""
    return (
        re.sub(r"\s+", " ", text).strip()
        if element.tag in (f"{MALLARD}p", f"{MALLARD}title", f"{MALLARD}desc")
        else text
    )


if __name__ == "__main__":
    raise SystemExit(main())
