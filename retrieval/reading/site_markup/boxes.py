"""Read boxes, tabs and definitions: "!!! note", '=== "Tab"', ":::tip", "/// tip", "> [!NOTE]", ": definition".

The title of a box becomes a paragraph, and what is indented below it becomes text.
"""

import re
from typing import NamedTuple

from retrieval.reading.site_markup.site_changes import (
    ADMONITIONS,
    TEXT,
    TITLE,
    Changes,
    Own,
    box_title,
    is_followed,
    lines_of,
)

INDENT = 4  # columns of the text in a box
MIN_DEFINITION_INDENT = 2  # columns of further lines of a definition: those of a colon and a space
SIGNS = ("!!! ", "??? ", "???+ ", '=== "', '===! "', '===+ "', ":::", "\n///", "[!", "[^", "\n: ", "\n:\t", "\n:  ")
BOX = re.compile(r"(?P<mark>!{3}|\?{3}\+?) +(?P<name>[\w-]+)(?P<classes>(?: +[\w-]+)*) *(?:\"(?P<title>[^\n]*)\")? *$")
TAB = re.compile(r"={3}[!+]? +\"(?P<title>[^\"\n]+)\" *$")
CONTAINER = re.compile(
    r"(?P<mark>:{3,})[ \t]*(?:\{\.?(?P<braced>[\w:-]+)[^}\n]*\}|(?P<name>[A-Za-z][\w:-]*))?(?P<rest>[^\n]*)$"
)
BLOCK = re.compile(r"(?P<mark>/{3,})[ \t]+(?P<name>[a-z][\w-]*)[ \t]*(?:\|[ \t]*(?P<title>[^\n]*))?$")  # of PyMdown
BLOCK_OPTIONS = re.compile(r"(?:\n {4,}[\w-]+:[^\n]*)+(?=\n)")
UNTITLED_BLOCKS = frozenset(("html", "define", "md-define"))
TITLE_ATTRIBUTE = re.compile(r"\b(?:title|label|name)=[\"']([^\"'\n]{1,200})[\"']")
CALLOUT = re.compile(r"[ \t]*(?:>[ \t]?)+(?=\[!)(?P<mark>\[!(?P<name>[\w-]+)[^\]\n]*\][+-]?[ \t]*(?P<title>[^\n]*))$")
COLONS = re.compile(r"^[ \t>]*(?P<mark>:{3,})[ \t]*(?P<name>[^\n]*)$", re.MULTILINE)
NOTE = re.compile(r"\[\^[^\[\]\n]{1,80}\]:")  # the mark of a footnote before its text
DEFINITION = re.compile(r":[ \t]{1,3}(?=\S)")
TERM = re.compile(r"(?![-+*]\s|[-=]{2,}\s*$|`{3}|~{3}|[>#|:]|<[!/]|\d{1,9}[.)]\s)[^\n]{1,120}$")
ATTRIBUTES = re.compile(r"\{[^{}\n]*\}")
OTHER_TITLES = {"details": "Details"}  # of boxes that are no admonitions, where they have none of their own


class _Open(NamedTuple):
    """A box whose text is indented by `indent` columns or more."""

    indent: int


class _Definition(NamedTuple):
    """A term, by its number in Changes.marked, and how many boxes are open in the text that defines it."""

    term: int
    depth: int


def read_boxes(changes: Changes) -> None:
    """Find the boxes of a text, and edit their titles and their indentation."""
    _Boxes(changes).read()


class _Boxes:
    """Goes through the lines of a text and knows the boxes that are open."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.text = changes.text
        self.lines = lines_of(changes.text, changes.body)
        self.closings = _closings(changes)
        self.open: list[_Open] = []
        self.term: int | None = None  # the last line outside of code that is no definition, if it may be a term
        self.definitions: list[_Definition] = []  # that are open

    def read(self) -> None:
        """Go through all lines."""
        for number, (start, end) in enumerate(self.lines):
            line = self.text[start:end]
            content = line.lstrip(" \t")
            if not content:
                continue
            begin = end - len(content)
            indent = len(self.text[start:begin].expandtabs(INDENT)) if begin > start else 0
            while self.open and indent < self.open[-1].indent:
                self.open.pop()
            if self.open:
                self._dedent(start, begin)
            if self.changes.is_fenced(begin):
                self._end_definitions(len(self.open), begin)
            elif content.startswith(":") and DEFINITION.match(content):
                self._read_definition(number, begin, indent)
            else:
                self._end_definitions(len(self.open), begin)
                self._read_line(number, begin, end, indent)

    def _dedent(self, start: int, begin: int) -> None:
        """Take away the indentation of the boxes around a line, whose text begins at `begin`."""
        left, position = INDENT * len(self.open), start
        while left > 0 and position < begin:
            left -= INDENT if self.text[position] == "\t" else 1
            position += 1
        if position > start:
            self.changes.remove(start, position)

    def _read_line(self, number: int, begin: int, end: int, indent: int) -> None:
        line = self.text[begin:end]
        if line.startswith(("!!!", "???", "===")):
            self._read_box(number, begin, end, indent)
        elif line.startswith(":::"):
            self._read_container(begin, end)
        elif line.startswith("///"):
            self._read_block(number, begin, end)
        elif line.startswith(">"):
            self._read_callout(begin, end)
        elif line.startswith("[^") and NOTE.match(line):
            self.open.append(_Open(indent + INDENT))  # further paragraphs of the note
        self.term = number if TERM.match(line) else None

    def _read_box(self, number: int, begin: int, end: int, indent: int) -> None:
        """Read the line above an indented box or tab."""
        box, tab = BOX.match(self.text, begin, end), TAB.match(self.text, begin, end)
        behind = self._end_of_box(number, indent + INDENT)
        if (box is None and tab is None) or behind is None:
            return
        if tab:
            title, markup = tab["title"], TITLE
        else:
            followed = is_followed(self.text, behind)
            title, markup = box_title(box["name"] if box else "", box and box["title"], is_followed=followed)
            markup = TITLE if markup == TEXT and title.endswith("?") else markup  # a question and its answer
        if title:
            columns = " " * (indent - INDENT * len(self.open))
            self.changes.add_title(begin, end, title, markup, until=behind, indent=columns)
        else:
            self.changes.remove(begin, end)
        self.open.append(_Open(indent + INDENT))

    def _end_of_box(self, number: int, indent: int) -> int | None:
        """Return the end of the lines below a line that are indented enough, None if there are none."""
        behind = None
        for start, end in self.lines[number + 1 :]:
            line = self.text[start:end]
            if not line.strip():
                continue
            if len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(INDENT)) < indent:
                break
            behind = end
        return behind

    def _read_container(self, begin: int, end: int) -> None:
        """Read the line that begins or ends a container."""
        line = CONTAINER.match(self.text, begin, end)
        name = line and (line["braced"] or line["name"])
        if line is None or not name:
            if not self.text[begin:end].strip(":` \t"):
                self.changes.remove(begin, end)
            return
        attribute = TITLE_ATTRIBUTE.search(line[0])
        rest = ATTRIBUTES.sub("", line["rest"]).strip().strip("[]").strip(": \t") or (attribute and attribute[1])
        kind = name.rpartition(":")[2].lower().removeprefix("callout-")
        if kind in ADMONITIONS or kind in OTHER_TITLES or rest:
            closing = self.closings.get(begin, len(self.text))
            title, markup = rest or OTHER_TITLES.get(kind, ""), TITLE
            if kind in ADMONITIONS:
                title, markup = box_title(kind, rest or None, is_followed=is_followed(self.text, closing))
            self.changes.add_title(begin, end, title, markup, until=closing)
        else:
            self.changes.remove(begin, end)

    def _read_block(self, number: int, begin: int, end: int) -> None:
        """Read the line that begins a block between lines of slashes, with the one that ends it."""
        block = BLOCK.match(self.text, begin, end)
        if block is None:
            return
        endings = (line for line in self.lines[number + 1 :] if self.text[slice(*line)].strip() == block["mark"])
        closing = next(endings, None)
        if closing is None:
            return
        kind = block["name"]
        title, markup = "" if kind in UNTITLED_BLOCKS else block["title"], TITLE
        if kind in ADMONITIONS:
            title, markup = box_title(kind, title or None, is_followed=True)
        options = BLOCK_OPTIONS.match(self.text, end)
        if title:
            self.changes.add_title(begin, options.end() if options else end, title, markup, until=closing[0])
        else:
            self.changes.remove(begin, options.end() if options else end)
        self.changes.remove(*closing)

    def _read_callout(self, begin: int, end: int) -> None:
        """Read the first line of a quote that is a box."""
        callout = CALLOUT.match(self.text, begin, end)
        if callout is None:
            return
        prefix = self.text[self.text.rfind("\n", 0, begin) + 1 : callout.start("mark")].rstrip()
        title, markup = box_title(callout["name"].lower(), callout["title"].strip() or None, is_followed=True)
        start = callout.start("mark")
        self.changes.add_title(start, end, title, markup)
        self.changes.edits[-1] = edit = self.changes.edits[-1]._replace(replacement=f"{title}\n{prefix}")
        self.changes.titles[-1] = self.changes.titles[-1]._replace(edit=edit, lead=0)

    def _read_definition(self, number: int, begin: int, indent: int) -> None:
        """Read a definition below its term, or below another one of the same term."""
        above = next((n for n in range(number - 1, max(number - 3, -1), -1) if self._has_text(n)), None)
        self._end_definitions(len(self.open) + 1, begin)
        is_further = bool(self.definitions) and self.definitions[-1].depth == len(self.open) + 1
        if not is_further and (self.term is None or above != self.term):
            return
        if not is_further and self.term is not None:
            start, end = self.lines[self.term]
            self.definitions.append(_Definition(len(self.changes.marked), len(self.open) + 1))
            self.changes.marked.append((end - len(self.text[start:end].lstrip()), Own(TITLE)))
        mark = DEFINITION.match(self.text, begin)
        has_line_above = above == number - 1
        self.changes.replace(begin, mark.end() if mark else begin, "\n" if has_line_above else "")
        self.open.append(_Open(indent + MIN_DEFINITION_INDENT))

    def _end_definitions(self, depth: int, end: int) -> None:
        """Let what is below the terms that have deeper definitions end at an offset."""
        while self.definitions and self.definitions[-1].depth > depth:
            term = self.definitions.pop().term
            start, own = self.changes.marked[term]
            self.changes.marked[term] = start, own._replace(end=end)

    def _has_text(self, number: int) -> bool:
        return bool(self.text[slice(*self.lines[number])].strip())


def _closings(changes: Changes) -> dict[int, int]:
    """Find where each container ends, by the start of its first line's colons: before its last line."""
    opened: list[re.Match[str]] = []
    closings: dict[int, int] = {}
    for line in COLONS.finditer(changes.text, changes.body):
        if changes.is_code(line.start("mark")):
            continue
        if line["name"].strip():
            opened.append(line)
            continue
        while opened and len(opened[-1]["mark"]) > len(line["mark"]):
            opened.pop()
        if opened:
            closings[opened.pop().start("mark")] = line.start()
    return closings
