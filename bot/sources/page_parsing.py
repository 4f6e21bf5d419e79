"""Find in a web page what a crawler needs: its links, its canonical address, its instructions, and its bare text.

Only Python's own parser is used, since a page comes straight from a server; the article is read later, in a process of
its own.
"""

from html.parser import HTMLParser
from typing import NamedTuple

MAX_LINKS = 5_000  # of one page
SILENT = ("script", "style", "template", "noscript", "title")


class Page(NamedTuple):
    """What a page contains; addresses are as they are written."""

    links: list[str]
    base: str
    canonical: str
    is_indexed: bool
    is_followed: bool
    asks_for_password: bool
    text: str  # visible, with single spaces


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.base = self.canonical = self.robots = ""
        self.asks_for_password = False
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent += 1
        elif tag in ("a", "area") and values.get("href") and "nofollow" not in values.get("rel", "").lower().split():
            self.links += [values["href"]] if len(self.links) < MAX_LINKS else []
        elif tag == "link" and "canonical" in values.get("rel", "").lower().split():
            self.canonical = self.canonical or values.get("href", "")
        elif tag == "base":
            self.base = self.base or values.get("href", "")
        elif tag == "meta" and values.get("name", "").lower() in ("robots", "footnote-sync"):
            self.robots += f",{values.get('content', '').lower()}"
        elif tag == "input" and values.get("type", "").lower() == "password":
            self.asks_for_password = True

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(self._silent - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words += data.split()


def parse_page(content: str, robots_header: str = "") -> Page:
    """Parse a page, however malformed it is."""
    parser = _Parser()
    try:
        parser.feed(content)
        parser.close()
    except (AssertionError, RecursionError):  # of malformed declarations; what came before them counts
        pass
    rules = {rule.strip() for rule in f"{parser.robots},{robots_header.lower()}".split(",")}
    is_blocked = "none" in rules
    return Page(
        parser.links,
        parser.base,
        parser.canonical,
        not (is_blocked or "noindex" in rules),
        not (is_blocked or "nofollow" in rules),
        parser.asks_for_password,
        " ".join(parser.words),
    )
