"""Find the messages of a chat in a web page that a messenger or an exporter made.

The classes of elements tell who wrote a message, when, and what it says. A page counts as a chat only if several
elements called messages have an author, a time and a text, and most of the page is in them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from retrieval.reading.formats.chat_messages import ChatMessage
from retrieval.reading.formats.html_elements import SKIPPED, is_hidden, tag_of
from retrieval.text.cleaning import WHITE_SPACE, one_line

PREFIX = r"(?:.*[-_])?"
MESSAGE = re.compile(rf"{PREFIX}(?:message|msg|chat-?line|chat-?entry)(?:[-_](?:container|item|row|wrapper))?")
AUTHOR = re.compile(rf"{PREFIX}(?:author|user-?name|user|from_name|from|sender|nick(?:name)?|display-?name)(?:-name)?")
TIME = re.compile(rf"{PREFIX}(?:timestamp|date|time|datetime)")
TEXT = re.compile(rf"{PREFIX}(?:content|text|body|message|msg|markdown|preserve)")
SERVICE = re.compile(rf"{PREFIX}(?:service|system|system-notification|event|joined-channel)")
NESTED = re.compile(rf"{PREFIX}(?:reply|reference|reactions?|embed|attachment|reply_to|quoted?|edited(?:-timestamp)?)")
MAX_CLASS_LENGTH = 60  # characters of the name of a class
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}")
BLOCKS = frozenset(("p", "div", "li", "ul", "ol", "pre", "blockquote"))
BREAKS = BLOCKS | {"br"}
PRESERVED = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
MIN_MESSAGES = 2  # with an author, a time and a text
MIN_SHARE = 0.6  # of the text of the page


def chat_messages(root: Any) -> list[ChatMessage]:
    """Return the messages of a parsed page in their order, none if it is no chat.

    A message without a name or a time goes on where the one before it stopped, as exporters group them.
    """
    elements = [element for element in root.iter() if isinstance(element.tag, str) and _is_called(element, MESSAGE)]
    inner = _innermost(elements)
    messages: list[ChatMessage] = []
    author = time = ""
    complete = 0
    for element in inner:
        if _is_called(element, SERVICE) or is_hidden(element):
            continue
        own_author, own_time, text = _first(element, AUTHOR), _time_of(element), _text_of(element)
        own_author = own_author or _first(_group_of(element), AUTHOR)
        author, time = own_author or author, own_time or time
        complete += bool(own_author and own_time and text)
        if text:
            messages.append(ChatMessage(author, time, text))
    if complete < MIN_MESSAGES or not all(message.author for message in messages):
        return []
    page = sum(len(one_line(text)) for text in _texts(root.find("body") if root.find("body") is not None else root))
    inside = sum(len(one_line(text)) for element in inner for text in _texts(element))
    return messages if inside >= MIN_SHARE * page else []


def lines_of(element: Any) -> str:
    """Return the visible text in an element with the lines of its blocks, and with marks of lists."""
    return "".join(_texts(element)).strip()


def _innermost(elements: Sequence[Any]) -> list[Any]:
    """Select the elements with a time of their own that have no others with one inside, and are in none of them."""
    timed = [element for element in elements if _time_of(element)]
    outer = {ancestor for element in timed for ancestor in element.iterancestors()}
    messages = [element for element in elements if element not in outer]
    chosen = set(messages)
    return [element for element in messages if chosen.isdisjoint(element.iterancestors())]


def _group_of(element: Any) -> Any:
    """Return the element around a message, which names the author of several, or else the message itself."""
    around = element.getparent()
    is_group = around is not None and any("group" in name for name in _classes(around))
    return around if is_group else element


def _is_called(element: Any, pattern: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(name) for name in _classes(element))


def _classes(element: Any) -> list[str]:
    return [name for name in (element.get("class") or "").lower().split() if len(name) <= MAX_CLASS_LENGTH]


def _first(element: Any, pattern: re.Pattern[str]) -> str:
    """Return the text of the first element inside another one that is called like a pattern."""
    for child in _outside_nested(element):
        if _is_called(child, pattern) and (text := one_line("".join(_texts(child)))):
            return text
    return ""


def _time_of(element: Any) -> str:
    """Return the time of a message; its full form, if the page has it in a title."""
    for child in _outside_nested(element):
        if _is_called(child, TIME) or tag_of(child) == "time":
            for candidate in (child.get("datetime"), child.get("title"), "".join(_texts(child))):
                if candidate and CLOCK.search(candidate):
                    return one_line(candidate)
    return ""


def _text_of(element: Any) -> str:
    """Return the text of a message with its line breaks."""
    for child in _outside_nested(element):
        holds_more = any(
            _is_called(inner, AUTHOR) or _is_called(inner, TIME) for inner in (child, *_outside_nested(child))
        )
        if _is_called(child, TEXT) and not holds_more and (text := "".join(_texts(child)).strip()):
            return text
    return ""


def _outside_nested(element: Any) -> Iterator[Any]:
    """Yield the elements inside another one, without those inside replies, reactions and previews."""
    for child in element:
        if isinstance(child.tag, str) and not _is_called(child, NESTED):
            yield child
            yield from _outside_nested(child)


def _texts(element: Any, *, keeps_lines: bool = False) -> Iterator[str]:
    """Yield the visible texts in an element, with line breaks where blocks begin and the marks of lists.

    Its own line breaks are only those of the file, unless it or an element around it `keeps_lines`.
    """
    if tag_of(element) in SKIPPED or is_hidden(element) or _is_called(element, NESTED):
        return
    keeps_lines = keeps_lines or _keeps_lines(element)
    number = 0
    yield _with_lines(element.text, keeps_lines=keeps_lines)
    for child in element:
        if isinstance(child.tag, str):
            tag = tag_of(child)
            number += tag == "li"
            yield "\n" if tag in BREAKS else ""
            yield "" if tag != "li" else f"{number}. " if tag_of(element) == "ol" else "- "
            yield from _texts(child, keeps_lines=keeps_lines)
            yield "\n" if tag in BLOCKS else ""
        yield _with_lines(child.tail, keeps_lines=keeps_lines)


def _keeps_lines(element: Any) -> bool:
    """Tell whether an element shows its white space as it is written."""
    return (
        tag_of(element) == "pre"
        or any("preserve" in name for name in _classes(element))
        or PRESERVED.search(element.get("style") or "") is not None
    )


def _with_lines(text: str | None, *, keeps_lines: bool) -> str:
    return (text or "") if keeps_lines else WHITE_SPACE.sub(" ", text or "")
