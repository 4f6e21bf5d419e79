"""Find the messages of a chat in plain text: what a messenger exported, what was copied from one, a log of a channel.

A text counts as a chat only if the form of its lines leaves no doubt: several of them begin with a time and a name in
the same way, the first one near its start. Anything else is left to `plain_text`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.reading.markdown import Span
from retrieval.reading.messages import CONTEXT_LEVEL, divide_message, says_something
from retrieval.types import Block, BlockKind

CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?"
DATE = r"(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4}|[A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)"
DATED = rf"{DATE},?(?: at)?[ T\u00a0\u202f]{{1,2}}{CLOCK}"
STAMP = rf"(?:{DATED}|{CLOCK})"
RECENT = rf"(?:(?:Today|Yesterday|Heute|Gestern|Hier|Aujourd[’']hui),?(?: at| um| à)?[ \u00a0]{CLOCK}|{DATED})"
MARKS = "[\u200e\u200f\u202a-\u202e\ufeff]*"  # of the direction of writing, which messengers put before their lines
NAME = r"\S(?:[^\n:<>\t]{0,58}\S)?"


class Style(NamedTuple):
    """A way in which a message begins: `begin` matches its header, "head", and what divides it from the text.

    With `certain`, the form alone shows that a file is a chat; otherwise some name must occur twice. With `below_name`,
    the name is the line above.
    """

    begin: re.Pattern[str]
    certain: bool = True
    below_name: bool = False


STYLES = (
    Style(re.compile(rf"{MARKS}(?P<head>\[?{STAMP}\]? ?<[ @+%&~]?[^<>\s]{{1,40}}>)[ \t]+")),  # IRC
    Style(re.compile(rf"(?P<head>{DATED}\t[^\s<>]{{1,40}})\t"), certain=False),  # WeeChat
    Style(re.compile(rf"{MARKS}(?P<head>\[{DATED}\] ?{MARKS}{NAME}):\s")),  # WhatsApp on iOS, Skype
    Style(re.compile(rf"{MARKS}(?P<head>[\[(]{STAMP}[\])] ?{NAME}):\s"), certain=False),  # Pidgin, Discord, compact
    Style(re.compile(rf"{MARKS}(?P<head>{DATED} [-–] {NAME}):\s")),  # WhatsApp on Android
    Style(re.compile(rf"(?P<head>{CLOCK}\t?\s{{0,2}}(?:From|Von|De|Da)\s{{1,2}}{NAME}?)\s?:(?:\s|$)")),  # Zoom
    Style(re.compile(rf"(?P<head>\S[^\n\t]{{0,60}} — {RECENT})[ \t]*$")),  # Discord, copied
    Style(re.compile(rf"(?P<head>\S[^\n\t]{{0,60}} — {CLOCK})[ \t]*$"), certain=False),
    Style(re.compile(rf"[ \t]*—[ \t]*(?P<head>{RECENT}|{CLOCK})[ \t]*$"), below_name=True),
    Style(re.compile(rf"(?P<head>\[{STAMP}\] {NAME})[ \t]*$")),  # DiscordChatExporter, Teams
    Style(re.compile(rf"(?P<head>{NAME}(?: {{2,}}|\t){CLOCK})[ \t]*$"), certain=False),  # Slack, Otter
)
# Lines of a chat that nobody said: who came and went, what the program says, reactions.
NOTICE = re.compile(
    rf"{MARKS}(?:\[?{STAMP}\]?[ \t-]+(?:-!-|\*|-->|<--|--|=-=|⇐|→)|{DATED} [-–] (?![^\n]{{0,60}}: )"
    rf"|\{{(?:Attachments|Embed|Stickers|Reactions)\}}|={{10,}}$|Exported \d+ message)"
)
DAY = re.compile(
    r"(?:-{3,} (?:Day changed|Log opened)|Session (?:Start|Time):|\*{4} BEGIN LOGGING AT|-{2,} ?|—{1,} ?)[ \t]*"
    rf"(?P<day>(?:[A-Z][a-z]{{2,8}},? )?(?:{DATE}|\d{{1,2}}\.? [A-Z][a-z]{{2,8}} \d{{4}})(?: {CLOCK})?(?: \d{{4}})?)"
)
PLACEHOLDER = re.compile(
    rf"{MARKS}(?:<[^<>\n]{{1,40}}>|(?:image|video|audio|sticker|GIF|document|Contact card) omitted"
    r"|This message was deleted\.?|You deleted this message\.?|\(edited\)|https?://\S+)?"
)
# What programs write behind a text: that it was edited, or the name of a file.
APPENDED = re.compile(r"(?:\s*(?:\u200e<[^<>\n]{1,120}>|\((?:edited|bearbeitet|modifié|editado)\)))+$")
NOTICE_MARK = "\u200e"  # before what WhatsApp on iOS says itself in the place of a message
LOG_LEVEL = re.compile(r"\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL|NOTICE|CRITICAL|SEVERE)\b")
MIN_MESSAGES = 3
PREAMBLE_LINES = 12  # of an export, at most, before its first message
MAX_LINES_PER_MESSAGE = 20  # on average; with more, times stand in a text that is no chat
MIN_TEXT_SHARE = 0.6  # of the messages with a text, if the header is a line of its own
SAMPLE_LINES = 2_000  # with text, which decide whether a file is a chat


class Message(NamedTuple):
    """A message as spans of the text: what its header consists of, and its body; a day has no body.

    A day is a line that dates the messages below it.
    """

    headers: tuple[Span, ...]
    body: Span
    is_day: bool = False


def chat_blocks(text: str, body: int) -> list[Block] | None:
    """Split text[body:] into headers and rows, the messages of a chat; None if it is none.

    Each message is one row, or several if it is long. What says nothing by itself is an aside.
    """
    lines = [(match.start(), match.end()) for match in re.compile(r"[^\n]*\S[^\n]*").finditer(text, body)]
    style = next((style for style in STYLES if _is_chat(text, lines[:SAMPLE_LINES], style)), None)
    blocks: list[Block] = []
    for message in _messages(text, lines, style) if style else ():
        level = CONTEXT_LEVEL if message.is_day else 0
        spans = divide_message(text, *message.body)
        if spans or message.is_day:
            blocks += [Block(*piece, "header", level) for span in message.headers for piece in _pieces(text, *span)]
            kind: BlockKind = "row" if says_something(text[slice(*message.body)]) else "aside"
            blocks += [Block(*span, kind) for span in spans]
    return blocks if any(block.kind == "row" for block in blocks) else None


def _is_chat(text: str, lines: Sequence[Span], style: Style) -> bool:
    """Tell whether the messages of a text begin in a style, without any doubt."""
    places = [number for number, span in enumerate(lines) if style.begin.match(text, *span)]
    if len(places) < MIN_MESSAGES or places[0] > PREAMBLE_LINES or len(lines) > MAX_LINES_PER_MESSAGE * len(places):
        return False
    matches = [match for number in places if (match := style.begin.match(text, *lines[number]))]
    heads = [text[slice(*lines[number - 1])] if style.below_name else match["head"] for number, match in
             zip(places, matches, strict=True)]  # fmt: skip
    names = [re.sub(rf"{RECENT}|{CLOCK}|\W+", "", head) for head in heads]
    if not all(names) or any(map(LOG_LEVEL.search, heads)):
        return False
    distance = 2 if style.below_name else 1
    followed = [after - place > distance for place, after in zip(places, [*places[1:], len(lines)], strict=True)]
    is_alone = all(match.end() == lines[number][1] for number, match in zip(places, matches, strict=True))
    if is_alone and sum(followed) < MIN_TEXT_SHARE * len(places):
        return False
    return style.certain or len(set(names)) < len(names)


def _messages(text: str, lines: Sequence[Span], style: Style) -> Iterator[Message]:
    """Yield the messages and the days of a chat; what comes before the first one is left out."""
    begins = [style.begin.match(text, *line) for line in lines]
    headers: tuple[Span, ...] = ()
    body = (0, 0)
    for number, line in enumerate(lines):
        match = begins[number]
        is_name = style.below_name and number + 1 < len(lines) and begins[number + 1] is not None
        day = None if match or is_name else DAY.match(text, *line)
        if headers and (match or is_name or day or NOTICE.match(text, *line)):
            yield Message(headers, _without_appended(text, body))
            headers = ()
        if match:
            above = (lines[number - 1],) if style.below_name and number else ()
            headers, body = (*above, match.span("head")), _body(text, match.end(), line[1])
        elif day:
            yield Message((day.span("day"),), (line[1], line[1]), is_day=True)
        elif headers:
            body = (body[0] if body[0] < body[1] else line[0]), line[1]
    if headers:
        yield Message(headers, _without_appended(text, body))


def _without_appended(text: str, body: Span) -> Span:
    """Take what a program wrote behind a message away from its span."""
    appended = APPENDED.search(text, *body) if text[body[1] - 1 : body[1]] in (">", ")") else None
    return (body[0], appended.start()) if appended else body


def _body(text: str, start: int, end: int) -> Span:
    """Return the span of the first line of a message without white space; an empty one if it stands for a picture."""
    content = text[start:end]
    span = end - len(content.lstrip()), start + len(content.rstrip())
    is_notice = content.lstrip().startswith(NOTICE_MARK)
    return (end, end) if is_notice or span[0] >= span[1] or PLACEHOLDER.fullmatch(text, *span) else span


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the pieces of a header between vertical bars, which would else be taken for the borders of cells."""
    for piece in re.finditer(r"[^|\s](?:[^|]*[^|\s])?", text[start:end]):
        yield start + piece.start(), start + piece.end()
