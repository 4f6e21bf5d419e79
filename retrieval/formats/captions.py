"""Read subtitles, .vtt and .srt: cues joined to paragraphs, each word with the time when it is said."""

import html
import re
from dataclasses import dataclass

from retrieval.formats.decoding import decode
from retrieval.formats.extracted import Extracted, Part, RefusedError, one_line

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
    """Words, who says them if that is known, and from which second to which."""

    start: int
    end: int
    voice: str
    text: str


def read(content: bytes) -> Extracted:
    """Return the paragraphs of what is said. Raises RefusedError."""
    text = decode(content)
    cues = [cue for cue in map(_cue, re.split(r"\n[ \t]*\n", text)) if cue]
    if not cues and text.strip():
        raise RefusedError("holds no subtitle with a time")
    parts: list[Part] = []
    pending: list[Cue] = []
    for cue in cues:
        if pending and _ends(pending, cue):
            parts.append(_paragraph(pending))
            pending = []
        if SOUND.match(cue.text):
            parts.append(Part("aside", cue.text, at=_clock(cue.start)))
        elif not (pending and pending[-1].text == cue.text):  # captions that scroll repeat themselves
            pending.append(cue)
    if pending:
        parts.append(_paragraph(pending))
    return Extracted(tuple(parts), "time")


def _cue(block: str) -> Cue | None:
    """Return the cue of a block of lines, None for notes, styles and the header."""
    lines = block.strip("\n\ufeff").split("\n")
    for number, line in enumerate(lines[:3]):
        match = TIMES.match(line)
        if match:
            said = "\n".join(lines[number + 1 :])
            voice = VOICE.search(said)
            text = one_line(html.unescape(TAGS.sub("", said)))
            start, end = _seconds(match[1], match[2], match[3]), _seconds(match[4], match[5], match[6])
            return Cue(start, end, one_line(voice[1]) if voice else "", text) if text else None
    return None


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
    turns: list[tuple[int, str]] = []
    for cue in cues:
        said = cue.text.removeprefix("- ").removeprefix("-")
        text += " " if text else ""
        turns.append((len(text), _clock(cue.start)))
        text += said.strip()
    return Part("text", text, at=turns[0][1], turns=tuple(turns[1:]))
