"""Read subtitles, .vtt and .srt: cues are joined to paragraphs that know when each word is said."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retrieval.reading.formats.encodings import decode
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError, Turn
from retrieval.text.cleaning import one_line

TIMES = re.compile(
    r"[ \t]*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}[ \t]+-->[ \t]+(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}"
)
VOICE = re.compile(r"<v(?:\.[^ >]*)?[ \t]+([^>]{1,80})>")
TAGS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,60}\}")
SOUND = re.compile(r"^[\[(♪#][^\])]{0,80}[\])♪#]$")
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)]*$")
PARAGRAPH_PAUSE_S = 4  # from which on a new paragraph begins
LONG_PARAGRAPH_LENGTH = 600  # characters after which a paragraph ends with its sentence


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of words, their speaker if known, and their times in seconds."""

    start: int
    end: int
    voice: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the words on one line."""
        return " ".join(self.lines)


def read(content: bytes) -> Extracted:
    """Extract paragraphs of speech, and sounds as asides. Raises RefusedError."""
    text = decode(content).removeprefix("\ufeff")
    cues = [cue for cue in _cues(text.split("\n")) if cue.lines]
    if not cues and text.strip():
        raise RefusedError("contains no timed subtitle")
    parts: list[Part] = []
    paragraph: list[Cue] = []
    for previous, whole in zip([None, *cues], cues, strict=False):
        cue = _without_repetition(whole, previous)
        if paragraph and _ends_before(paragraph, cue):
            parts.append(_join(paragraph))
            paragraph = []
        if SOUND.match(cue.text):
            parts.append(Part("aside", cue.text, at=_clock(cue.start)))
        elif cue.lines:
            paragraph.append(cue)
    if paragraph:
        parts.append(_join(paragraph))
    return Extracted(tuple(parts), "time")


def _cues(lines: Sequence[str]) -> Iterator[Cue]:
    """Yield the cues of a file: the lines below a line of times, up to an empty line or the next times.

    Lines of spaces are part of a cue, since scrolling captions have them. Notes and styles have no times.
    """
    times: re.Match[str] | None = None
    below: list[str] = []
    for line in [*lines, ""]:
        match = TIMES.match(line)
        if times and (match or not line):
            has_number = match and below and below[-1].strip().isdecimal()  # of the next cue
            yield _cue(times, below[:-1] if has_number else below)
            times = None
        if match:
            times, below = match, []
        else:
            below.append(line)


def _cue(times: re.Match[str], lines: Sequence[str]) -> Cue:
    text = "\n".join(lines)
    voice = VOICE.search(text)
    words = tuple(filter(None, (one_line(html.unescape(line)) for line in TAGS.sub("", text).split("\n"))))
    start, end = _seconds(times[1], times[2], times[3]), _seconds(times[4], times[5], times[6])
    return Cue(start, end, one_line(voice[1]) if voice else "", words)


def _without_repetition(cue: Cue, previous: Cue | None) -> Cue:
    """Drop the lines that scrolling captions repeat from the end of the previous cue."""
    if previous is None or cue.start - previous.end > 1:
        return cue
    longest = min(len(cue.lines), len(previous.lines))
    repeated = next((count for count in range(longest, 0, -1) if cue.lines[:count] == previous.lines[-count:]), 0)
    return replace(cue, lines=cue.lines[repeated:])


def _seconds(hours: str | None, minutes: str, seconds: str) -> int:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


def _clock(second: int) -> str:
    """Format a time as h:mm:ss."""
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}"


def _ends_before(paragraph: Sequence[Cue], cue: Cue) -> bool:
    """Tell whether a paragraph ends before a cue: another speaker, a pause, or the end of a sentence if it is long."""
    last = paragraph[-1]
    if last.voice != cue.voice and cue.voice:
        return True
    if cue.start - last.end >= PARAGRAPH_PAUSE_S:
        return True
    length = sum(len(member.text) for member in paragraph)
    return length > LONG_PARAGRAPH_LENGTH and SENTENCE_END.search(last.text) is not None


def _join(paragraph: Sequence[Cue]) -> Part:
    """Join cues to one part that knows the time of each."""
    text = ""
    turns: list[Turn] = []
    for cue in paragraph:
        text += " " if text else ""
        turns.append(Turn(len(text), _clock(cue.start)))
        text += cue.text.removeprefix("- ").removeprefix("-").strip()
    return Part("text", text, at=turns[0].at, turns=tuple(turns[1:]))
