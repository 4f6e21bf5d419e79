"""Edit the templates of wikitext that stand inside of lines: most show one of their arguments, or their own name.

"…" stands for what cannot be known. The names are those of Wikipedia and of the wikis of games.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.text.cautions import is_warning_label
from retrieval.text.source_map import Edit

UNKNOWN = "…"  # stands for a value that only the wiki knows
SILENT = re.compile(  # what shows nothing of its page, by how its name begins, or by all of it
    r"(?:cite|citation|cn\b|sfn|efn|refn?\b|harv|when\b|who\b|clarify|dubious|reflist|references|notelist|see also"
    r"|short desc|use \w+ (?:dates|english)|anchor|clear\b|toc\b|default ?sort|displaytitle|italic title|lowercase"
    r"|navbox|nav\b|sidebar|hatnote|other ?uses|redirect|distinguish|you ?may|portal|commons|sister|authority control"
    r"|clean ?up|unreferenced|refimprove|orphan|more citations|copy ?edit|good article|under construction|pp-|disambig"
    r"|int:|ns:|#tag:|#invoke:)"
    r"|(?:(?:.* )?stub|main(?: article)?|about|for|r|fn|external(?: links?)?|delete|deletion|merge|expand|incomplete"
    r"|title|construction|protected|featured(?: article)?|dab|cat|category|tabs?)\d?$",
    re.IGNORECASE,
)
SHOWN = re.compile(
    r"(?:nowrap|nobr|lang(?:-\w+)?|abbr|small|smaller|big|em|strong|var|code|tt|sort|colou?r|font ?colou?r|fc)\b",
    re.IGNORECASE,
)
JOINED = {"key": " + ", "keys": " + ", "kbd": " + ", "keypress": " + ", "key press": " + ", "hotkey": " + "}
JOINED |= dict.fromkeys(("hlist", "flatlist", "plainlist", "ubl", "unbulleted list"), ", ")
JOINED |= {"frac": "/", "fraction": "/", "sfrac": "/", "convert": " ", "cvt": " "}
STATED = {  # what templates say by their names, for themselves or about what is beside it
    **dict.fromkeys(("yes", "y", "ya"), "Yes"),
    **dict.fromkeys(("no", "n"), "No"),
    **dict.fromkeys(("n/a", "na"), "N/A"),
    **dict.fromkeys(("tick", "check", "checkmark", "aye"), "✓"),
    **dict.fromkeys(("cross", "x mark", "xmark", "nay"), "✗"),
    **{
        name.lower(): name
        for name in (
            "Always", "Any", "Free", "Maybe", "Never", "None", "Optional", "Partial", "Rarely", "Required", "Some",
            "Sometimes", "TBA", "TBD", "Unknown",
        )
    },
}  # fmt: skip
CURRENCY = re.compile(
    r"(?:bronze|caps?|coins?|copper|credits?|diamonds?|experience|exp|gems?|gil|gold|platinum|silver|souls?|tokens?|xp)"
)
PASSED_ON = re.compile(r"(?:formatnum|lc|uc|lcfirst|ucfirst):\s*", re.IGNORECASE)
PAGE_NAMES = ("pagename", "fullpagename", "subpagename", "basepagename")
FUNCTION_MARK = "#"  # before the name of what is no template but computes
MARKS = {"!": "|", "=": "="}
DATE = re.compile(r"(?:(?:start|end|release|film|launch) date(?: and age)?|dts|date)", re.IGNORECASE)
COMPUTED = re.compile(
    r"(?:age\b|birth|death|ago\b|time ?(?:ago|since|left|until)|countdown|calc|random|current|number ?of|count\b)",
    re.IGNORECASE,
)
LOOKED_UP = re.compile(r".*\b(?:gep|price|value)\b", re.IGNORECASE)  # of the thing that is named, unless it is a number
LAYOUT = re.compile(r"\d{0,5}x?\d{1,5}px|left|right|center|none|thumb|frameless|link=.*|alt=.*", re.IGNORECASE)
PICTURE = re.compile(r"[^\n]{1,200}\.(?:png|jpe?g|gif|svg|webp)\s*", re.IGNORECASE)
HIDDEN_KEY = re.compile(
    r"(?:style|class|bgcolor|width|align|image|img|icon|picture)(?: ?(?:size|width))?\d*", re.IGNORECASE
)
QUANTITY = re.compile(r"[\W_]*\d[\d.,:/\s–-]*[%\w]{0,2}")
LETTERS = re.compile(r"[^\W\d_]")
FULL_BEFORE = re.compile(r"(?:^|\n)[ \t*#:;]*\Z|[|!=][ \t]*\Z")
FULL_BEHIND = re.compile(r"[ \t]*(?:\||!!|\}\}|\Z|\n)")
NUMBER_BEFORE = re.compile(r"\d[ \t]?\Z")
UNIT = re.compile(r"[A-Za-z]{3,20}")
MAX_GAP = 3  # characters before what repeats a value, such as those of a link
MIN_TEXT_WORDS, MIN_SENTENCE_WORDS = 4, 2
SENTENCE_END = (".", "!", "?")


class Argument(NamedTuple):
    """What a template is given: text[start:end], without white space around it, behind a pipe at text[pipe].

    `key` is "" if it has no name.
    """

    key: str
    pipe: int
    start: int
    end: int


class Template(NamedTuple):
    """A template at text[start:end]."""

    start: int
    end: int
    name: str
    arguments: tuple[Argument, ...]


def is_shown(text: str, argument: Argument) -> bool:
    """Tell whether an argument is text to read, unlike a picture or what says how the others look."""
    content = text[argument.start : argument.end]
    is_hidden = PICTURE.fullmatch(content) or LAYOUT.fullmatch(content) or HIDDEN_KEY.fullmatch(argument.key)
    return bool(content) and not is_hidden


def is_text(text: str, argument: Argument) -> bool:
    """Tell whether an argument is a sentence, or has several words."""
    content = text[argument.start : argument.end]
    return len(content.split()) >= (MIN_SENTENCE_WORDS if content.endswith(SENTENCE_END) else MIN_TEXT_WORDS)


def value_edits(text: str, template: Template, title: str, *, is_alone: bool) -> Iterator[Edit]:
    """Edit a template to the value that it shows; one that is alone on its line shows no other.

    `title` is that of the page, which pages show as a value.
    """
    start, end, name, _ = template
    name = name.lower()
    values = [argument for argument in template.arguments if not argument.key and is_shown(text, argument)]
    named = [argument for argument in template.arguments if argument.key and is_shown(text, argument)]
    passed = PASSED_ON.match(template.name)
    shown = (title or []) if name in PAGE_NAMES else _shown(text, template, values)
    separator = JOINED.get(name, " ")
    if name in MARKS or (SILENT.match(name) and not passed):
        yield Edit(start, end, MARKS.get(name, ""))
    elif passed:
        begin = text.index(":", start) + 1
        yield Edit(start, begin + len(text[begin:end]) - len(text[begin:end].lstrip()))
        yield Edit(end - 2, end)
    elif isinstance(shown, str):
        yield Edit(start, end if shown or text[end : end + 1] != " " else end + 1, shown)
    elif shown:
        yield from _joined(template, shown, _label(name, text, shown), separator, _unit(text, template, shown))
    elif len(named) > 1 and not values and _is_full(text, start, end):
        yield from row_edits(text, template, "", "")
    elif not values and not named and UNIT.fullmatch(name) and NUMBER_BEFORE.search(text[max(start - 3, 0) : start]):
        yield Edit(start, end, template.name if text[start - 1] == " " else f" {template.name}")
    else:
        yield Edit(start, end, "" if is_alone else UNKNOWN)


def row_edits(text: str, template: Template, before: str, behind: str) -> Iterator[Edit]:
    """Write the arguments of a template in a row: "name: Herring; weight: 3"."""
    position = template.start
    for argument in template.arguments:
        if is_shown(text, argument):
            separator = before if position == template.start else "; "
            yield Edit(position, argument.start, f"{separator}{argument.key}: " if argument.key else separator)
            position = argument.end
    yield Edit(position, template.end, behind)


def _shown(text: str, template: Template, values: Sequence[Argument]) -> str | list[Argument]:
    """Return what a template shows: words of ours, or some of its arguments; none if that cannot be known."""
    name = template.name.lower()
    contents = [text[value.start : value.end] for value in values]
    named = {
        argument.key.lower(): text[argument.start : argument.end] for argument in template.arguments if argument.key
    }
    if name == "as of" or DATE.fullmatch(name):
        return _date(contents, named, is_as_of=name == "as of")
    if name in STATED:
        stated = STATED[name]
        return (
            f"{stated} ({contents[0]})"
            if contents and not contents[0].startswith(stated)
            else (contents or [stated])[0]
        )
    if (
        name.startswith(FUNCTION_MARK)
        or COMPUTED.match(name)
        or (LOOKED_UP.match(name) and not any(map(str.isdigit, "".join(contents))))
    ):
        return []
    if SHOWN.match(name):
        return list(values[-1:])
    if name in JOINED:
        is_pair = JOINED[name] in ("/", " ")  # whatever comes behind it says how it looks
        return list(values[:2] if is_pair else values) if len(values) == 2 or JOINED[name] != "/" else []
    if len(values) == 1:
        follows = text[template.end : template.end + len(contents[0]) + MAX_GAP].lstrip(" [").casefold()
        return "" if follows.startswith(contents[0].casefold()) else list(values)
    are_quantities = [QUANTITY.fullmatch(content) is not None for content in contents]
    if len(values) == 2 and sum(are_quantities) == 1 and any(map(LETTERS.search, contents)):
        return list(values)
    texts = [value for value in values if is_text(text, value)]
    return texts[:1] if is_warning_label(template.name) or len(texts) == 1 else []


def _label(name: str, text: str, shown: Sequence[Argument]) -> str:
    """Return the name of a warning, which its text may lack."""
    is_warning = is_warning_label(name) and is_text(text, shown[0])
    return f"{name.capitalize()}: " if is_warning else ""


def _unit(text: str, template: Template, shown: Sequence[Argument]) -> str:
    """Return the currency that the name of a template is, behind a number, unless it follows anyway."""
    name = template.name.lower()
    is_number = len(shown) == 1 and QUANTITY.fullmatch(text[shown[0].start : shown[0].end])
    follows = text[template.end : template.end + 1 + len(name)].strip().lower()
    return f" {name}" if is_number and CURRENCY.fullmatch(name) and not follows.startswith(name.rstrip("s")) else ""


def _joined(
    template: Template, arguments: Sequence[Argument], label: str, separator: str, behind: str
) -> Iterator[Edit]:
    """Leave nothing of a template but some of its arguments."""
    position = template.start
    for argument in arguments:
        yield Edit(position, argument.start, label if position == template.start else separator)
        position = argument.end
    yield Edit(position, template.end, behind)


def _date(values: Sequence[str], named: dict[str, str], *, is_as_of: bool) -> str | list[Argument]:
    """Write a date that is given as a year, a month and a day: "As of 5 May 2024"; what is none is unknown."""
    if named.get("alt"):
        return named["alt"]
    if not values or not re.fullmatch(r"\d{4}", values[0]):
        return [] if not values else " ".join(values[:3]) if is_as_of else []
    month = values[1] if len(values) > 1 else ""
    if month.isdecimal() and month.isascii():
        if not 1 <= int(month[:3]) <= 12:
            return []
        month = calendar.month_name[int(month[:3])]
    day = values[2].lstrip("0") if len(values) > 2 and re.fullmatch(r"\d{1,2}", values[2]) else ""
    date = " ".join(filter(None, (day, month, values[0])))
    if not is_as_of:
        return date
    return f"{'as' if named.get('lc') else 'As'} of {date}"


def _is_full(text: str, start: int, end: int) -> bool:
    """Tell whether a template is all that there is in an item, a cell or the value of an argument."""
    before = text[max(start - 200, 0) : start]
    return FULL_BEFORE.search(before) is not None and FULL_BEHIND.match(text, end) is not None
