"""Read the tags of HTML and of components that stand around text in Markdown: they divide it into paragraphs.

Lists, headings, tables and code of HTML become those of Markdown. Tags inside of paragraphs are left to
`retrieval.text.markdown_marks`, comments to the parser.
"""

import html
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from retrieval.reading.markdown import Markup
from retrieval.reading.site_markup.components import FIELDS, KNOWN_COMPONENTS, component_title, facts_of
from retrieval.reading.site_markup.html_table import table_edits
from retrieval.reading.site_markup.site_changes import TITLE, Changes
from retrieval.text.source_map import Edit

SIGNS = ("<",)
TAG = re.compile(  # possessive, or what is no tag would take exponential time
    r"<!--|<(?P<close>/?)(?P<name>[A-Za-z][\w.-]{0,40})(?=[\s/>])"
    r"(?P<attributes>(?:[^<>\"'{}/]++|/(?!>)|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'"
    r"|\{(?:[^{}]++|\{[^{}]{0,2000}+\}){0,2000}+\}){0,200}+)(?P<void>/?)>"
)
HIDDEN = frozenset((
    "script", "style", "template", "svg", "noscript", "iframe", "video", "audio", "object", "canvas", "select",
    "textarea", "dialog", "title",
))  # fmt: skip
CONTAINERS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "li", "main", "menu", "nav", "ol",
    "picture", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
BREAKS = frozenset(("p", "hr", "head", "meta", "link", "source", "track", "button", "dt", "summary"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LISTS = frozenset(("ul", "ol", "menu"))
LIST_MARK = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]")
CODE_START = re.compile(r"\s*<code\b([^<>]{0,300})>", re.IGNORECASE)
LANGUAGE = re.compile(r"lang(?:uage)?-([\w+#-]{1,30})")
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
INNER_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
MAX_ELEMENT_LENGTH = 200_000  # characters up to the end of an element that is read as a whole
MAX_TITLE_LENGTH = 500
MAX_LINES_ABOVE = 50  # that are looked at to tell code from an item of a list
CODE_INDENT = 4  # columns
MAX_DEPTH = 50  # elements that are open


class _Element(NamedTuple):
    """An element that is open; `indent` is that of the first line of its text, None before there is one."""

    name: str
    indent: int | None
    marker_width: int = 0  # of the items of a list
    number: int = 0  # of the next item, 0 in a list without numbers
    title: int | None = None  # the number of its title in Changes.titles


def read_html(changes: Changes, components: Collection[str], *, is_mdx: bool) -> None:
    """Find the tags of a text and edit them; `components` are names that the file imports."""
    _Html(changes, {*components, *KNOWN_COMPONENTS}, is_mdx=is_mdx).read()


class _Html:
    """Goes through the tags of a text and knows the elements that are open."""

    def __init__(self, changes: Changes, components: Collection[str], *, is_mdx: bool) -> None:
        self.changes = changes
        self.text = changes.text
        self.components = components
        self.is_mdx = is_mdx
        self.open: list[_Element] = []
        self.line = changes.body  # the first line that is not dedented yet
        self.base = 0  # columns before the outermost element
        self.fresh = -1  # where text begins behind the mark of an item
        self.unclosed: set[str] = set()  # names of elements whose end is nowhere

    def read(self) -> None:
        """Go through all tags."""
        position = self.changes.body
        while tag := TAG.search(self.text, position):
            position = tag.end()
            if tag["name"] is None:
                end = self.text.find("-->", tag.end())
                position = end + 3 if end >= 0 else tag.end()
            elif self._is_block(tag) and not self.changes.is_code(tag.start()) and not self._is_indented(tag.start()):
                self._dedent_until(tag.start())
                position = max(self._read_tag(tag), tag.end())
        self._dedent_until(len(self.text))

    def _is_block(self, tag: re.Match[str]) -> bool:
        """Tell whether a tag stands around text, not inside it."""
        name = tag["name"]
        if name[0].isupper() and not name.isupper():
            return self.is_mdx or name.partition(".")[0] in self.components  # also inside of lines
        lower = name.lower()
        if lower in ("br", "img", "input", "a", "span", "b", "font", "strong", "em"):
            return lower in ("img", "input") or self._is_alone(tag)
        return lower in CONTAINERS or lower in BREAKS or lower in HIDDEN or lower in HEADINGS or lower == "pre"

    def _is_alone(self, tag: re.Match[str]) -> bool:
        """Tell whether a tag is all of its line."""
        return self._is_first(tag.start()) and not self.text[tag.end() : self.changes.line_end(tag.end())].strip()

    def _is_first(self, offset: int) -> bool:
        return not self.text[self.changes.line_start(offset) : offset].strip()

    def _is_indented(self, offset: int) -> bool:
        """Tell whether a line is code by its indentation: below an empty line, outside of elements and lists."""
        start = self.changes.line_start(offset)
        if self.open or self._indent(start) < CODE_INDENT:
            return False
        above = start
        for number in range(MAX_LINES_ABOVE):
            if above <= self.changes.body:
                return True
            end, above = above - 1, self.changes.line_start(above - 1)
            line = self.text[above:end]
            if number == 0 and line.strip() and not self.changes.is_code(above):
                return False
            if line.strip() and self._indent(above) < CODE_INDENT:
                return LIST_MARK.match(line) is None
        return False

    def _indent(self, start: int) -> int:
        """Count the columns before the text of a line."""
        white = re.compile(r"[ \t]*").match(self.text, start)
        return len(white[0].expandtabs(CODE_INDENT)) if white else 0

    def _dedent_until(self, end: int) -> None:
        """Dedent the lines before an offset as the text of the element that is open; not the line that ends there."""
        while self.line <= end and self.line < len(self.text):
            newline = self.text.find("\n", self.line)
            next_line = newline + 1 if newline >= 0 else len(self.text)
            if end < next_line and self._is_first(end):
                self.line = next_line
                return
            if self.open and self.text[self.line : next_line].strip():
                indent = self._indent(self.line)
                if self.open[-1].indent is None:
                    self.open[-1] = self.open[-1]._replace(indent=indent)
                surplus = min(indent, self.open[-1].indent or 0) - self.base
                if surplus > 0:
                    self.changes.remove(self.line, self.line + surplus)
            self.line = next_line

    def _read_tag(self, tag: re.Match[str]) -> int:
        """Edit a tag, or a whole element; returns the offset at which to go on."""
        name, closes = tag["name"], bool(tag["close"])
        kind = name.lower() if not name[0].isupper() or name.isupper() else name
        if not closes and not tag["void"] and (kind in HIDDEN or kind in ("pre", "table", "summary", "dt", *HEADINGS)):
            end = self._read_element(tag, kind)
            if end is not None:
                return end
        if kind == "li" and not closes:
            return self._read_item(tag)
        if kind[0].isupper() and self._is_in_line(tag, kind):
            self.changes.remove(*tag.span())
            return tag.end()
        if kind in CONTAINERS or kind[0].isupper():
            self._follow(tag, kind)
        if kind[0].isupper() and not closes and self._read_component(tag, kind):
            return tag.end()
        if kind in CONTAINERS or kind in BREAKS or kind in HEADINGS or kind[0].isupper():
            self._divide(tag)
        else:
            self.changes.remove(self._start(tag), tag.end())
        return tag.end()

    def _is_in_line(self, tag: re.Match[str], kind: str) -> bool:
        """Tell whether a component is a part of a paragraph: it does not begin its line, or text follows behind it."""
        if tag["close"]:
            return all(element.name != kind for element in self.open)
        if not self._is_first(tag.start()):
            return True
        behind = self.text[tag.end() : self.changes.line_end(tag.end())]
        if not tag["void"]:
            _, found, behind = behind.partition(f"</{kind}>")
            return bool(found and behind.strip())
        return bool(behind.strip())

    def _follow(self, tag: re.Match[str], kind: str) -> None:
        """Open or close an element."""
        if tag["void"]:
            return
        if not tag["close"]:
            if not self.open:
                self.base = self._line_indent(tag)
            number = 0
            if kind == "ol":
                start = re.search(r"start=[\"'{]?(\d{1,9})", tag["attributes"])
                number = int(start[1]) if start else 1
            if len(self.open) < MAX_DEPTH:
                self.open.append(_Element(kind, None, 0 if kind not in LISTS else 4 if kind == "ol" else 2, number))
            return
        for number in range(len(self.open) - 1, max(len(self.open) - 20, -1), -1):
            if self.open[number].name == kind:
                for element in self.open[number:]:
                    if element.title is not None:
                        self.changes.end_title(element.title, tag.start())
                del self.open[number:]
                return

    def _own_title(self, kind: str, start: int) -> None:
        """Give the title that was written last to the innermost open element of a kind; it ends the one before."""
        for number in range(len(self.open) - 1, max(len(self.open) - 20, -1), -1):
            element = self.open[number]
            if element.name == kind:
                if element.title is not None:
                    self.changes.end_title(element.title, start)
                self.open[number] = element._replace(title=len(self.changes.titles) - 1)
                return

    def _start(self, tag: re.Match[str]) -> int:
        """Return where an edit of a tag begins: with the white space before it, if it is the first of its line."""
        if not self.open or not self._is_first(tag.start()):
            return tag.start()
        return max(min(self.changes.line_start(tag.start()) + self.base, tag.start()), self.changes.body)

    def _line_indent(self, tag: re.Match[str]) -> int:
        """Count the columns before a tag that is the first of its line, else 0."""
        return self._indent(self.changes.line_start(tag.start())) if self._is_first(tag.start()) else 0

    def _list_indent(self, tag: re.Match[str]) -> str:
        """Return the white space before a paragraph of the item that is open."""
        base = self.base if self.open else self._line_indent(tag)
        return " " * (base + sum(element.marker_width for element in self.open))

    def _divide(self, tag: re.Match[str]) -> None:
        """End a paragraph at a tag."""
        if tag.start() == self.fresh:
            self.fresh = tag.end()
            self.changes.remove(*tag.span())
            return
        before, after = self.changes.apart(*tag.span())
        line_break = after if tag["close"] else before
        self.changes.replace(self._start(tag), tag.end(), line_break + (self._list_indent(tag) if line_break else ""))

    def _read_item(self, tag: re.Match[str]) -> int:
        """Write the mark of an item; returns where its text begins."""
        if self.open and self.open[-1].name == "li":
            self.open.pop()
        number = next((n for n in range(len(self.open) - 1, -1, -1) if self.open[n].name in LISTS), None)
        mark, indent = "- ", " " * self.base
        if number is not None:
            around = self.open[number]
            indent += " " * sum(element.marker_width for element in self.open[:number])
            if around.number:
                mark = f"{around.number}. ".ljust(4)
                self.open[number] = around._replace(number=around.number + 1)
        start = self._start(tag)
        is_first = self._is_first(tag.start())
        white = re.compile(r"\s*").match(self.text, tag.end())
        self.fresh = white.end() if white else tag.end()
        self.changes.replace(start, self.fresh, f"{'' if is_first else chr(10)}{indent}{mark}")
        if len(self.open) < MAX_DEPTH:
            self.open.append(_Element("li", None))
        next_line = self.text.find("\n", self.fresh)
        self.line = next_line + 1 if next_line >= 0 else len(self.text)
        return self.fresh

    def _read_component(self, tag: re.Match[str], kind: str) -> bool:
        """Write the title that a component has in its attributes; returns whether it has one."""
        title, markup = component_title(kind, tag["attributes"], is_void=bool(tag["void"]))
        facts = facts_of(tag["attributes"]) if kind in FIELDS else ()
        has_title = self._write_title(self._start(tag), tag.end(), title, markup, facts)
        if has_title and markup == TITLE:
            self._own_title(kind, tag.start())
        return has_title

    def _write_title(self, start: int, end: int, title: str, markup: Markup, facts: Sequence[str] = ()) -> bool:
        """Write a title with facts below it; returns whether there is one."""
        if title.strip():
            self.changes.add_title(start, end, " ".join(title.split()), markup, indent=" " * self.base, below=facts)
        return bool(title.strip())

    def _find_end(self, kind: str, offset: int) -> int | None:
        """Return the end of the first element of a name that ends behind an offset; None if there is none."""
        if kind in self.unclosed:
            return None
        closing = re.compile(rf"</{re.escape(kind)}\s*>", re.IGNORECASE)
        found = closing.search(self.text, offset, offset + MAX_ELEMENT_LENGTH)
        if found is None:
            self.unclosed.add(kind)
        return found.end() if found else None

    def _read_element(self, tag: re.Match[str], kind: str) -> int | None:
        """Edit an element as a whole; returns its end, None if it has none or is read by its tags."""
        end = self._find_end(kind, tag.end())
        if end is None:
            return None
        start = self._start(tag)
        inner_end = self.text.rindex("<", tag.end(), end)
        content = " ".join(self.text[tag.end() : inner_end].split())
        if kind in HIDDEN:
            self.changes.remove(start, end)
        elif kind == "pre":
            self._read_code(tag, inner_end, end)
        elif kind == "table":
            edits = table_edits(self.text, tag.start(), end, " " * self.base)
            if edits is None:
                return None
            before, after = self.changes.apart(tag.start(), end)
            self.changes.edits += [
                Edit(start, edits[0].end, before + " " * self.base + edits[0].replacement),
                *edits[1:-1],
            ]
            self.changes.edits.append(edits[-1]._replace(replacement=edits[-1].replacement + after))
        elif len(content) > MAX_TITLE_LENGTH:
            return None
        elif kind in HEADINGS:
            before, after = self.changes.apart(tag.start(), end)
            mark = "#" * int(kind[1]) if content else ""
            self.changes.replace(start, end, f"{before}{' ' * self.base}{mark} {content}{after}")
        else:
            self._read_title(kind, start, end, content)
        self._skip_lines(end)
        return end

    def _read_title(self, kind: str, start: int, end: int, content: str) -> None:
        """Write the summary of a box that unfolds, or a term, as a title."""
        if self._write_title(start, end, content, TITLE):
            self._own_title("details" if kind == "summary" else "dl", start)
        else:
            self.changes.remove(start, end)

    def _skip_lines(self, end: int) -> None:
        """Leave the lines up to an offset as they are."""
        next_line = self.text.find("\n", end)
        self.line = max(self.line, next_line + 1 if next_line >= 0 else len(self.text))

    def _read_code(self, tag: re.Match[str], inner_end: int, end: int) -> None:
        """Write an element <pre> as code between fences, with characters for its tags and entities."""
        inner = CODE_START.match(self.text, tag.end(), inner_end)
        begin = inner.end() if inner else tag.end()
        language = LANGUAGE.search(tag["attributes"] + (inner[1] if inner else ""))
        before, after = self.changes.apart(tag.start(), end)
        fence = "~~~~~~~~" if "```" in self.text[begin:inner_end] else "```"
        first = "" if self.text.startswith("\n", begin) else "\n"
        head = f"{before}{' ' * self.base}{fence}{language[1] if language else ''}{first}"
        self.changes.replace(self._start(tag), begin, head)
        for match in INNER_TAG.finditer(self.text, begin, inner_end):
            self.changes.remove(*match.span())
        for match in ENTITY.finditer(self.text, begin, inner_end):
            self.changes.replace(*match.span(), html.unescape(match[0]))
        last = "" if self.text[begin:inner_end].endswith("\n") else "\n"
        self.changes.replace(inner_end, end, f"{last}{fence}{after}")
