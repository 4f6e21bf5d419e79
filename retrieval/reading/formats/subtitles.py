"""Read subtitles, .vtt and .srt: cues joined to paragraphs, each word with the time when it is said."""

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
END = re.compile(r"[.!?…。！？][\"'”’»)]*$")
PAUSE = 4  # seconds after which a new paragraph begins
LONG = 600  # characters after which the end of a sentence ends the paragraph


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of words, who says them if that is known, and from which second to which."""

    start: int
    end: int
    voice: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the words on one line."""
        return " ".join(self.lines)


def read(content: bytes) -> Extracted:
    """Return the paragraphs of what is said. Raises RefusedError."""
    text = decode(content).removeprefix("\ufeff")
    cues = [cue for cue in _cues(text.split("\n")) if cue.lines]
    if not cues and text.strip():
        raise RefusedError("holds no subtitle with a time")
    parts: list[Part] = []
    pending: list[Cue] = []
    for before, whole in zip([None, *cues], cues, strict=False):
        cue = _fresh(whole, before)
        if pending and _ends(pending, cue):
            parts.append(_paragraph(pending))
            pending = []
        if SOUND.match(cue.text):
            parts.append(Part("aside", cue.text, at=_clock(cue.start)))
        elif cue.lines:
            pending.append(cue)
    if pending:
        parts.append(_paragraph(pending))
    return Extracted(tuple(parts), "time")


def _cues(lines: Sequence[str]) -> Iterator[Cue]:
    """Yield the cues of a file: what stands below a line of times, up to an empty line or the next one.

    A line of spaces ends none, for captions that scroll have such lines; notes and styles are below no times.
    """
    times: re.Match[str] | None = None
    held: list[str] = []
    for line in [*lines, ""]:
        match = TIMES.match(line)
        if times and (match or not line):
            number = match and held and held[-1].strip().isdecimal()  # of the cue that begins here
            yield _cue(times, held[:-1] if number else held)
            times = None
        if match:
            times, held = match, []
        else:
            held.append(line)


def _cue(times: re.Match[str], held: Sequence[str]) -> Cue:
    said = "\n".join(held)
    voice = VOICE.search(said)
    lines = tuple(filter(None, (one_line(html.unescape(line)) for line in TAGS.sub("", said).split("\n"))))
    start, end = _seconds(times[1], times[2], times[3]), _seconds(times[4], times[5], times[6])
    return Cue(start, end, one_line(voice[1]) if voice else "", lines)


def _fresh(cue: Cue, before: Cue | None) -> Cue:
    """Return what a cue says that the one before did not: captions that scroll repeat its last lines."""
    if before is None or cue.start - before.end > 1:
        return cue
    most = min(len(cue.lines), len(before.lines))
    same = next((n for n in range(most, 0, -1) if cue.lines[:n] == before.lines[-n:]), 0)
    return replace(cue, lines=cue.lines[same:])


def _seconds(hours: str | None, minutes: str, seconds: str) -> int:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


def _clock(second: int) -> str:
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}"


def _ends(pending: list[Cue], cue: Cue) -> bool:
    """Return whether a paragraph ends before a cue: another voice, a pause, or enough was said."""
    last = pending[-1]
    if last.voice != cue.voice and cue.voice:
        return True
    if cue.start - last.end >= PAUSE:
        return True
    return bool(END.search(last.text)) and sum(len(one.text) for one in pending) > LONG


def _paragraph(cues: list[Cue]) -> Part:
    """Return cues as one paragraph that knows when each of them is said."""
    text = ""
    turns: list[Turn] = []
    for cue in cues:
        said = cue.text.removeprefix("- ").removeprefix("-")
        text += " " if text else ""
        turns.append(Turn(len(text), _clock(cue.start)))
        text += said.strip()
    return Part("text", text, at=turns[0].at, turns=tuple(turns[1:]))
