"""Find the messages of a chat in plain text: what a messenger exported, what was copied from one, a log of a channel.

A text counts as a chat only if the form of its lines leaves no doubt: several of them begin with a time and a name in
the same way, the first one near its start. Anything else is left to `plain_text`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.reading.formats.subtitles import TIMES
from retrieval.reading.markdown import Span
from retrieval.reading.messages import CONTEXT_LEVEL, divide_message, says_something
from retrieval.types import Block, BlockKind

CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?"
MONTH = r"(?:de )?[^\W\d_]{3,10}\.?"
DATE = (
    r"(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}-[A-Z][a-z]{2}-\d{2,4}"
    r"|(?:(?:[A-Z][a-z]+(?:day|tag)|Mittwoch|Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?"
    rf"(?:\d{{1,2}}\.? {MONTH} (?:de )?\d{{4}}|[A-Z][a-z]{{2,8}}\.? \d{{1,2}}(?:, \d{{4}})?))"
)
SHORT_DATE = r"(?:\d{1,2}[./]\d{1,2}\.?|[A-Z][a-z]{1,8}\.?)"  # without a year, or a day of the week
DATED = rf"{DATE},?(?: at)?[ T\u00a0\u202f]{{1,2}}{CLOCK}"
STAMP = rf"(?:{DATED}|{CLOCK})"
RECENT = rf"(?:(?:Today|Yesterday|Heute|Gestern|Hier|Aujourd[’']hui),?(?: at| um| à)?[ \u00a0]{CLOCK}|{DATED})"
STAMP_OR_DAY = rf"(?:{RECENT}|{CLOCK})"
BESIDE_NAME = re.compile(rf"{RECENT}|(?:, (?:{DATE}|{SHORT_DATE}),?)? ?{CLOCK}|\W+")  # in a header
MARKS = "[\u200e\u200f\u202a-\u202e\ufeff]*"  # of the direction of writing, which messengers put before their lines
NAME = r"\S(?:[^\n:<>\t]{0,58}\S)?"
POSTER = r"\S[^\n\t]{0,60}"  # with the tag of a server
SPEAKER = r"[A-Z][\w.'’-]*(?: (?:[A-Z][\w.'’-]*|d[aeiu]|v[ao]n|der|la)){0,3}"  # a name in a text without times


class Style(NamedTuple):
    """A way in which a message begins: `begin` matches its header and what divides it from the text.

    The header is the group "head", or "bare" if it has no name, which is then the line above. With `certain`, the form
    alone shows that a file is a chat; otherwise some name must occur twice. Where times stand `alone`, only below lines
    that may be names, and where names are `spoken` without times, they recur and are followed by sentences.
    """

    begin: re.Pattern[str]
    certain: bool = True
    alone: bool = False
    spoken: bool = False


STYLES = (
    Style(re.compile(rf"{MARKS}(?P<head>\[?{STAMP}\]? ?<[ @+%&~]?[^<>\s]{{1,40}}>)[ \t]+")),  # IRC
    Style(re.compile(rf"(?P<head>{DATED}\t[^\s<>]{{1,40}})\t"), certain=False),  # WeeChat
    Style(re.compile(rf"(?P<head>{CLOCK}\t[^\t\n]{{1,40}})\t"), certain=False),  # LINE
    Style(re.compile(rf"{MARKS}(?P<head>\[{DATED}\] ?{MARKS}{NAME}):\s")),  # WhatsApp on iOS, Skype
    Style(re.compile(rf"{MARKS}(?P<head>[\[(]{STAMP}[\])] ?{NAME}):\s"), certain=False),  # Pidgin, Discord, compact
    Style(re.compile(rf"{MARKS}(?P<head>{DATED} [-–] {NAME}):\s")),  # WhatsApp on Android, Matrix
    Style(re.compile(rf"(?P<head>{NAME} [(\[]{STAMP}[)\]]):\s"), certain=False),
    Style(re.compile(rf"(?P<head>{STAMP}\t?\s{{0,2}}(?:From|Von|De|Da)\s{{1,2}}{NAME}?)\s?:(?:\s|$)")),  # Zoom
    Style(
        re.compile(rf"(?:(?P<head>{POSTER} — {STAMP_OR_DAY})|[ \t]*—[ \t]*(?P<bare>{STAMP_OR_DAY}))[ \t]*$"),
        certain=False,
    ),
    Style(re.compile(rf"(?:(?P<head>{POSTER} — {RECENT})|[ \t]*—[ \t]*(?P<bare>{RECENT}))[ \t]*$")),  # Discord, copied
    Style(re.compile(rf"(?P<head>\[(?:{STAMP}|{SHORT_DATE},? {CLOCK})\] {NAME})[ \t]*$")),  # DiscordChatExporter, Teams
    Style(re.compile(rf"(?P<head>{NAME}, \[{DATED}\]):?[ \t]*$")),  # Telegram
    Style(re.compile(rf"(?P<head>{NAME}(?: {{2,}}|\t|(?= \[)){CLOCK})[ \t]*$"), certain=False),  # Slack, Otter
    Style(re.compile(rf"(?P<head>{NAME} {{1,2}}\[{CLOCK}\])[ \t]*$"), certain=False),  # Slack
    Style(
        re.compile(rf"(?P<head>{NAME}, (?:(?:{SHORT_DATE}|{DATE}),? )?{CLOCK})[ \t]*$"), certain=False
    ),  # Google Chat
    Style(re.compile(rf"[ \t]*(?P<bare>{STAMP_OR_DAY})[ \t]*$"), certain=False, alone=True),
    Style(re.compile(rf"(?P<head>{SPEAKER}):[ \t]+(?=\S)"), certain=False, spoken=True),  # Google Meet, interviews
)
# Lines of a chat that nobody said: who came and went, what the program says, reactions.
NOTICE = re.compile(
    rf"{MARKS}(?:\[?{STAMP}\]?[ \t-]+(?:-!-|\*|-->|<--|--|=-=|⇐|→)|{DATED} [-–] (?![^\n]{{0,60}}: )"
    rf"|\[{DATED}\] ?\u200e"
    rf"|\{{(?:Attachments|Embed|Stickers|Reactions)\}}|={{10,}}$|Exported \d+ message"
    rf"|(?:\d+ (?:reply|replies)|View (?:thread|newer replies)|\d\d:\d\d:\d\d)$)"
)
DAY = re.compile(
    r"(?:-{3,} (?:Day changed|Log opened)|Session (?:Start|Time):|\*{4} BEGIN LOGGING AT|-{2,} ?|—{1,} ?)[ \t]*"
    rf"(?P<day>(?:[A-Z][a-z]{{2,8}},? )?(?:{DATE}|\d{{1,2}}\.? [A-Z][a-z]{{2,8}} \d{{4}})(?: {CLOCK})?(?: \d{{4}})?)"
)
DAY_LINE = re.compile(rf"(?P<day>{DATE}) ?(?:\(\w{{1,3}}\))?[ \t]*$")  # where messages have no date of their own
PLACEHOLDER = re.compile(
    rf"{MARKS}(?:<[^<>\n]{{1,40}}>|(?:image|video|audio|sticker|GIF|document|Contact card) omitted"
    r"|[^\n/]{1,80}\.\w{2,4} \((?:file attached|Datei angehängt|fichier joint|archivo adjunto)\)"
    r"|\[(?:Sticker|Photo|Video|Voice message|Audio|File|GIF|Album|Image|Location)\]"
    r"|This message was deleted\.?|You deleted this message\.?|Diese Nachricht wurde gelöscht\.?"
    r"|Du hast diese Nachricht gelöscht\.?|Ce message a été supprimé\.?|Se eliminó este mensaje\.?"
    r"|Eliminaste este mensaje\.?|\(edited\)|https?://\S+)?"
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


REPLY = re.compile(r"\[?(?:In reply to|Replying to|Antwort an) [^\]\n]{1,80}\]?")  # above the text of a message
NAME_LINE = re.compile(r"[^\W\d_][\w .'’()-]{0,40}(?<![.!?])")  # above a time that stands alone
TAG_LINE = re.compile(r"(?:OP|APP|BOT|\[[^\[\]\n]{1,8}\],?)")  # between a name and its time, as Discord shows it
CONTINUED = re.compile(rf"(?P<clock>\[{CLOCK}\])[ \t]*")  # before the next message of the same person
SPEAKERS_SHARE = 0.5  # of the messages, at most, where only names that recur show that a text is spoken
MIN_SPOKEN = 4  # messages
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*$")
LABELS = frozenset(("q", "a", "question", "answer", "frage", "antwort", "note", "warning", "tip", "hint", "example"))
DAYS = frozenset((
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag", "dienstag", "mittwoch",
    "donnerstag", "freitag", "samstag", "sonntag", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
    "dimanche", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
))  # fmt: skip


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
    begins = {number: match for number in range(len(lines)) if (match := _begin(text, lines, number, style))}
    places, matches = list(begins), list(begins.values())
    if len(places) < MIN_MESSAGES or places[0] > PREAMBLE_LINES or len(lines) > MAX_LINES_PER_MESSAGE * len(places):
        return False
    heads = [
        match.groupdict().get("head") or text[slice(*lines[_name_line(text, lines, number)])]
        for number, match in zip(places, matches, strict=True)
    ]
    names = [BESIDE_NAME.sub("", head) for head in heads]
    if not all(names) or any(map(LOG_LEVEL.search, heads)):
        return False
    followed = [
        after - place > (2 if _is_bare(following) else 1)
        for place, after, following in zip(places, [*places[1:], len(lines)], [*matches[1:], matches[-1]], strict=True)
    ]
    is_alone = all(match.end() == lines[number][1] for number, match in zip(places, matches, strict=True))
    if is_alone and sum(followed) < MIN_TEXT_SHARE * len(places):
        return False
    if style.spoken:
        if sum(TIMES.match(text, *line) is not None for line in lines) >= MIN_MESSAGES:
            return False  # subtitles
        return _is_spoken([text[match.end() : lines[number][1]] for number, match in zip(places, matches, strict=True)],
                          heads)  # fmt: skip
    return style.certain or (len(set(names)) < len(names) and DAYS.isdisjoint(name.lower() for name in names))


def _is_spoken(said: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether lines below names without times are what people say: the names recur, and most are sentences."""
    sentences = sum(SENTENCE_END.search(line) is not None and says_something(line) for line in said)
    return (
        len(said) >= MIN_SPOKEN
        and len(set(names)) <= SPEAKERS_SHARE * len(names)
        and len(set(names)) > 1
        and LABELS.isdisjoint(name.lower() for name in names)
        and sentences > len(said) / 2
    )


def _begin(text: str, lines: Sequence[Span], number: int, style: Style) -> re.Match[str] | None:
    """Match the header of a message at a line; below names, only where the line above may be one."""
    match = style.begin.match(text, *lines[number])
    if match is None or not _is_bare(match):
        return match
    above = _name_line(text, lines, number)
    may_be_name = number > above >= 0 and (not style.alone or NAME_LINE.fullmatch(text, *lines[above]))
    return match if may_be_name else None


def _is_bare(match: re.Match[str]) -> bool:
    """Tell whether a header has no name."""
    return match.groupdict().get("head") is None


def _name_line(text: str, lines: Sequence[Span], number: int) -> int:
    """Return the number of the line with the name to a time below it, which a tag may part; -1 if there is none."""
    above = number - 1
    return above - 1 if above > 0 and TAG_LINE.fullmatch(text, *lines[above]) else above


def _messages(text: str, lines: Sequence[Span], style: Style) -> Iterator[Message]:
    """Yield the messages and the days of a chat; what comes before the first one is left out."""
    begins = [_begin(text, lines, number, style) for number in range(len(lines))]
    names = {
        above
        for number, begin in enumerate(begins)
        if begin and _is_bare(begin)
        for above in range(_name_line(text, lines, number), number)
    }
    has_dates = any(begin and re.search(DATE, begin[0]) for begin in begins)
    headers: tuple[Span, ...] = ()
    body = (0, 0)
    for number, line in enumerate(lines):
        match = begins[number]
        day = None if match or number in names else _day(text, line, has_dates=has_dates)
        continued = None if match else _continued(text, line, style)
        if headers and (match or number in names or day or continued or NOTICE.match(text, *line)):
            yield Message(headers, _without_appended(text, body))
            headers = headers if continued else ()
        if match:
            above = lines[_name_line(text, lines, number)]
            headers = (above, match.span("bare")) if _is_bare(match) else (match.span("head"),)
            body = _body(text, match.end(), line[1])
        elif day:
            yield Message((day.span("day"),), (line[1], line[1]), is_day=True)
        elif continued:
            body = _body(text, continued.end(), line[1])
        elif headers and not (body[0] == body[1] and REPLY.fullmatch(text, *line)):
            body = (body[0] if body[0] < body[1] else line[0]), line[1]
    if headers:
        yield Message(headers, _without_appended(text, body))


def _day(text: str, line: Span, *, has_dates: bool) -> re.Match[str] | None:
    """Match a line that dates the messages below it."""
    return DAY.match(text, *line) or (None if has_dates else DAY_LINE.match(text, *line))


def _continued(text: str, line: Span, style: Style) -> re.Match[str] | None:
    """Match the time before a further message of the same person, as copying from a program leaves it."""
    if style.alone:
        return style.begin.match(text, *line)
    return CONTINUED.match(text, *line) if "—" in style.begin.pattern else None


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
