"""Let every I/O call of a rebuild fail in turn, and fill a real disk: python -m tests.proofs.io_faults.

Each failure is tried once and for good. The command line must end with an error that names the file in one
line while the old generation goes on answering, or finish as if nothing had been; and the next rebuild
must succeed and leave nothing unfinished behind.
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
BLOCK = 4096
TMPFS_BLOCKS = 128


class Fault:
    """Raises an error at the call of a number, and from then on if it is there for good."""

    def __init__(self, number: int, code: int, *, for_good: bool) -> None:
        self._number, self._code, self.for_good = number, code, for_good
        self.calls = 0
        self.where = ""

    def __call__(self, operation: str, path: str, _: Any) -> None:
        number, self.calls = self.calls, self.calls + 1
        if number == self._number or (self.for_good and self.where):
            self.where = self.where or f"{operation} {path}"
            # As the system does: only calls that are given a path name it.
            named = () if operation in ("read", "write", "fsync", "map") else (path,)
            raise OSError(self._code, os.strerror(self._code), *named)


def run(root: Path, *arguments: str) -> tuple[int, str]:
    """Run the command line in this process; returns its exit code and what it says, the output only if all is well."""
    out, errors = io.StringIO(), io.StringIO()
    folders = ["--seeds", str(root / "seeds"), "--index", str(root / "index")]
    with (
        small_corpus.in_place_of_the_model(WordEncoder()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        code = cli.run([*arguments, *folders])
    return code, errors.getvalue() if code else out.getvalue() + errors.getvalue()


def prove(root: Path, codes: Sequence[int], *, for_good: bool, every: int = 1, seed: int = 0) -> Counter[str]:
    """Fail each call in turn, or each `every`-th; returns how often rebuilds failed and how often they succeeded."""
    rng = random.Random(seed)
    outcome: Counter[str] = Counter()
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    with mock.patch.object(os, "fsync"):  # only the recorded call matters here
        for code in codes:
            number = 0
            while _one(root, Fault(number, code, for_good=for_good), rng, outcome):
                number += every
    return outcome


def _one(root: Path, fault: Fault, rng: random.Random, outcome: Counter[str]) -> bool:
    """Try one failure; returns whether it came to it."""
    before = small_corpus.opened_digest(root)
    small_corpus.edit(root, rng)
    after = small_corpus.expected(root)
    with watched_disk.watched(root, before=fault):
        code, said = run(root, "rebuild")
    try:
        _check(root, fault, (code, said), before, after)
        assert run(root, "rebuild")[0] == 0
        assert small_corpus.opened_digest(root) == after, "the next rebuild did not mend it"
        if small_corpus.leftovers(root):  # the next generation takes them away
            run(root, "rebuild", "--full")
        assert not small_corpus.leftovers(root), small_corpus.leftovers(root)
    except Exception as error:
        raise AssertionError(f"{fault.where} (call {fault.calls}): {error}; {code}: {said}") from error
    if fault.where:
        outcome["failed" if code else "succeeded"] += 1
    return bool(fault.where)


def _check(root: Path, fault: Fault, ended: tuple[int, str], before: str, after: str) -> None:
    code, said = ended
    found = small_corpus.opened_digest(root)
    lines = [line for line in said.splitlines() if line.strip()]
    if code:
        assert code == ERROR
        # The last sync comes after the last rename: a disk that then takes nothing more cannot be put back.
        stuck = fault.for_good and fault.where in (f"open {root}/index", f"fsync {root}/index")
        assert found == before or (stuck and found == after), "another generation answers after a failure"
        assert len(lines) == 1, "not one line"
        assert str(root) in said, "the line names no file"
        assert "unexpected" not in said
        operation, _, path = fault.where.partition(" ")
        assert fault.for_good or operation not in watched_disk.WRITES or path in said, "the line names another file"
        return
    unread = Path(fault.where.partition(" ")[2])
    if found != after:  # but for a document that could not be read, and is said to be left out
        assert unread.parent == root / "seeds"
        assert f"{unread.name}: cannot be read" in said
        assert found == small_corpus.expected(root, without=unread.name)


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of half a megabyte; raises PermissionError where this user may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BLOCKS * BLOCK}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def garble(root: Path, seed: int = 0) -> int:
    """Rebuild on a disk that keeps something else than it was given, in each file in turn; returns how many."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    before = small_corpus.opened_digest(root)
    # Those of the generation that is then tried; a full rebuild writes all of them anew.
    names = sorted(path.name.replace("tokens-1", "tokens-2") for path in (root / "index" / "gen-1").iterdir())
    open_file, close = os.open, os.close  # not those that are watched
    for name in names:

        def spoil(operation: str, path: str, _: Any, name: str = name) -> None:
            if operation == "fsync" and path.endswith(f".tmp/{name}"):
                file = open_file(path, os.O_RDWR)
                os.pwrite(file, bytes([os.pread(file, 1, 40)[0] ^ 1]), 40)
                close(file)

        small_corpus.edit(root, rng)
        with watched_disk.watched(root, after=spoil):
            code, said = run(root, "rebuild", "--full")
        assert (code, said.count("\n")) == (ERROR, 1), f"{name}: {said}"
        assert "the disk does not return what was written" in said, said
        assert small_corpus.opened_digest(root) == before
        assert not small_corpus.leftovers(root)
    return len(names)


def read_only(disk_folder: Path) -> None:
    """Ask and rebuild on a disk that became read-only. Raises AssertionError, or PermissionError if it cannot be."""
    root = disk_folder / "root"
    small_corpus.fill(root, random.Random(0))
    assert run(root, "rebuild")[0] == 0
    before = small_corpus.opened_digest(root)
    done = subprocess.run(["mount", "-o", "remount,ro", str(disk_folder)], capture_output=True, check=False)
    if done.returncode:
        raise PermissionError("no disk can be made read-only here")
    code, said = run(root, "ask", "Who opens the library?", "--show-closest")
    assert code in (0, 1), said
    code, said = run(root, "rebuild", "--full")
    assert (code, said.count("\n")) == (ERROR, 1), said
    assert str(root / "index") in said
    assert "Read-only file system" in said
    assert small_corpus.opened_digest(root) == before


@contextlib.contextmanager
def moved_to(other: Path, root: Path) -> Iterator[Path]:
    """Make a root whose index lies on another file system, which is emptied at the end."""
    small_corpus.fill(root, random.Random(0))
    with tempfile.TemporaryDirectory(dir=other) as folder:
        (root / "index").symlink_to(folder)
        yield root


def fill_up(root: Path, every: int = 1, seed: int = 0) -> int:
    """Rebuild on a disk with less and less room; returns how many rebuilds failed for want of it."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    assert run(root, "rebuild")[0] == 0
    ballast = root / "ballast"
    failures = 0
    for blocks in range(0, 40, every):
        before = small_corpus.opened_digest(root)
        small_corpus.edit(root, rng)
        after = small_corpus.expected(root)
        room = os.statvfs(root)
        ballast.write_bytes(bytes(max(room.f_bavail * room.f_frsize - blocks * BLOCK, 0)))
        code, said = run(root, "rebuild")
        found = small_corpus.opened_digest(root)
        ballast.unlink()
        if code:
            failures += 1
            assert (code, found) == (ERROR, before)
            assert "No space left on device" in said, said
            assert str(root / "index") in said, said
            assert said.count("\n") == 1, said
        assert code or found == after
        assert run(root, "rebuild")[0] == 0
        assert small_corpus.opened_digest(root) == after
        assert not small_corpus.leftovers(root)
    return failures


def main() -> int:
    """Print the outcome of every call with every error, and of a full disk."""
    for for_good in (False, True):
        for code in ERRORS:
            with tempfile.TemporaryDirectory() as folder:
                outcome = prove(Path(folder) / "root", [code], for_good=for_good)
            kind = "for good" if for_good else "once"
            print(f"{errno.errorcode[code]} {kind}: {outcome.total()} calls, {dict(outcome)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{garble(Path(folder) / 'root')} files that were not kept as written: all noticed")
        mounted = Path(folder) / "disk"
        try:
            with full_disk(mounted):
                print(f"a full disk: {fill_up(mounted / 'root')} rebuilds failed for want of room")
        except PermissionError as error:
            print(error)
        remove_tree(mounted, quietly=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
