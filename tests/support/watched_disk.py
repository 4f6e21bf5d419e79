"""Watch the disk calls of this process: listeners are called before and after every I/O call below a folder.

A listener gets the operation, its path, and a detail: the bytes of a write, the target of a rename, the source of a
link. A listener that raises before the call simulates a disk that fails.
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
WRITE_OPERATIONS = {"create", "write", "fsync", "mkdir", "rename", "link", "unlink", "rmdir"}


def ignore(operation: str, path: str, detail: Any) -> None:
    """Do nothing."""


class _Watcher:
    """The calls of the modules os, io and mmap that call listeners before and after."""

    def __init__(self, root: Path, before: Listener, after: Listener) -> None:
        self._root = f"{root}{os.sep}"
        self._before, self._after = before, after
        self._descriptors: dict[int, str] = {}
        self._real = {name: getattr(os, name) for name in ("open", "close", "fsync", "link")}
        self._real_open, self._real_mmap = io.open, mmap.mmap

    def path(self, file: Any, folder: int | None = None) -> str | None:
        """Return the full path of a descriptor or path, None unless it is below the watched folder."""
        if isinstance(file, int):
            return self._descriptors.get(file)
        name = os.fsdecode(file)
        if folder is not None and not name.startswith(os.sep):
            name = os.path.join(self._descriptors.get(folder, ""), name)  # noqa: PTH118 - exactly the path of the call
        return name if name.startswith(self._root) else None

    def notify(self, operation: str, path: str, detail: Any, call: Callable[[], Any]) -> Any:
        """Call the listener, the function, and the other listener."""
        self._before(operation, path, detail)
        result = call()
        self._after(operation, path, detail)
        return result

    def wrap(self, operation: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function whose first argument is a file; a rename has a second path."""

        def call(file: Any = ".", *rest: Any, **named: Any) -> Any:
            path = self.path(file, named.get("dir_fd"))
            if path is None:
                return real(file, *rest, **named)
            detail = self.path(rest[0]) if operation == "rename" else None
            return self.notify(operation, path, detail, lambda: real(file, *rest, **named))

        return call

    def link(self, source: Any, target: Any) -> None:
        path = self.path(target)
        if path is None:
            self._real["link"](source, target)
        else:
            self.notify("link", path, self.path(source), lambda: self._real["link"](source, target))

    def open_descriptor(self, file: Any, flags: int, *rest: Any, **named: Any) -> int:
        path = self.path(file, named.get("dir_fd"))
        if path is None:
            return int(self._real["open"](file, flags, *rest, **named))
        operation = "create" if flags & os.O_CREAT and not Path(path).exists() else "open"
        descriptor = int(self.notify(operation, path, None, lambda: self._real["open"](file, flags, *rest, **named)))
        self._descriptors[descriptor] = path
        return descriptor

    def close(self, descriptor: int) -> None:
        self._descriptors.pop(descriptor, None)
        self._real["close"](descriptor)

    def open_file(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        path = self.path(file)
        if path is None:
            return self._real_open(file, mode, buffering, *rest, **named)
        bare = mode.replace("b", "").replace("t", "")
        raw = self.notify("open" if bare == "r" else "create", path, None, lambda: _Raw(self, path, file, bare))
        buffered = io.BufferedReader(raw) if bare == "r" else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **named)

    def map(self, descriptor: int, *rest: Any, **named: Any) -> Any:
        path = self.path(descriptor)
        if path is None:
            return self._real_mmap(descriptor, *rest, **named)
        return self.notify("map", path, None, lambda: self._real_mmap(descriptor, *rest, **named))


class _Raw(io.FileIO):
    """A file whose reads and writes call the listeners."""

    def __init__(self, watcher: _Watcher, path: str, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._watcher, self._path = watcher, path
        watcher._descriptors[self.fileno()] = path

    def write(self, data: Any) -> int:
        return int(self._watcher.notify("write", self._path, bytes(data), lambda: super(_Raw, self).write(data)))

    def readinto(self, buffer: Any) -> int:
        return int(self._watcher.notify("read", self._path, None, lambda: super(_Raw, self).readinto(buffer)))

    def readall(self) -> bytes:
        return bytes(self._watcher.notify("read", self._path, None, lambda: super(_Raw, self).readall()))

    def close(self) -> None:
        if not self.closed:
            self._watcher._descriptors.pop(self.fileno(), None)
        super().close()


@contextmanager
def watched(root: Path, before: Listener = ignore, after: Listener = ignore) -> Iterator[None]:
    """Call listeners for every I/O call of this process below a folder until the end of the block."""
    watcher = _Watcher(root, before, after)
    operations = {
        "fsync": "fsync", "mkdir": "mkdir", "rename": "rename", "replace": "rename", "unlink": "unlink",
        "remove": "unlink", "rmdir": "rmdir", "scandir": "list", "listdir": "list", "stat": "stat", "lstat": "stat",
    }  # fmt: skip
    with ExitStack() as stack:
        for name, operation in operations.items():
            stack.enter_context(mock.patch.object(os, name, watcher.wrap(operation, getattr(os, name))))
        stack.enter_context(mock.patch.object(os, "open", watcher.open_descriptor))
        stack.enter_context(mock.patch.object(os, "close", watcher.close))
        stack.enter_context(mock.patch.object(os, "link", watcher.link))
        stack.enter_context(mock.patch.object(io, "open", watcher.open_file))
        stack.enter_context(mock.patch.object(builtins, "open", watcher.open_file))
        stack.enter_context(mock.patch.object(mmap, "mmap", watcher.map))
        yield
