"""Let every I/O call of a rebuild fail in turn, and fill a real disk: python -m tests.proofs.io_faults.

Each failure is tried as a single one and as a permanent one. The command line must print an error of one line that
names the file while the generation before still answers, or succeed as if nothing had failed. The next rebuild must
succeed and leave no unfinished files.
"""

import contextlib
import errno
import io
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from bot.commands import cli
from bot.showing.exit_codes import ERROR
from retrieval.files import remove_tree
from tests.support import small_corpus, watched_disk
from tests.support.word_encoder import WordEncoder

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EMFILE)
BLOCK_BYTES = 4096
TMPFS_BLOCKS = 128


class Fault:
    """Raises an error at the call with a number, and at every later call if it is permanent."""

    def __init__(self, number: int, code: int, *, permanent: bool) -> None:
        self._number, self._code, self.permanent = number, code, permanent
        self.calls = 0
        self.failed_call = ""

    def __call__(self, operation: str, path: str, _: Any) -> None:
        number, self.calls = self.calls, self.calls + 1
        if number == self._number or (self.permanent and self.failed_call):
            self.failed_call = self.failed_call or f"{operation} {path}"
            # As in the system, only errors of calls with a path name it.
            filename = () if operation in ("read", "write", "fsync", "map") else (path,)
            raise OSError(self._code, os.strerror(self._code), *filename)


def run(root: Path, *arguments: str) -> tuple[int, str]:
    """Run the command line in this process; return its exit code and stderr, after a success stdout too."""
    out, errors = io.StringIO(), io.StringIO()
    folders = ["--seeds", str(root / "seeds"), "--index", str(root / "index")]
    with (
        small_corpus.use_encoder(WordEncoder()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        code = cli.run([*arguments, *folders])
    return code, errors.getvalue() if code else out.getvalue() + errors.getvalue()


def prove(root: Path, codes: Sequence[int], *, permanent: bool, every: int = 1, seed: int = 0) -> Counter[str]:
    """Fail every call in turn, or each `every`-th; return how often rebuilds failed and how often they succeeded."""
    rng = random.Random(seed)
    outcome: Counter[str] = Counter()
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    with mock.patch.object(os, "fsync"):  # it is enough that the call is watched
        for code in codes:
            number = 0
            while _try_fault(root, Fault(number, code, permanent=permanent), rng, outcome):
                number += every
    return outcome


def _try_fault(root: Path, fault: Fault, rng: random.Random, outcome: Counter[str]) -> bool:
    """Rebuild with a fault; return whether the rebuild made that call."""
    before = small_corpus.opened_digest(root)
    small_corpus.edit(root, rng)
    after = small_corpus.expected_digest(root)
    with watched_disk.watched(root, before=fault):
        code, output = run(root, "rebuild")
    try:
        _check(root, fault, (code, output), before, after)
        assert run(root, "rebuild")[0] == 0
        assert small_corpus.opened_digest(root) == after, "the next rebuild did not repair it"
        if small_corpus.leftovers(root):  # the next generation deletes them
            run(root, "rebuild", "--full")
        assert not small_corpus.leftovers(root), small_corpus.leftovers(root)
    except Exception as error:
        raise AssertionError(f"{fault.failed_call} (call {fault.calls}): {error}; {code}: {output}") from error
    if fault.failed_call:
        outcome["failed" if code else "succeeded"] += 1
    return bool(fault.failed_call)


def _check(root: Path, fault: Fault, result: tuple[int, str], before: str, after: str) -> None:
    """Check the exit code, the output and the index after a rebuild with a fault."""
    code, output = result
    state = small_corpus.opened_digest(root)
    lines = [line for line in output.splitlines() if line.strip()]
    if code:
        assert code == ERROR
        # The last sync follows the last rename; a disk that fails permanently from there on cannot be restored.
        stuck = fault.permanent and fault.failed_call in (f"open {root}/index", f"fsync {root}/index")
        assert state == before or (stuck and state == after), "another generation answers after a failure"
        assert len(lines) == 1, "not one line"
        assert str(root) in output, "the line names no file"
        assert "unexpected" not in output
        operation, _, path = fault.failed_call.partition(" ")
        exempt = fault.permanent or operation not in watched_disk.WRITE_OPERATIONS
        assert exempt or path in output, "the line names another file"
        return
    unread = Path(fault.failed_call.partition(" ")[2])
    if state != after:  # a document could not be read and is reported as rejected
        assert unread.parent == root / "seeds"
        assert f"{unread.name}: cannot be read" in output
        assert state == small_corpus.expected_digest(root, without=unread.name)


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of half a megabyte. Raises PermissionError if this user may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BLOCKS * BLOCK_BYTES}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def garble(root: Path, seed: int = 0) -> int:
    """Rebuild on a disk that changes what is written, in each file in turn; return how many files were tried."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    before = small_corpus.opened_digest(root)
    # The files of generation 2; a full rebuild links none of them.
    names = sorted(path.name.replace("tokens-1", "tokens-2") for path in (root / "index" / "gen-1").iterdir())
    open_file, close = os.open, os.close  # the functions that are not watched
    for name in names:

        def corrupt(operation: str, path: str, _: Any, name: str = name) -> None:
            if operation == "fsync" and path.endswith(f".tmp/{name}"):
                file = open_file(path, os.O_RDWR)
                os.pwrite(file, bytes([os.pread(file, 1, 40)[0] ^ 1]), 40)
                close(file)

        small_corpus.edit(root, rng)
        with watched_disk.watched(root, after=corrupt):
            code, output = run(root, "rebuild", "--full")
        assert (code, output.count("\n")) == (ERROR, 1), f"{name}: {output}"
        assert "the disk does not return what was written" in output, output
        assert small_corpus.opened_digest(root) == before
        assert not small_corpus.leftovers(root)
    return len(names)


def read_only(disk_folder: Path) -> None:
    """Ask and rebuild on a disk that becomes read-only. Raises PermissionError if this user may not remount it."""
    root = disk_folder / "root"
    small_corpus.fill(root, random.Random(0))
    assert run(root, "rebuild")[0] == 0
    before = small_corpus.opened_digest(root)
    done = subprocess.run(["mount", "-o", "remount,ro", str(disk_folder)], capture_output=True, check=False)
    if done.returncode:
        raise PermissionError("no disk can be made read-only here")
    code, output = run(root, "ask", "Who opens the library?", "--show-closest")
    assert code in (0, 1), output
    code, output = run(root, "rebuild", "--full")
    assert (code, output.count("\n")) == (ERROR, 1), output
    assert str(root / "index") in output
    assert "Read-only file system" in output
    assert small_corpus.opened_digest(root) == before


@contextlib.contextmanager
def moved_to(other: Path, root: Path) -> Iterator[Path]:
    """Make a root with its index on another file system, and delete that index at the end."""
    small_corpus.fill(root, random.Random(0))
    with tempfile.TemporaryDirectory(dir=other) as folder:
        (root / "index").symlink_to(folder)
        yield root


def fill_up(root: Path, every: int = 1, seed: int = 0) -> int:
    """Rebuild on a disk with less and less space; return how many rebuilds failed because of it."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    ballast = root / "ballast"
    failures = 0
    for blocks in range(0, 40, every):
        before = small_corpus.opened_digest(root)
        small_corpus.edit(root, rng)
        after = small_corpus.expected_digest(root)
        disk = os.statvfs(root)
        ballast.write_bytes(bytes(max(disk.f_bavail * disk.f_frsize - blocks * BLOCK_BYTES, 0)))
        code, output = run(root, "rebuild")
        state = small_corpus.opened_digest(root)
        ballast.unlink()
        if code:
            failures += 1
            assert (code, state) == (ERROR, before)
            assert "No space left on device" in output, output
            assert str(root / "index") in output, output
            assert output.count("\n") == 1, output
        assert code or state == after
        assert run(root, "rebuild")[0] == 0
        assert small_corpus.opened_digest(root) == after
        assert not small_corpus.leftovers(root)
    return failures


def main() -> int:
    """Fail every call with every error, fill a disk, and print the outcomes."""
    for permanent in (False, True):
        for code in ERRORS:
            with tempfile.TemporaryDirectory() as folder:
                outcome = prove(Path(folder) / "root", [code], permanent=permanent)
            kind = "permanent" if permanent else "single"
            print(f"{errno.errorcode[code]} {kind}: {outcome.total()} calls, {dict(outcome)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{garble(Path(folder) / 'root')} files that the disk changed: all detected")
        mounted = Path(folder) / "disk"
        try:
            with full_disk(mounted):
                print(f"a full disk: {fill_up(mounted / 'root')} rebuilds failed for lack of space")
        except PermissionError as error:
            print(error)
        remove_tree(mounted, quietly=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
