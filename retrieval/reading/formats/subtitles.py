"""Read .vtt, .srt and .sbv: cues are joined to what each speaker says, which knows when each word is said."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.speech import Word, clock, speech_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIMES = re.compile(rf"[ \t]*{TIME}(?:[ \t]+-->[ \t]+|,){TIME}")  # in .vtt and .srt, in .sbv
VOICE = re.compile(r"<v(?:\.[^ >]*)?[ \t]+([^>]{1,80})>")
CUE_VOICE = re.compile(r"\d+ \"([^\"]{1,80})\" \(\d+\)")  # above the times, as Webex names speakers
TAGS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,60}\}")
SOUND = re.compile(r"^(?:[\[(♪#][^\])]{0,80}[\])♪#][ \t]*){1,3}$")
NAMED = re.compile(r"(?=[^\d\s])([^\n:.!?,;<>]{1,40}(?:\.[^\n:.!?,;<>]{1,30})?): +(?=\S)")  # "Mira Kern: ", "Dr. Lee: "
CHANGE = re.compile(r"(?:-|–|>>+)\s*(?=\S)")  # of the speaker, at the start of a line
MAX_NAME_WORDS = 5
MIN_NAMED_SHARE = (
    0.5  # of the cues, from which on all that looks like a name is one; a name that occurs once is none else
)
PARAGRAPH_PAUSE_MS = 4_000  # from which on a new paragraph begins


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of words, their speaker if known, and their times in milliseconds.

    With `changes`, somebody else begins to speak.
    """

    start: int
    end: int
    voice: str
    lines: tuple[str, ...]
    changes: bool = False

    @property
    def text(self) -> str:
        """Return the words on one line."""
        return " ".join(self.lines)


def read(content: bytes) -> Extracted:
    """Extract paragraphs of speech, and sounds as asides. Raises RefusedError."""
    return read_subtitles(decode(content).removeprefix("\ufeff"))


def read_subtitles(text: str) -> Extracted:
    """Extract the parts of decoded subtitles. Raises RefusedError."""
    cues = [cue for cue in _cues(text.split("\n")) if cue.lines]
    if not cues and text.strip():
        raise RefusedError("contains no timed subtitle")
    cues = [_without_repetition(cue, previous) for previous, cue in zip([None, *cues], cues, strict=False)]
    names = _names(cues)
    parts: list[Part] = []
    turn: list[Cue] = []
    for cue in (piece for whole in cues for piece in _by_speaker(whole, names)):
        if turn and (_ends_before(turn, cue) or SOUND.match(cue.text)):
            parts += speech_parts(_words(turn), turn[0].voice)
            turn = []
        if SOUND.match(cue.text):
            parts.append(Part("aside", cue.text, at=clock(cue.start)))
        elif cue.lines:
            turn.append(cue)
    if turn:
        parts += speech_parts(_words(turn), turn[0].voice)
    return Extracted(tuple(parts), "time")


def _cues(lines: Sequence[str]) -> Iterator[Cue]:
    """Yield the cues of a file: the lines below a line of times, up to an empty line or the next times.

    Lines of spaces are part of a cue, since scrolling captions have them. Notes and styles have no times. A cue in
    which several people speak becomes one for each.
    """
    times: re.Match[str] | None = None
    below: list[str] = []
    above = voice = ""  # the line above the times, and the speaker whom it names
    for line in [*lines, ""]:
        match = TIMES.match(line)
        if times and (match or not line):
            has_number = match and below and below[-1].strip().isdecimal()  # of the next cue
            yield from _divide_voices(times, below[:-1] if has_number else below, voice)
            times = None
        if match:
            named = CUE_VOICE.fullmatch(above.strip())
            times, below, voice = match, [], one_line(named[1]) if named else ""
        else:
            below.append(line)
        above = line


def _divide_voices(times: re.Match[str], lines: Sequence[str], voice: str) -> Iterator[Cue]:
    start, end = _milliseconds(times.groups()[:4]), _milliseconds(times.groups()[4:])
    before, *divided = VOICE.split("\n".join(lines))
    for name, text in zip([voice, *divided[::2]], [before, *divided[1::2]], strict=True):
        words = tuple(filter(None, (one_line(html.unescape(line)) for line in TAGS.sub("", text).split("\n"))))
        if words:
            yield Cue(start, end, one_line(html.unescape(name)), words)


def _names(cues: Sequence[Cue]) -> frozenset[str]:
    """Find the names of speakers that open lines: what most cues have, or else what occurs more than once."""
    counts = Counter(match[1] for cue in cues for line in cue.lines if (match := NAMED.match(line)))
    for name in [name for name in counts if len(name.split()) > MAX_NAME_WORDS]:
        del counts[name]
    if sum(counts.values()) >= MIN_NAMED_SHARE * len(cues):
        return frozenset(counts)
    return frozenset(name for name, count in counts.items() if count > 1 and name[:1].isupper())


def _by_speaker(cue: Cue, names: frozenset[str]) -> Iterator[Cue]:
    """Divide a cue at the lines that open with a name or a mark of another speaker."""
    if not cue.lines:
        yield cue
    lines: list[str] = []
    voice, changes = cue.voice, cue.changes
    for line in cue.lines:
        change, named = CHANGE.match(line), NAMED.match(line)
        is_named = named is not None and named[1] in names
        if (change or is_named) and lines:
            yield replace(cue, voice=voice, lines=tuple(lines), changes=changes)
            lines, voice = [], ""
        if named and is_named:
            voice, line = named[1], line[named.end() :]
        elif change:
            changes, line = True, line[change.end() :]
            if (named := NAMED.match(line)) and named[1] in names:
                voice, line = named[1], line[named.end() :]
        lines.append(line)
    if lines:
        yield replace(cue, voice=voice, lines=tuple(lines), changes=changes)


def _without_repetition(cue: Cue, previous: Cue | None) -> Cue:
    """Drop the lines that scrolling captions repeat from the end of the previous cue."""
    if previous is None or cue.start - previous.end > 1_000:
        return cue
    longest = min(len(cue.lines), len(previous.lines))
    repeated = next((count for count in range(longest, 0, -1) if cue.lines[:count] == previous.lines[-count:]), 0)
    return replace(cue, lines=cue.lines[repeated:])


def _milliseconds(time: Iterable[str | None]) -> int:
    hours, minutes, seconds, fraction = time
    return (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)) * 1_000 + int(f"{fraction:0<3}")


def _ends_before(turn: Sequence[Cue], cue: Cue) -> bool:
    """Tell whether what somebody says ends before a cue: with another speaker, or a pause."""
    last = turn[-1]
    if cue.changes or (last.voice != cue.voice and cue.voice):
        return True
    return cue.start - last.end >= PARAGRAPH_PAUSE_MS


def _words(turn: Sequence[Cue]) -> list[Word]:
    """Return the words of cues, each with the pause before it."""
    words: list[Word] = []
    for previous, cue in zip([None, *turn], turn, strict=False):
        pause = cue.start - previous.end if previous else 0
        for number, word in enumerate(cue.text.split()):
            words.append(Word(word, cue.start, 0 if number else max(pause, 0)))
    return words
