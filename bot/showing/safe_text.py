"""Make foreign text safe to show, without characters that hide, reorder or cover what a reader sees.

Text of documents, questions and file names comes in. Most of it is put on one line; only code keeps its lines.
Escaping Discord's Markdown is left to `discord_markdown`.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

# Control, bidirectional and invisible characters, which can hide text from a reader or reorder it. Joiners (U+200C,
# U+200D) and variation selectors are not among them: emoji, Persian, Mongolian and Indic text need them.
UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+"
)
# The flags of England, Scotland and Wales: the only emoji that are spelt with invisible tag characters.
_FLAGS = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f)"
)
# A variation selector after another one selects nothing; long runs of them carry hidden text.
_SELECTORS = re.compile(
    "(?<=[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef])"
    "[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
# More combining marks than that on one letter cover the lines around it. Tibetan, with the tallest stacks, needs eight.
_MAX_MARKS = 8
_WHITE_SPACE = re.compile("[^\\S ]|\u2800")
TAB_SIZE = 4
_POSSIBLE_STACKS = re.compile(rf"[^\x00-\u02ff\w\s\U0001f000-\U0001ffff]{{{_MAX_MARKS + 1},}}")


def one_line(text: str) -> str:
    """Put text on one line; each run of characters that could mislead a reader becomes U+FFFD. Idempotent."""
    return _replace_unsafe(
        " ".join(text.replace("\u2800", " ").split())
    )  # split() takes no empty Braille cell for blank


def safe_lines(text: str) -> str:
    """Keep the lines of code and the spaces in them, apart from what all lines begin with. Idempotent.

    Tabs become spaces, empty lines around the code are left out, and what could mislead a reader becomes U+FFFD.
    """
    lines = [_replace_unsafe(_WHITE_SPACE.sub(" ", line.expandtabs(TAB_SIZE)).rstrip()) for line in text.splitlines()]
    lines = "\n".join(lines).strip("\n").split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[indent:] for line in lines)


def message_lines(text: str) -> str:
    """Keep the lines of a message that have text, with their indentation. Idempotent."""
    lines = list(filter(None, safe_lines(text).split("\n"))) if "\n" in text else [text]
    return "\n".join(lines) if len(lines) > 1 else one_line(text)


def _replace_unsafe(line: str) -> str:
    parts = _FLAGS.split(line)  # every second part is a flag
    parts[::2] = [UNSAFE.sub("\ufffd", part) for part in parts[::2]]
    return _POSSIBLE_STACKS.sub(_limit_marks, _SELECTORS.sub("\ufffd", "".join(parts)))


def _limit_marks(match: re.Match[str]) -> str:
    """Keep _MAX_MARKS of each run of marks and joiners; one U+FFFD stands for the rest."""
    pieces = []
    for is_stack, characters in groupby(match[0], _has_no_width):
        piece = "".join(characters)
        pieces.append(piece[:_MAX_MARKS] + "\ufffd" if is_stack and len(piece) > _MAX_MARKS else piece)
    return "".join(pieces)


@lru_cache(maxsize=4096)
def _has_no_width(character: str) -> bool:
    return character in "\u200c\u200d" or unicodedata.category(character) in ("Mn", "Me")
