"""Check the links of the documentation and build its site: `python -m docs.build`.

The pages are docs/*.md and the Markdown files at the top of the project; the site is docs/_build/site. Exits with 1 on
a dead link (a file, a heading, a picture), on an external address that is not a plain https one, and on any warning of
the site generator. Needs no network and fetches nothing.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "docs" / "_build"
TOP_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def pages(root: Path = ROOT) -> list[Path]:
    """Return every page of the documentation."""
    return [*(root / name for name in TOP_PAGES), *sorted((root / "docs").glob("*.md"))]


def dead_links(root: Path = ROOT) -> list[str]:
    """Find the links of all pages that lead nowhere; each is described as "page: link (reason)"."""
    problems = []
    for page in pages(root):
        for link in links(page):
            if problem := problem_of(root, page, link):
                problems.append(f"{page.relative_to(root)}: {link} ({problem})")
    return problems


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures, in order."""
    attributes = {"link_open": "href", "image": "src"}
    return [unquote(str(token.attrs[attributes[token.type]])) for token in tokens(page) if token.type in attributes]


def anchors(page: Path) -> set[str]:
    """Name the anchors of a page's headings as GitHub and the site do."""
    counts: Counter[str] = Counter()
    names = set()
    for opening, content in pairwise(tokens(page, inline=False)):
        if opening.type == "heading_open":
            text = "".join(child.content for child in content.children or [])
            name = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
            names.add(f"{name}-{counts[name]}" if counts[name] else name)
            counts[name] += 1
    return names


def problem_of(root: Path, page: Path, link: str) -> str:
    """Describe what is wrong with a link of a page; "" if nothing is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return "" if parts.scheme == "https" and HOST.fullmatch(parts.netloc) else "not an https address"
    target = file_of(page, link)
    if not target.is_relative_to(root):
        return "outside the project"
    if not target.is_file():
        return "no such file"
    if parts.fragment and (target.suffix != ".md" or parts.fragment not in anchors(target)):
        return "no such heading"
    return ""


def file_of(page: Path, link: str) -> Path:
    """Return the file that a link inside the project leads to."""
    path = urlsplit(link).path
    return (page.parent / path).resolve() if path else page


def tokens(page: Path, *, inline: bool = True) -> Iterator[Token]:
    """Yield the tokens inside the blocks of a page or, without `inline`, the tokens of the blocks."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8")):
        if inline:
            yield from token.children or []
        else:
            yield token


def build(root: Path = ROOT, folder: Path = BUILD) -> subprocess.CompletedProcess[str]:
    """Build the site into folder/site, from a copy of the pages and of all files that they link to.

    Deletes what is in the folder. Returns the finished process of the site generator, with its output.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages(root):
        for file in (page, *(file_of(page, link) for link in links(page) if not urlsplit(link).scheme)):
            copy = folder / "pages" / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    shutil.copy(root / "docs" / "site.css", folder / "pages" / "docs")
    shutil.copy(root / "docs" / "zensical.toml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def main() -> int:
    """Check and build; return an exit code."""
    if problems := dead_links():
        print("\n".join(problems), file=sys.stderr)
        return 1
    generator = build()
    print(generator.stdout if generator.returncode else f"built {BUILD / 'site' / 'index.html'}")
    return 1 if generator.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
