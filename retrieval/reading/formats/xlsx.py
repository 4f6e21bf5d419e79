"""Read an Excel file: the rows of each sheet as sentences with the names of their columns, as Excel shows the values.

Hidden sheets, rows and columns are left out. Formulas have the value that was last computed for them.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.field_markup import cell_text
from retrieval.reading.formats.number_formats import BUILT_IN, shown_number
from retrieval.reading.formats.pptx import core_property, relations
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.xml_parsing import parse_xml
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.reading.placeholders import own_time
from retrieval.text.cleaning import one_line
from retrieval.text.table_shape import RowMark

WORKBOOK = "xl/workbook.xml"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
DATE_FORMATS = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}  # built-in formats, by number
TIME_FORMATS, PERCENT_FORMATS = {18, 19, 20, 21, 45, 46, 47}, {9: 0, 10: 2}  # the latter with their decimals
LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')  # in a format, what is no code
FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
MAX_CELLS, MAX_COLUMNS = 500_000, 500
Rows = list[list[str | None]]


def read(content: bytes) -> Extracted:
    """Extract the rows of the sheets, numbered as in the sheet, below its name. Raises RefusedError."""
    archive = open_archive(content)
    names = archive.namelist()
    if WORKBOOK not in names:
        raise RefusedError("not an Excel file, or damaged; save it as .xlsx or .csv")
    book = _Book(archive)
    root = parse_xml(read_member(archive, WORKBOOK))
    sheets = [sheet for sheet in root.iter(f"{MAIN}sheet") if sheet.get("state") in (None, "visible")]
    targets = relations(archive, WORKBOOK)
    parts: list[Part] = []
    for sheet in sheets:
        target = targets.get(sheet.get(RELATION_ID) or "")
        rows = list(book.parts(parse_xml(read_member(archive, target)))) if target in names else []
        if rows and len(sheets) > 1:
            parts.append(Part("heading", one_line(sheet.get("name") or ""), 1))
        parts += rows
    core = parse_xml(read_member(archive, "docProps/core.xml")) if "docProps/core.xml" in names else None
    return Extracted(
        tuple(parts), "row", core_property(core, "title"), core_property(core, "creator"),
        date_of(own_time(core_property(core, "created"), core_property(core, "creator"))),
    )  # fmt: skip


class _Book:
    """Reads cells as Excel shows them: knows the shared texts and the formats of a workbook."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = archive.namelist()
        strings = parse_xml(read_member(archive, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else None
        self._texts = [_text(item) for item in strings.iter(f"{MAIN}si")] if strings is not None else []
        styles = parse_xml(read_member(archive, "xl/styles.xml")) if "xl/styles.xml" in names else None
        self._formats = _formats(styles) if styles is not None else []
        self._bold = _bold(styles) if styles is not None else []
        workbook = parse_xml(read_member(archive, WORKBOOK))
        is_1904 = any(properties.get("date1904") in ("1", "true") for properties in workbook.iter(f"{MAIN}workbookPr"))
        self._first_day = FIRST_DAY_1904 if is_1904 else FIRST_DAY

    def parts(self, sheet: Any) -> Iterator[Part]:
        """Yield the rows of a sheet as parts, each at its number there. Raises RefusedError if they are too many."""
        hidden = _hidden_columns(sheet)
        rows: Rows = []
        numbers: list[int] = []
        marks: list[bool] = []  # whether all letters of a row are bold
        cells = last = 0  # the latter is the row before, shown or not
        for place, row in enumerate(sheet.iter(f"{MAIN}row"), 1):
            line, is_bold = self._line(row, hidden)
            number = int(row.get("r") or place)
            if row.get("hidden") in ("1", "true"):
                last = number
            if row.get("hidden") in ("1", "true") or not line:
                continue
            if numbers and number > last + 1:  # an empty row, which divides tables
                rows.append([])
                numbers.append(number - 1)
                marks.append(False)
            rows.append(line)
            numbers.append(number)
            marks.append(is_bold)
            last = number
            cells += len(line)
            if cells > MAX_CELLS:
                raise RefusedError(f"a sheet has more than {MAX_CELLS:,} cells; save the part that matters as .csv")
        _merge(rows, numbers, sheet)
        filled = [number for number, line in zip(numbers, rows, strict=True) if any(line)]
        are_marked = sum(marks) < len(filled)
        row_marks: list[RowMark] = ["header" if mark and are_marked else "" for mark in marks]
        for part in table_parts(rows, row_marks):
            yield replace(part, at=filled[part.at - 1]) if isinstance(part.at, int) else part

    def _line(self, row: Any, hidden: set[int]) -> tuple[list[str | None], bool]:
        """Return the values of a row up to the last one with a text, and whether all of them are bold."""
        line: list[str | None] = []
        are_bold: list[bool] = []
        for position, cell in enumerate(row.iter(f"{MAIN}c"), 1):
            column = min(_column(cell.get("r")) or position, MAX_COLUMNS)
            text = self._value(cell) if column not in hidden else ""
            if text:
                line += [""] * (column - 1 - len(line))
                line.append(text)
                are_bold.append(_at(self._bold, cell.get("s"), default=False))
        return line, bool(are_bold) and all(are_bold)

    def _value(self, cell: Any) -> str:
        """Return the value of a cell as Excel shows it, but HTML as browsers do; "" if it has none or an error."""
        kind = cell.get("t") or "n"
        if kind == "inlineStr":
            return one_line(cell_text(_text(cell)))
        value = next((element.text or "" for element in cell.iter(f"{MAIN}v")), "")
        if kind == "s":
            is_known = value.isdecimal() and int(value) < len(self._texts)
            return one_line(cell_text(self._texts[int(value)])) if is_known else ""
        if kind == "b":
            return "yes" if value == "1" else "no"
        if kind == "e" or not value:
            return ""
        return (
            one_line(value) if kind in ("str", "d") else self._number(value, _at(self._formats, cell.get("s"), (0, "")))
        )

    def _number(self, value: str, code: tuple[int, str]) -> str:
        """Write a number as Excel shows it, by the number and the code of its format.

        In a format that is not a common one, as a date, a time, a share or a plain number.
        """
        try:
            number = float(value)
        except ValueError:
            return one_line(value)
        identity, custom = code
        shown = shown_number(number, custom or BUILT_IN.get(identity, ""), self._first_day)
        if shown is not None:
            return one_line(shown)
        letters = LITERAL.sub("", custom.partition(";")[0]).lower()
        is_date = identity in DATE_FORMATS or re.search(r"y|d|mmm", letters) is not None
        if (is_date or identity in TIME_FORMATS or re.search(r"h|s", letters)) and 0 <= number < 2_958_466:
            return _moment(self._first_day, number, with_date=is_date)
        if identity in PERCENT_FORMATS or "%" in letters:
            decimals = PERCENT_FORMATS.get(identity, len(letters.partition(".")[2].rstrip("%")))
            return f"{number * 100:.{min(decimals, 10)}f}%"
        return f"{number:.15g}" if abs(number) < 1e15 else value  # Excel computes with 15 digits


def _hidden_columns(sheet: Any) -> set[int]:
    """Return the numbers of the columns that Excel does not show."""
    hidden: set[int] = set()
    for column in sheet.iter(f"{MAIN}col"):
        if column.get("hidden") in ("1", "true"):
            hidden.update(range(int(column.get("min") or 1), min(int(column.get("max") or 1), MAX_COLUMNS) + 1))
    return hidden


def _moment(first_day: datetime, number: float, *, with_date: bool) -> str:
    """Format a number of days as a date, with its time unless that is midnight, or as a time of day."""
    moment = first_day + timedelta(seconds=round(number * 86_400))
    clock = f"{moment:%H:%M}" if not moment.second else f"{moment:%H:%M:%S}"
    if not with_date:
        return clock
    return f"{moment:%Y-%m-%d}" if clock == "00:00" else f"{moment:%Y-%m-%d} {clock}"


def _formats(styles: Any) -> list[tuple[int, str]]:
    """Return the number and the code of the format of each style of cells."""
    codes = {element.get("numFmtId"): element.get("formatCode") or "" for element in styles.iter(f"{MAIN}numFmt")}
    numbers = [style.get("numFmtId") or "0" for formats in styles.iter(f"{MAIN}cellXfs") for style in formats]
    return [(int(number) if number.isdecimal() else 0, codes.get(number, "")) for number in numbers]


def _bold(styles: Any) -> list[bool]:
    """Tell for each style of cells whether its letters are bold."""
    fonts = [font.find(f"{MAIN}b") is not None for fonts in styles.iter(f"{MAIN}fonts") for font in fonts]
    used = [style.get("fontId") for formats in styles.iter(f"{MAIN}cellXfs") for style in formats]
    return [_at(fonts, font, default=False) for font in used]


def _at(values: list[Any], place: str | None, default: Any) -> Any:
    """Return the value at a place that a file names, or a default."""
    number = int(place) if place and place.isdecimal() and len(place) < 8 else 0
    return values[number] if number < len(values) else default


def _merge(rows: Rows, numbers: list[int], sheet: Any) -> None:
    """Put the text of merged cells into each of their rows; None stands beside it."""
    places = {number: place for place, number in enumerate(numbers)}
    for merged in sheet.iter(f"{MAIN}mergeCell"):
        first, _, last = (merged.get("ref") or "").partition(":")
        corners = REFERENCE.fullmatch(first), REFERENCE.fullmatch(last)
        if not corners[0] or not corners[1] or int(corners[0][2]) not in places:
            continue
        left, right = _column(first) - 1, min(_column(last), MAX_COLUMNS)
        top = rows[places[int(corners[0][2])]]
        text = top[left] if left < len(top) else ""
        for place in range(places[int(corners[0][2])], len(rows)):
            if numbers[place] > int(corners[1][2]):
                break
            line = rows[place]
            if not line:
                continue
            line += [""] * (right - len(line))
            line[left:right] = [text, *[None] * (right - left - 1)]


def _column(reference: str | None) -> int:
    """Return the number of a cell's column, from 1; 0 if the reference is not valid."""
    match = REFERENCE.fullmatch(reference or "")
    number = 0
    for letter in match[1] if match else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _text(item: Any) -> str:
    """Join the text of a cell, without what explains how it is pronounced and what is struck out."""
    runs = list(item.iter(f"{MAIN}r"))
    kept = [run for run in runs if next(run.iter(f"{MAIN}strike"), None) is None]
    texts = [text for run in kept for text in run.iterfind(f"{MAIN}t")] or (
        [] if runs else [text for text in item.iter(f"{MAIN}t") if str(text.getparent().tag) != f"{MAIN}rPh"]
    )
    return "".join(text.text or "" for text in texts)
