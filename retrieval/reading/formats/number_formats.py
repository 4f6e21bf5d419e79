"""Write numbers as Excel shows them in a format of cells: "£1,250.50", "(20.00)", "0007", "Mon 9 Mar", "2:30 PM".

Names of days and months are English. Formats with fractions, exponents, conditions or other calendars are left to the
caller, and so are dates in digits, whose order readers of other countries mistake.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
}  # fmt: skip
TOKEN = re.compile(
    r"\"(?P<quoted>[^\"]*)\"|\\(?P<escaped>.)|(?P<gap>_.|\*.)|\[(?P<bracket>[^\]]*)\]|(?P<half>AM/PM|A/P)"
    r"|(?P<general>General)|(?P<part>y+|m+|d+|h+|s+)|(?P<digits>[0#?]+)|(?P<mark>[.,%])|(?P<end>;)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
CURRENCY = re.compile(r"\$([^-]*)(?:-(.*))?", re.DOTALL)
COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d+", re.IGNORECASE)
ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
HEXADECIMAL = re.compile(r"[0-9a-f]{1,8}", re.IGNORECASE)
ENGLISH, NEUTRAL = 9, 0  # languages, in the last ten bits of a number that names a locale
MAX_CODE_LENGTH = 255  # characters, in Excel as well
MAX_NUMBER, MAX_DECIMALS = 1e15, 30
LAST_DAY = 2_900_000  # in both ways to count days
SECONDS = {"h": 3600, "m": 60, "s": 1}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class _Token(NamedTuple):
    """A piece of a format: a text, digits, a point, comma or percent sign, or a part of a date or time."""

    kind: str
    text: str


Section = tuple[_Token, ...]


def shown_number(number: float, code: str, first_day: datetime) -> str | None:
    """Write a number in the format with a code, where days count from the first one; None if it is not a common format.

    A date without its year is followed by all of it: "Mon 9 Mar (2026-03-09)".
    """
    sections = _sections(code)
    if sections is None or not abs(number) < MAX_NUMBER:
        return None
    is_other = len(sections) > 1 and number < 0
    section = sections[1] if is_other else sections[2] if len(sections) > 2 and number == 0 else sections[0]
    kinds = {token.kind for token in section}
    if kinds & {"part", "elapsed"}:
        return None if kinds & {"digits", "%", "general"} or not number >= 0 else _moment(number, section, first_day)
    if not kinds & {"digits", "general"}:  # such as the dash of a zero, or nothing at all
        return _texts(section) if section or len(sections) > 1 else None
    sign = "-" if number < 0 and not is_other else ""
    shown = _number(abs(number), section)
    return f"{sign}{shown}" if shown and re.search("[1-9]", shown) else shown


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[Section, ...] | None:
    """Divide a code into its sections: for all numbers, or for positive ones, negative ones and zero."""
    if not code or len(code) > MAX_CODE_LENGTH:
        return None
    sections: list[list[_Token]] = [[]]
    for match in TOKEN.finditer(code):
        if match["end"]:
            sections.append([])
            continue
        token = _token(match)
        if token is None and len(sections) < 4:  # the fourth is for texts
            return None
        if token is not None and token.text:
            sections[-1].append(token)
    last = sections[-1]
    if len(sections) < 4 and len(sections) > 1 and last and last[0].text == "@":  # a section for texts
        sections.pop()
    if any(token.text == "@" for section in sections[:3] for token in section):
        return None
    return tuple(map(tuple, sections[:3]))


def _token(match: re.Match[str]) -> _Token | None:
    """Return a piece of a format, without a text if it shows nothing; None if it is not a common one."""
    kind = match.lastgroup or ""
    text = match[kind]
    match kind:
        case "quoted" | "escaped":
            return _Token("text", text)
        case "gap":
            return _Token("text", "")
        case "bracket":
            return _in_brackets(text)
        case "literal" if text.isascii() and text.isalpha():
            return None
        case "literal":
            return _Token("text" if text != "/" else text, text)
        case "mark":
            return _Token(text, text)
        case _:
            return _Token(kind, text.lower())


def _in_brackets(text: str) -> _Token | None:
    """Return what brackets in a format show: a currency, or time that goes on beyond a day; a colour shows nothing."""
    if currency := CURRENCY.fullmatch(text):
        locale = currency[2] or "0"
        language = int(locale, 16) & 0x3FF if HEXADECIMAL.fullmatch(locale) else ENGLISH if locale[:2] == "en" else -1
        return _Token("text", currency[1]) if currency[1] or language in (ENGLISH, NEUTRAL) else None
    if ELAPSED.fullmatch(text):
        return _Token("elapsed", text.lower())
    return _Token("text", "") if COLOUR.fullmatch(text) else None


def _texts(tokens: Sequence[_Token]) -> str:
    return "".join(token.text for token in tokens)


def _number(number: float, section: Section) -> str | None:
    """Write a number that is not negative; None if the section has more than one number."""
    if any(token.kind == "general" for token in section):
        return "".join(f"{number:.15g}" if token.kind == "general" else token.text for token in section)
    places = [place for place, token in enumerate(section) if token.kind == "digits"]
    first = places[0] - (places[0] > 0 and section[places[0] - 1].kind == ".")
    before, pattern, after = section[:first], section[first : places[-1] + 1], section[places[-1] + 1 :]
    thousands = next((place for place, token in enumerate(after) if token.kind != ","), len(after))
    point = next((place for place, token in enumerate(pattern) if token.kind == "."), len(pattern))
    whole, fraction = pattern[:point], _texts(pattern[point + 1 :])
    outside = {token.kind for token in (*before, *after[thousands:])}
    if outside - {"text", "%", "."} or not {token.kind for token in whole} <= {"digits", ",", "text"}:
        return None
    if fraction.strip("0#?") or len(fraction) > MAX_DECIMALS:
        return None
    shares = sum(token.kind == "%" for token in section)
    value = Decimal(f"{number:.15g}").scaleb(2 * shares - 3 * thousands)
    digits, _, decimals = f"{value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP):f}".partition(".")
    kept = len(fraction.rstrip("#?"))
    decimals = decimals[:kept] + decimals[kept:].rstrip("0")
    return _texts(before) + _whole(digits, whole) + (f".{decimals}" if decimals else "") + _texts(after[thousands:])


def _whole(digits: str, pattern: Sequence[_Token]) -> str:
    """Write the digits before the point, with zeros, separators and the texts between them."""
    places = _texts([token for token in pattern if token.kind == "digits"])
    digits = digits.lstrip("0").zfill(len(places.lstrip("#?")))
    if any(token.kind == "," for token in pattern):
        return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", digits)
    shown: list[str] = []
    left = len(digits)
    for token in reversed(pattern):
        if token.kind == "text":
            shown.append(token.text if left else "")
        else:
            shown.append(digits[max(left - len(token.text), 0) : left])
            left = max(left - len(token.text), 0)
    return digits[:left] + "".join(reversed(shown))


def _moment(days: float, section: Section, first_day: datetime) -> str | None:
    """Write a date or a time; None if the date is in digits, or after the year 9999."""
    if not days < LAST_DAY:
        return None
    seconds = round(days * 86_400)
    moment = first_day + timedelta(seconds=seconds)
    parts = list(_parts(section))
    kinds = {kind for kind, _ in parts}
    if kinds & {"M", "MM", "MMMMM"} or (kinds & {"d", "dd"} and not kinds & {"MMM", "MMMM"}):
        return None
    has_half = any(token.kind == "half" for token in section)
    hour = (moment.hour + 11) % 12 + 1 if has_half else moment.hour
    shown = {
        "yy": f"{moment:%y}", "yyyy": f"{moment.year}", "MMM": MONTHS[moment.month - 1][:3],
        "MMMM": MONTHS[moment.month - 1], "d": f"{moment.day}", "dd": f"{moment:%d}",
        "ddd": DAYS[moment.weekday()][:3], "dddd": DAYS[moment.weekday()], "h": f"{hour}", "hh": f"{hour:02}",
        "m": f"{moment.minute}", "mm": f"{moment:%M}", "s": f"{moment.second}", "ss": f"{moment:%S}",
        "half": "AM" if moment.hour < 12 else "PM",
    }  # fmt: skip
    pieces = []
    for kind, text in parts:
        if kind == "elapsed":
            pieces.append(f"{seconds // SECONDS[text[0]]:0{len(text)}}")
        elif kind != "text" and kind not in shown:
            return None
        else:
            pieces.append(shown.get(kind, text))
    is_undated = bool(kinds & {"d", "dd", "ddd", "dddd"}) and not kinds & {"yy", "yyyy"}
    return "".join(pieces).strip() + (f" ({moment:%Y-%m-%d})" if is_undated else "")


def _parts(section: Section) -> Iterator[tuple[str, str]]:
    """Yield the parts of a date or time and the texts between them; months are in capital letters, minutes are not."""
    parts = [token for token in section if token.kind in ("part", "elapsed")]
    before = after = ""
    for token in section:
        if token.kind not in ("part", "elapsed"):
            yield ("half" if token.kind == "half" else "text"), token.text
            continue
        parts = parts[1:]
        after = parts[0].text if parts else ""
        is_month = token.text[0] == "m" and not before.startswith("h") and not after.startswith("s")
        before = token.text
        yield token.kind if token.kind == "elapsed" else token.text.upper() if is_month else token.text, token.text
