"""Read the text of a LaTeX file: sections, paragraphs, lists, tables and code, without commands.

Formulas inside a sentence stay as they are written; those on lines of their own are asides. Commands that the file does
not explain are replaced by what they are given, and other files are never read.
"""

import re
from collections.abc import Iterator

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.notes import can_be_marked, mark_of, says_something
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.tex_macros import GROUP, expand_macros, write_quantities
from retrieval.reading.isolated.protocol import Extracted, Part
from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number

SECTIONS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
COMMENT = re.compile(r"(?<!\\)%.*?(?:\n[ \t]*|$)", re.MULTILINE)
VERBATIM = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|Verbatim|alltt|Highlighting)\}(.*?)\\end\{\1\}", re.DOTALL
)
CODE_TOKEN = re.compile(r"\\[A-Z]\w+Tok\{((?:[^{}\\]|\\.)*)\}")  # as pandoc colours code
UNREAD = re.compile(r"\\iffalse\b.*?(?:\\fi\b|$)", re.DOTALL)
TICK = re.compile(r"\$?\\(boxtimes|square|checkmark)\$?")
TICKS = {"boxtimes": "☒", "square": "☐", "checkmark": "✓"}
OPTIONS = re.compile(r"\s*(?:\[[^\]]*\])?(?:\{(\w+)\})?[ \t]*\n")  # after the beginning of code, with its language
LANGUAGE = re.compile(r"language=\{?(?:\[[^\]]*\])?(\w+)")
FORMULA = re.compile(r"equation\*?|align\*?|gather\*?|multline\*?|eqnarray\*?|displaymath|math|tikzpicture|picture")
TABLES, LISTS = re.compile(r"tabular[x*]?|longtable|array"), re.compile(r"itemize|enumerate|description|compactitem")
PLACED = re.compile(r"(?:table|figure|wraptable|wrapfigure|itemize|enumerate|description)\*?")  # with options behind it
PLACEMENT = re.compile(r"[ \t]*\[[^\]\n]{0,200}\]")
MAX_OPEN = 100  # environments inside each other
SKIPPED = re.compile(r"thebibliography|filecontents\*?|comment|CJK\*?")
TOKEN = re.compile(
    r"\\begin\{(?P<begin>[\w*]+)\}|\\end\{(?P<end>[\w*]+)\}|\x00(?P<code>\d+)\x00"
    r"|\\item\b[ \t]*(?:\[(?P<term>[^\]]*)\])?"
    rf"|\\(?P<section>{'|'.join(SECTIONS)})\*?[ \t]*(?:\[[^\]]*\])?{GROUP.replace('(', '(?P<title>', 1)}"
    rf"|\\caption\*?(?:\[[^\]]*\])?{GROUP.replace('(', '(?P<caption>', 1)}"
    r"|\\\[(?P<display>.{0,3000}?)\\\]|\$\$(?P<dollars>.{0,3000}?)\$\$|(?P<gap>\n[ \t]*\n\s*)|\\par\b",
    re.DOTALL,
)
REFERENCE = re.compile(rf"\\(?:ref|eqref|pageref|autoref|[cC]ref|nameref|vref)\*?\s*{GROUP}")  # to a number
DROPPED = re.compile(  # with what they are given
    r"\\(?:label|cite\w*|parencite|textcite|nocite|index|vspace|hspace|input|include"
    r"|includegraphics|bibliography\w*|usepackage|documentclass|setlength|addtolength|pagestyle|thispagestyle|hypersetup"
    r"|footnotemark|thanks|setcounter|addcontentsline|bibitem|color|phantom|todo|sout|st|cancel|vphantom|centering"
    r"|marginpar)(?![A-Za-z])\*?"
    rf"(?:\s*\[[^\]]*\])*(?:\s*{GROUP})*"
)
LINKS = re.compile(rf"\\href\s*{GROUP}\s*{GROUP}|\\textcolor\s*{GROUP}\s*{GROUP}")
RAISED = re.compile(rf"\\textsuperscript\s*{GROUP}")
TARGET = re.compile(rf"\\(?:hypertarget|phantomsection)\s*(?:{GROUP})?")
FOOTNOTE = re.compile(rf"\\footnote(?:text)?(?:\[[^\]]*\])?\s*{GROUP}")
ACCENT = re.compile(
    r"\\(?P<mark>[`'^\"~=.cvuH])(?:\{(?P<group>\\?[A-Za-z])\}|(?<=[`'^\"~=.])(?P<letter>\\?[A-Za-z])"
    r"| (?P<spaced>[A-Za-z]))"
)
COMBINING = {"`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
             "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b"}  # fmt: skip
LETTERS = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å",
           "l": "ł", "L": "Ł",
           "i": "i", "j": "j", "ldots": "…", "dots": "…", "textendash": "–", "textemdash": "—", "euro": "€", "EUR": "€",
           "textdegree": "°", "degree": "°", "S": "§", "copyright": "©", "LaTeX": "LaTeX", "TeX": "TeX", "quad": " ",
           "qquad": " ", "newline": " ", "linebreak": " ", "today": "", "textbackslash": "\\"}  # fmt: skip
COMMAND = re.compile(r"\\([A-Za-z]+)\*?(?:\[[^\]]*\])?[ \t]*")
MATH = re.compile(r"\\\((.{0,300}?)\\\)|(?<!\\)\$([^$\n]{1,300})\$", re.DOTALL)
DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|$)", re.DOTALL)
NEW_CELL, NEW_ROW = re.compile(r"(?<!\\)&"), re.compile(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline")
# A cell that spans columns or rows: how many, how it is set, and its text.
ACROSS = re.compile(rf"\\multicolumn\s*\{{\s*(\d{{1,3}})\s*\}}\s*{GROUP}\s*{GROUP}")
DOWN = re.compile(
    rf"\\multirow\s*(?:\[[^\]]*\])?\s*\{{\s*(\d{{1,3}})\s*\}}\s*(?:\[[^\]]*\])?\s*{GROUP}\s*(?:\[[^\]]*\])?\s*{GROUP}"
)
MAX_SPAN = 100
CIRCLE = re.compile(r"\s*(?:\\,|~)?\^\s*(?:\{\s*\\circ\s*\}|\\circ\b)")  # of degrees, in a formula
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot)|\\(?:cline|cmidrule)(?:\([^)]*\))?\{[^}]*\}"
)


def read(content: bytes) -> Extracted:
    """Extract the parts of the document, its title, authors and date. Raises RefusedError."""
    source = decode(content)
    codes: list[tuple[str, str]] = []  # the code and its language

    def keep(match: re.Match[str]) -> str:
        options = OPTIONS.match(match[2])
        given = options[0] if options else ""
        language = LANGUAGE.search(given)
        code = match[2][len(given) :]
        code = CODE_TOKEN.sub(r"\1", code.removeprefix("[]\n")) if match[1] == "Highlighting" else code
        codes.append((code, language[1] if language else (options[1] or "" if options else "")))
        return f"\n\n\x00{len(codes) - 1}\x00\n\n"

    source = UNREAD.sub("", COMMENT.sub("", VERBATIM.sub(keep, source.replace("\x00", ""))))
    source = expand_macros(source, DROPPED)
    document = DOCUMENT.search(source)
    title, author, date = (_given(source, name) for name in ("title", "author", "date"))
    body = re.sub(
        r"\\maketitle|\\(?:title|author|date)\b(?:\[[^\]]*\])?" + GROUP, "", document[1] if document else source
    )
    parts = [Part("heading", title, 1)] if title else []
    parts += _Reader(codes).parts(body)
    return Extracted(tuple(parts), title=title, source=author, published=date_of(date) or date)


class _Reader:
    """Turns LaTeX into parts; knows the environments that are open."""

    def __init__(self, codes: list[tuple[str, str]]) -> None:
        self._codes = codes
        self._open: list[str] = []
        self._numbers: list[int] = []  # of the items of the open lists; -1 for lists that do not count
        self._text: list[str] = []
        self._notes: list[str] = []
        self._marks = 0  # of notes, in the whole document
        self._item: int | None = None  # number of the item that is open

    def parts(self, body: str) -> Iterator[Part]:
        """Yield the parts of a document."""
        position = 0
        for match in TOKEN.finditer(body):
            if match.start() < position:  # inside a table
                continue
            self._text.append(body[position : match.start()])
            position = match.end()
            if match["begin"] and PLACED.fullmatch(match["begin"]) and (given := PLACEMENT.match(body, position)):
                position = given.end()
            if match["begin"] and TABLES.fullmatch(match["begin"]) and not self._is_inside(SKIPPED):
                end = body.find(f"\\end{{{match['begin']}}}", position)
                end = end if end >= 0 else len(body)
                yield from self._flush()
                yield from _table(body[position:end])
                position = end
            else:
                yield from self._token(match)
        self._text.append(body[position:])
        yield from self._flush()
        yield from (Part("text", note) for note in self._notes)

    def _token(self, match: re.Match[str]) -> Iterator[Part]:
        """Take what divides the text; yields what it ends."""
        if match["begin"] or match["end"]:
            yield from self._flush()
            self._enter_or_leave(match["begin"], match["end"])
        elif match["code"] is not None:
            yield from self._flush()
            code, language = self._codes[int(match["code"])] if int(match["code"]) < len(self._codes) else ("", "")
            yield Part("code", code, len(self._numbers), language=language)
        elif match["section"]:
            yield from self._flush()
            yield from (Part("text", note) for note in self._notes)
            self._notes = []
            yield Part("heading", _plain(match["title"]), SECTIONS[match["section"]])
        elif match["caption"] or match["display"] or match["dollars"]:
            yield from self._flush()
            yield Part("aside", _plain(match["caption"]) if match["caption"] else match["display"] or match["dollars"])
        else:
            yield from self._flush()
            if match[0].startswith("\\item") and self._numbers:
                self._numbers[-1] += self._numbers[-1] >= 0
                self._item = max(self._numbers[-1], 0)
                if match["term"]:
                    term = _plain(TICK.sub(lambda tick: TICKS[tick[1]], match["term"]))
                    self._text.append(f"{term}: " if any(map(str.isalnum, term)) else f"{term} ")

    def _enter_or_leave(self, begin: str | None, end: str | None) -> None:
        """Open or close an environment; those inside too many others are not seen."""
        if begin and len(self._open) < MAX_OPEN:
            self._open.append(begin)
            if LISTS.fullmatch(begin):
                self._numbers.append(0 if begin == "enumerate" else -1)
        elif end and end in self._open:
            while self._open:
                closed = self._open.pop()
                if LISTS.fullmatch(closed) and self._numbers:
                    self._numbers.pop()
                if closed == end:
                    break

    def _note(self, match: re.Match[str]) -> str:
        """Keep a note for the end of the section; returns its mark if it says something, else ""."""
        text = _plain(match[1])
        is_marked = says_something(text) and can_be_marked(match.string[: match.start()][-1:])
        self._marks += is_marked
        mark = mark_of(self._marks) if is_marked else ""
        self._notes += [f"{mark} {text}".strip()] if text else []
        return mark

    def _is_inside(self, pattern: re.Pattern[str]) -> bool:
        return any(map(pattern.fullmatch, self._open))

    def _flush(self) -> Iterator[Part]:
        """Yield the paragraph, item or formula that is open."""
        source, self._text = "".join(self._text), []
        if not source.strip() or self._is_inside(SKIPPED):
            return
        if self._is_inside(FORMULA):
            yield Part("aside", source)
            return
        text = _plain(FOOTNOTE.sub(self._note, source))
        if text and self._item is not None:
            yield Part("item", text, len(self._numbers), number=self._item)
        elif text:
            yield Part("text", text, len(self._numbers))
        self._item = None if text else self._item


def _table(source: str) -> Iterator[Part]:
    """Yield the rows of a table; what it says of its columns comes first."""
    source = re.sub(rf"^\s*(?:{GROUP}\s*)?(?:\[[^\]]*\])?\s*{GROUP}", "", source)
    grid: list[list[str | None]] = []
    below: dict[int, tuple[int, str]] = {}  # by column: how many further rows a cell spans, and its text
    for row in filter(str.strip, (RULES.sub("", row) for row in NEW_ROW.split(source))):
        cells: list[str | None] = []
        for cell in NEW_CELL.split(row):
            columns, rows, text = _cell(cell)
            left, spanning = below.pop(len(cells), (0, ""))
            if rows > 1 or left > 1:
                below[len(cells)] = (rows - 1, text) if rows > 1 else (left - 1, spanning)
            cells += [text or spanning, *[None] * (columns - 1)]
        grid.append(cells)
    yield from table_parts(grid)


def _cell(source: str) -> tuple[int, int, str]:
    """Return how many columns and rows a cell spans, and its text."""
    columns = rows = 1
    if across := ACROSS.fullmatch(source.strip()):
        columns, source = min(max(int(across[1]), 1), MAX_SPAN), across[3]
    if down := DOWN.fullmatch(source.strip()):
        rows, source = min(max(int(down[1]), 1), MAX_SPAN), down[3]
    return columns, rows, _plain(source)


def _given(source: str, name: str) -> str | None:
    """Return what the first command of a name is given, None if it is not used."""
    match = re.search(rf"\\{name}\b(?:\[[^\]]*\])?\s*{GROUP}", source)
    return _plain(re.sub(r"\s*\\and\b\s*", ", ", FOOTNOTE.sub("", match[1]))) or None if match else None


def _plain(source: str) -> str:
    """Reduce LaTeX to text; formulas stay as they are written."""
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        formulas.append(CIRCLE.sub("°", (match[1] or match[2] or "").strip()))
        return f"\x01{len(formulas) - 1}\x01"

    text = MATH.sub(keep, source.replace("\\\\", " ").replace("\x01", ""))
    text = RAISED.sub(lambda match: raise_number(match[1]), REFERENCE.sub("…", write_quantities(text)))
    text = LINKS.sub(lambda match: match[2] or match[4] or "", text)
    text = ACCENT.sub(lambda match: _accented(match), DROPPED.sub("", TARGET.sub("", text)))
    text = COMMAND.sub(lambda match: LETTERS.get(match[1], ""), text)
    text = re.sub(r"\\([%&_#$ {}])", lambda match: {"{": "\x02", "}": "\x03"}.get(match[1], match[1]), text)
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”").replace("~", " ")
    text = re.sub(r"[{}]|\\[-,;:!/@]", "", text).replace("\x02", "{").replace("\x03", "}")
    text = re.sub("\x01(\\d+)\x01", lambda match: formulas[int(match[1])], text)
    return re.sub(r" +([.,;:!?])(?=\s|$)", r"\1", one_line(text))


def _accented(match: re.Match[str]) -> str:
    from unicodedata import normalize

    letter = (match["group"] or match["letter"] or match["spaced"]).lstrip("\\")
    return normalize("NFC", letter + COMBINING[match["mark"]])
