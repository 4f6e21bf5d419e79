"""Recognize the text in pictures of pages with Tesseract, if it is installed: it is a program of the system.

A picture of one page goes in, hOCR comes out. Each page gets a process, with limited time and memory, without what this
process knows of its environment. A page that it cannot read is left out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache

from retrieval.child_process import python_path
from retrieval.reading.isolated.limited_program import CPU_S

PROGRAM = "tesseract"
LIMITED = "retrieval.reading.isolated.limited_program"
MAX_PAGES = 200  # of a file
PAGES_AT_ONCE = 4  # that are drawn, so that few pictures are in memory
MAX_PICTURE_BYTES = 9_100_000
MAX_TEXT_BYTES = 4_000_000  # of the hOCR of a page
MAX_SHOWN_LANGUAGES = 3  # at once, if none is given
PICTURE = re.compile(rb"P5 ([0-9]{1,6}) ([0-9]{1,6}) 255\n")
LANGUAGES = {  # of Tesseract, by those of documents
    "cs": "ces", "da": "dan", "de": "deu", "en": "eng", "es": "spa", "fi": "fin", "fr": "fra", "hu": "hun",
    "it": "ita", "ja": "jpn", "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ru": "rus",
    "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "chi_sim",
}  # fmt: skip
NO_LANGUAGES = frozenset(("osd", "equ", "snum"))  # data that knows no letters


def is_installed() -> bool:
    """Tell whether there is a Tesseract with data of some language."""
    program = shutil.which(PROGRAM)
    return program is not None and bool(_languages(program) - NO_LANGUAGES)


def recognize(draw: Callable[[Sequence[int]], bytes], numbers: Sequence[int], language: str | None) -> dict[int, str]:
    """Recognize pages by number; returns the hOCR of each that could be read.

    `draw` makes the pictures of some pages, as PGM, one behind the other.
    """
    found: dict[int, str] = {}
    wanted = numbers[:MAX_PAGES]
    for start in range(0, len(wanted), PAGES_AT_ONCE):
        few = wanted[start : start + PAGES_AT_ONCE]
        for number, picture in zip(few, _pictures(draw(few)), strict=False):
            text = _recognize(picture, language) if picture else ""
            if text:
                found[number] = text
    return found


def _pictures(drawn: bytes) -> Iterator[bytes]:
    """Yield the pictures in what was drawn, which is not trusted: an empty one is a line of its own."""
    position = 0
    while position < len(drawn):
        if drawn[position : position + 1] == b"\n":
            yield b""
            position += 1
            continue
        match = PICTURE.match(drawn, position)
        if match is None:
            return
        end = match.end() + int(match[1]) * int(match[2])
        if end - position > MAX_PICTURE_BYTES or end > len(drawn):
            return
        yield drawn[position:end]
        position = end


def _recognize(picture: bytes, language: str | None) -> str:
    """Return the hOCR of a picture, "" if Tesseract fails or takes too long."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ""
    known = _languages(program)
    arguments = ["stdin", "stdout", "-l", _chosen(known, language), "--psm", "1" if "osd" in known else "3", "hocr"]
    command = [sys.executable, "-P", "-m", LIMITED, program, *arguments]
    with suppress(subprocess.SubprocessError, OSError):
        done = subprocess.run(  # noqa: S603 - the program of the system, without a shell
            command, input=picture, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
            timeout=3 * CPU_S, check=True,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace") if len(done.stdout) <= MAX_TEXT_BYTES else ""
    return ""


@lru_cache(maxsize=4)
def _languages(program: str) -> frozenset[str]:
    """Return the languages that a Tesseract has data of."""
    try:
        done = subprocess.run(  # noqa: S603
            [program, "--list-langs"], capture_output=True, env=_environment(), timeout=CPU_S, check=True
        )
    except (subprocess.SubprocessError, OSError):
        return frozenset()
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return frozenset(line for line in lines if re.fullmatch(r"[A-Za-z_]{3,20}", line))


def _chosen(known: frozenset[str], language: str | None) -> str:
    """Choose the languages to be recognized: that of the documents if there is data of it, else English and others."""
    own = LANGUAGES.get(language or "", "")
    if own in known:
        return own
    others = sorted(known - NO_LANGUAGES, key=lambda name: (name != "eng", name))
    return "+".join(others[:MAX_SHOWN_LANGUAGES])


def _environment() -> dict[str, str]:
    """Make the environment: one thread, so that a page costs one core, and where Tesseract has its data."""
    passed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX") if name in os.environ}
    return passed | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", "PYTHONPATH": python_path()}
