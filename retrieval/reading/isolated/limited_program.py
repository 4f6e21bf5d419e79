"""Limit the memory and time of this process, then become another program.

python -P -m retrieval.reading.isolated.limited_program /usr/bin/tesseract stdin stdout
"""

import os
import resource
import sys
from contextlib import suppress

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20  # of processor time


def main() -> None:
    """Run the program and arguments of the command line; it cannot write to files."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS accepts only some of them
            resource.setrlimit(limit, (value, value))
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the limits stay, and there is no shell


if __name__ == "__main__":
    main()
