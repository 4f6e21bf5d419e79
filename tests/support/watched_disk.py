"""Stand between Python and the disk: every I/O call below a folder is told of, before and after it happens.

What is told: an operation, the path that it is about, and what it writes, renames to or links. A listener
that raises before the call is a disk that fails.
"""

import builtins
import io
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

Listener = Callable[[str, str, Any], None]
WRITES = {"create", "write", "fsync", "mkdir", "rename", "link", "unlink", "rmdir"}  # the others only read


def ignore(operation: str, path: str, detail: Any) -> None:
    """Listen to nothing."""


class _Watcher:
    """The calls of the modules os, io and mmap, with a word to the listeners before and after."""

    def __init__(self, root: Path, before: Listener, after: Listener) -> None:
        self._root = f"{root}{os.sep}"
        self._before, self._after = before, after
        self._descriptors: dict[int, str] = {}
        self._real = {name: getattr(os, name) for name in ("open", "close", "fsync", "link")}
        self._real_open, self._real_mmap = io.open, mmap.mmap

    def path(self, given: Any, folder: int | None = None) -> str | None:
        """Return the full path of what a call is about, None when it is not below the folder."""
        if isinstance(given, int):
            return self._descriptors.get(given)
        name = os.fsdecode(given)
        if folder is not None and not name.startswith(os.sep):
            name = os.path.join(self._descriptors.get(folder, ""), name)  # noqa: PTH118 - as the call gave it
        return name if name.startswith(self._root) else None

    def told(self, operation: str, path: str, detail: Any, call: Callable[[], Any]) -> Any:
        self._before(operation, path, detail)
        result = call()
        self._after(operation, path, detail)
        return result

    def wrapped(self, operation: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is about its first argument, and maybe a second one."""

        def call(given: Any = ".", *rest: Any, **named: Any) -> Any:
            path = self.path(given, named.get("dir_fd"))
            if path is None:
                return real(given, *rest, **named)
            detail = self.path(rest[0]) if operation == "rename" else None
            return self.told(operation, path, detail, lambda: real(given, *rest, **named))

        return call

    def link(self, source: Any, target: Any) -> None:
        path = self.path(target)
        if path is None:
            self._real["link"](source, target)
        else:
            self.told("link", path, self.path(source), lambda: self._real["link"](source, target))

    def open_descriptor(self, given: Any, flags: int, *rest: Any, **named: Any) -> int:
        path = self.path(given, named.get("dir_fd"))
        if path is None:
            return int(self._real["open"](given, flags, *rest, **named))
        operation = "create" if flags & os.O_CREAT and not Path(path).exists() else "open"
        descriptor = int(self.told(operation, path, None, lambda: self._real["open"](given, flags, *rest, **named)))
        self._descriptors[descriptor] = path
        return descriptor

    def close(self, descriptor: int) -> None:
        self._descriptors.pop(descriptor, None)
        self._real["close"](descriptor)

    def open_file(self, given: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        path = self.path(given)
        if path is None:
            return self._real_open(given, mode, buffering, *rest, **named)
        bare = mode.replace("b", "").replace("t", "")
        raw = self.told("open" if bare == "r" else "create", path, None, lambda: _Raw(self, path, given, bare))
        buffered = io.BufferedReader(raw) if bare == "r" else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **named)

    def map(self, descriptor: int, *rest: Any, **named: Any) -> Any:
        path = self.path(descriptor)
        if path is None:
            return self._real_mmap(descriptor, *rest, **named)
        return self.told("map", path, None, lambda: self._real_mmap(descriptor, *rest, **named))


class _Raw(io.FileIO):
    """A file whose reads and writes are told of."""

    def __init__(self, watcher: _Watcher, path: str, given: Any, mode: str) -> None:
        super().__init__(given, mode)
        self._watcher, self._path = watcher, path
        watcher._descriptors[self.fileno()] = path

    def write(self, data: Any) -> int:
        return int(self._watcher.told("write", self._path, bytes(data), lambda: super(_Raw, self).write(data)))

    def readinto(self, buffer: Any) -> int:
        return int(self._watcher.told("read", self._path, None, lambda: super(_Raw, self).readinto(buffer)))

    def readall(self) -> bytes:
        return bytes(self._watcher.told("read", self._path, None, lambda: super(_Raw, self).readall()))

    def close(self) -> None:
        if not self.closed:
            self._watcher._descriptors.pop(self.fileno(), None)
        super().close()


@contextmanager
def watched(root: Path, before: Listener = ignore, after: Listener = ignore) -> Iterator[None]:
    """Tell of every I/O call of this process below a folder until the end of the block."""
    watcher = _Watcher(root, before, after)
    operations = {
        "fsync": "fsync", "mkdir": "mkdir", "rename": "rename", "replace": "rename", "unlink": "unlink",
        "remove": "unlink", "rmdir": "rmdir", "scandir": "list", "listdir": "list", "stat": "stat", "lstat": "stat",
    }  # fmt: skip
    with ExitStack() as stack:
        for name, operation in operations.items():
            stack.enter_context(mock.patch.object(os, name, watcher.wrapped(operation, getattr(os, name))))
        stack.enter_context(mock.patch.object(os, "open", watcher.open_descriptor))
        stack.enter_context(mock.patch.object(os, "close", watcher.close))
        stack.enter_context(mock.patch.object(os, "link", watcher.link))
        stack.enter_context(mock.patch.object(io, "open", watcher.open_file))
        stack.enter_context(mock.patch.object(builtins, "open", watcher.open_file))
        stack.enter_context(mock.patch.object(mmap, "mmap", watcher.map))
        yield
