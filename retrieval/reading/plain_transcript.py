"""Recognize a transcript that was copied into a text file: times on lines of their own, or between arrows.

A timetable has times, too: lines with nothing but a time make a transcript only if they begin within a minute and never
go back.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from retrieval.reading.formats.subtitles import TIMES, read_subtitles
from retrieval.reading.isolated.protocol import Extracted

CLOCK = re.compile(r"[ \t]*[\[(]?(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)(?:[.,]\d{1,3})?[\])]?[ \t]*")
TIMED_LINE = re.compile(  # as Whisper writes it
    r"^[ \t]*\[((?:\d{1,2}:)?\d{1,2}:\d{2}[.,]\d{1,3} --> [\d:.,]+)\][ \t]*", re.MULTILINE
)
MIN_CUES = 5
MAX_FIRST_S = 60
MAX_LINES_PER_CUE = 4  # on average
LAST_CUE_S = 5


def read_transcript(text: str) -> Extracted | None:
    """Read a text as a transcript; None if it is none."""
    if len(TIMED_LINE.findall(text)) >= MIN_CUES:
        return read_subtitles(TIMED_LINE.sub(r"\n\1\n", text))
    lines = text.split("\n")
    if sum(TIMES.match(line) is not None for line in lines) >= MIN_CUES:
        return read_subtitles(text)
    return read_subtitles("\n".join(timed)) if (timed := _timed(lines)) else None


def _timed(lines: Sequence[str]) -> list[str]:
    """Write lines below times of their own as subtitles, of which each ends where the next one begins."""
    clocks = [(number, match) for number, line in enumerate(lines) if (match := CLOCK.fullmatch(line))]
    seconds = [int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]) for _, match in clocks]
    filled = sum(bool(line.strip()) for line in lines)
    if len(clocks) < MIN_CUES or filled > (MAX_LINES_PER_CUE + 1) * len(clocks) or seconds[0] > MAX_FIRST_S:
        return []
    if any(later < earlier for earlier, later in pairwise(seconds)):
        return []
    starts = [*(number for number, _ in clocks), len(lines)]
    texts = [[line for line in lines[first + 1 : last] if line.strip()] for first, last in pairwise(starts)]
    if sum(map(bool, texts)) < len(texts) / 2:
        return []
    ends = [*seconds[1:], seconds[-1] + LAST_CUE_S]
    timed = []
    for start, end, cue in zip(seconds, ends, texts, strict=True):
        timed += [f"{_stamp(start)} --> {_stamp(end)}", *cue, ""]
    return timed


def _stamp(second: int) -> str:
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}.000"
