"""The child process that reads one file: its content comes in on stdin, JSON goes out on stdout.

python -P -m retrieval.reading.isolated.child .pdf
"""

import importlib
import os
import sys

from retrieval.reading.formats import encodings
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.isolated import limits
from retrieval.reading.isolated.protocol import Extracted, Refusal, RefusedError, dumps

MAX_REPLY_BYTES = 64_000_000
MEGABYTE = 1_000_000


def main() -> None:
    """Read stdin in the format whose suffix is the first argument, and print the reply for the parent."""
    sys.stdout.buffer.write(_reply(sys.argv[1]))


def _reply(suffix: str) -> bytes:
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
        extracted: Extracted = reader.read(content)
        reply = dumps(extracted)
    except RefusedError as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse(f"needs more than {limits.MEMORY_BYTES // 2**20} MB of memory")
    except RecursionError:
        return _refuse("nested too deeply")
    except Exception as error:  # whatever a library makes of hostile bytes
        return _refuse(f"damaged, or not what its name says ({type(error).__name__})")
    if len(reply) > MAX_REPLY_BYTES:
        return _refuse(f"contains more than {MAX_REPLY_BYTES // MEGABYTE} MB of text")
    return reply


def _refuse(reason: str) -> bytes:
    return dumps(Refusal(reason))


if __name__ == "__main__":
    main()
