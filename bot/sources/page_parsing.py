"""Find in a web page what a crawler needs: its links, its canonical address, its instructions, and its bare text.

A page comes straight from a server, so it is only scanned for tags, in a time that grows with its length: Python's own
parser takes minutes for a few hostile kilobytes. The article is read later, in a process of its own.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_LINKS = 5_000  # of one page
MAX_ATTRIBUTES_LENGTH = 4_000  # characters of a tag
SILENT = {  # elements without visible text, and where each ends
    name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "template", "noscript", "title")
}
TELLING = ("a", "area", "base", "input", "link", "meta")
TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})([^<>]*+)>|<[!?][^<>]*+>")
ATTRIBUTE = re.compile(r"""([^\s"'=<>/]{1,40})(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++)))?+""")


class Page(NamedTuple):
    """What a page contains; addresses are as they are written."""

    links: list[str]
    base: str
    canonical: str
    is_indexed: bool
    is_followed: bool
    asks_for_password: bool
    text: str  # visible, with single spaces


def parse_page(content: str, robots_header: str = "") -> Page:
    """Parse a page, however malformed it is."""
    links, texts, robots = list[str](), list[str](), [robots_header]
    base, canonical, asks_for_password = "", "", False
    for tag, values, text in _scan(content):
        texts.append(text)
        rel = values.get("rel", "").lower().split()
        match tag:
            case "a" | "area" if values.get("href") and "nofollow" not in rel and len(links) < MAX_LINKS:
                links.append(values["href"])
            case "link" if "canonical" in rel:
                canonical = canonical or values.get("href", "")
            case "base":
                base = base or values.get("href", "")
            case "meta" if values.get("name", "").lower() in ("robots", "footnote-sync"):
                robots.append(values.get("content", ""))
            case "input" if values.get("type", "").lower() == "password":
                asks_for_password = True
    rules = {rule.strip().lower() for rule in ",".join(robots).split(",")}
    is_indexed, is_followed = rules.isdisjoint({"none", "noindex"}), rules.isdisjoint({"none", "nofollow"})
    visible = " ".join(html.unescape(" ".join(texts)).split())
    return Page(links, base, canonical, is_indexed, is_followed, asks_for_password, visible)


def _scan(content: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield each opening tag in lower case with its attributes, and the visible text before it; "" for other tags."""
    position = 0
    while match := TAG.search(content, position):
        text, position = content[position : match.start()], match.end()
        tag = "" if match[2] is None or match[1] else match[2].lower()
        values = _attributes(match[3]) if tag in TELLING else {}
        yield tag, values, text
        if match[0] == "<!--":
            end = content.find("-->", position)
            position = len(content) if end < 0 else end + 3
        elif tag in SILENT:
            closing = SILENT[tag].search(content, position)
            position = closing.start() if closing else len(content)
    yield "", {}, content[position:]


def _attributes(text: str) -> dict[str, str]:
    """Parse the attributes of a tag; the first of several with one name counts, as in browsers."""
    values: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(text[:MAX_ATTRIBUTES_LENGTH]):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        values.setdefault(match[1].lower(), html.unescape(value))
    return values
