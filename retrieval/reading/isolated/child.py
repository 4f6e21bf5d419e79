"""The child process that reads one file: its content comes in on stdin, JSON goes out on stdout.

python -P -m retrieval.reading.isolated.child .pdf

It also draws pages of a PDF for OCR, and reads a PDF together with what OCR found.
"""

import importlib
import json
import os
import sys
from typing import Any

from retrieval.reading.formats import encodings
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.isolated import limits
from retrieval.reading.isolated.protocol import Extracted, Refusal, RefusedError, dumps

MAX_REPLY_BYTES = 64_000_000
MEGABYTE = 1_000_000
DRAW, RECOGNIZED = "draw", "recognized"


def main() -> None:
    """Read stdin in the format whose suffix is the first argument, and print the reply for the parent.

    With DRAW and the numbers of pages behind it, print their pictures; with RECOGNIZED, stdin begins with a line that
    is a JSON object: what OCR found, by page.
    """
    if sys.argv[2:3] == [DRAW]:
        sys.stdout.buffer.write(_drawn([int(number) for number in sys.argv[3].split(",")]))
    else:
        sys.stdout.buffer.write(_reply(sys.argv[1], is_recognized=sys.argv[2:3] == [RECOGNIZED]))


def _drawn(numbers: list[int]) -> bytes:
    """Draw pages of the PDF on stdin; one that cannot be drawn is an empty line."""
    limits.limit_resources()
    scans = importlib.import_module("retrieval.reading.formats.pdf.scans")
    content = sys.stdin.buffer.read()
    os.close(0)
    limits.forbid_opening()
    return b"".join(picture or b"\n" for picture in scans.draw(content, numbers))


def _reply(suffix: str, *, is_recognized: bool) -> bytes:
    """Encode the parts of the file on stdin, or the reason why it is not read."""
    format_ = FORMATS[suffix]
    limits.limit_resources()
    try:
        reader = importlib.import_module(f"retrieval.reading.formats.{format_.module}")
    except ImportError as error:
        library = (error.name or "a library").partition(".")[0]
        reason = f"needs {library}, which is not installed; pip install 'footnote[{format_.extra}]'"
        return dumps(Refusal(reason, library if error.name else ""))
    encodings.preload()
    if hasattr(reader, "warm"):  # of modules that it could not import after forbid_opening
        reader.warm()
    content = sys.stdin.buffer.read()
    os.close(0)
    limits.forbid_opening()
    try:
        extracted: Extracted = _read_recognized(reader, content) if is_recognized else reader.read(content)
        reply = dumps(extracted)
    except RefusedError as error:
        return dumps(Refusal(str(error), error.missing_library, error.scanned))
    except MemoryError:
        return _refuse(f"needs more than {limits.MEMORY_BYTES // 2**20} MB of memory")
    except RecursionError:
        return _refuse("nested too deeply")
    except Exception as error:  # whatever a library makes of hostile bytes
        return _refuse(f"damaged, or not what its name says ({type(error).__name__})")
    if len(reply) > MAX_REPLY_BYTES:
        return _refuse(f"contains more than {MAX_REPLY_BYTES // MEGABYTE} MB of text")
    return reply


def _read_recognized(reader: Any, content: bytes) -> Extracted:
    """Read a PDF below a line with what OCR found in its pages."""
    found, _, rest = content.partition(b"\n")
    extracted: Extracted = reader.read(rest, {int(number): text for number, text in json.loads(found).items()})
    return extracted


def _refuse(reason: str) -> bytes:
    return dumps(Refusal(reason))


if __name__ == "__main__":
    main()
