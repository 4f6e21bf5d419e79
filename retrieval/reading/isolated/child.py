"""The child process that reads one file: content in on stdin, JSON out on stdout.

python -P -m retrieval.reading.isolated.child .pdf
"""

import importlib
import json
import os
import sys
from collections.abc import Callable

from retrieval.reading.formats import encodings
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.isolated import limits
from retrieval.reading.isolated.protocol import Extracted, RefusedError, dumps

MOST_TEXT = 64_000_000  # bytes of JSON


def main() -> None:
    """Read stdin in the format that is named and print what is in it, or why it is not read."""
    wanted = FORMATS[sys.argv[1]]
    limits.bound()
    try:
        read: Callable[[bytes], Extracted] = importlib.import_module(f"retrieval.reading.formats.{wanted.module}").read
    except ImportError as error:
        library = (error.name or "a library").partition(".")[0]
        _refuse(f"needs {library}, which is not installed; pip install 'footnote[{wanted.extra}]'")
        return
    encodings.load()
    content = sys.stdin.buffer.read()
    os.close(0)
    limits.confine()
    try:
        said = dumps(read(content))
    except RefusedError as error:
        _refuse(str(error))
    except MemoryError:
        _refuse(f"needs more than {limits.MEMORY // 2**20} MB of memory to be read")
    except RecursionError:
        _refuse("is nested too deeply")
    except Exception as error:  # whatever a library makes of hostile bytes
        _refuse(f"is damaged, or not what its name says ({type(error).__name__})")
    else:
        if len(said) > MOST_TEXT:
            _refuse(f"holds more than {MOST_TEXT // 1_000_000} MB of text")
        else:
            sys.stdout.buffer.write(said)


def _refuse(reason: str) -> None:
    sys.stdout.buffer.write(json.dumps({"refused": reason}).encode())


if __name__ == "__main__":
    main()
