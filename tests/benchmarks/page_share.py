"""Print how much of the text of web pages is read: python -m tests.benchmarks.page_share FOLDER ...

For each folder of HTML files, the shares of the words of their content that can be quoted, that give context, that are
asides, and that are missing; and how many other words can be quoted, such as those of navigation. The content is the
page's main element, or else its body, without what browsers hide, navigation and footers; repeated words count.
"""

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import lxml.html

from retrieval.text.sections import QUOTABLE
from retrieval.types import ReadDocument
from tests.benchmarks.quotable_share import CONTEXT, read_folder

WORD = re.compile(r"\w+")
MAIN_ELEMENTS = (
    "//main", "//*[@role='main']", "//article",
    "//*[@id='content' or @id='page-content' or @id='docs-content']", "//body",
)  # fmt: skip
LEFT_OUT = (
    "//script|//title|//style|//noscript|//template|//nav|//footer|//form|//button|//svg|//head|//*[@role='navigation']"
    "|//*[@hidden or @aria-hidden='true' or contains(translate(@style, ' ', ''), 'display:none')]"
    "|//*[@class='headerlink' or @class='anchor' or @class='navheader' or @class='navfooter' or @id='footer']"
    "|//comment()|//processing-instruction()"
)
INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip


def main() -> int:
    """Print a line for each folder, with --pages one for each page, least read first."""
    parser = argparse.ArgumentParser(description="Print how much of the text of web pages is read.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pages", action="store_true", help="print each page, and words that are missing from it")
    options = parser.parse_args()
    for folder in options.folders:
        pages = {}
        for read in read_folder(folder):
            if isinstance(read, ReadDocument) and read.document.id.endswith((".html", ".htm", ".xhtml")):
                pages[read.document.id] = _compare(read, content_words((folder / read.document.id).read_bytes()))
        total: Counter[str] = sum((counts for counts, _ in pages.values()), Counter())
        print(f"{folder.name}: {len(pages)} pages; {_describe(total)}")
        for name, (counts, missing) in sorted(pages.items(), key=_missing_share) if options.pages else ():
            print(f"  {name}: {_describe(counts)}; {' '.join(list(missing)[:12])}")
    return 0


def content_words(page: bytes) -> Counter[str]:
    """Count the words of the content of a page."""
    root = lxml.html.fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8"))
    for element in root.xpath(LEFT_OUT):
        if element.getparent() is not None:
            element.drop_tree()
    found = [element for path in MAIN_ELEMENTS for element in root.xpath(path)[:1]]
    return Counter(WORD.findall(_text(found[0] if found else root).lower()))


def _text(element: Any) -> str:
    """Return the text of an element, with spaces around those that are not inline."""
    pieces = [element.text or "", *(f"{_text(child)}{child.tail or ''}" for child in element)]
    return "".join(pieces) if element.tag in INLINE else f" {''.join(pieces)} "


def _compare(read: ReadDocument, content: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Count the words of a page by what becomes of them; returns the counts and the missing words."""
    blocks = [(block.kind, read.document.text[block.start : block.end].lower()) for block in read.blocks]
    counts = Counter(total=content.total())
    for name, kinds in (("quotable", QUOTABLE), ("context", CONTEXT), ("aside", ("aside",))):
        words = Counter(word for kind, text in blocks if kind in kinds for word in WORD.findall(text))
        both = words & content
        counts[name] = both.total()
        if name == "quotable":
            counts["other"] = (words - content).total()
        content = content - both
    counts["missing"] = content.total()
    return counts, content


def _describe(counts: Counter[str]) -> str:
    shares = [
        f"{counts[name] / max(counts['total'], 1):.1%} {name}" for name in ("quotable", "context", "aside", "missing")
    ]
    return f"{counts['total']:,} words: {', '.join(shares)}; {counts['other']:,} other words quotable"


def _missing_share(page: tuple[str, tuple[Counter[str], Counter[str]]]) -> float:
    counts = page[1][0]
    return -counts["missing"] / max(counts["total"], 1)


if __name__ == "__main__":
    sys.exit(main())
