"""How the library tells of its progress: a callable that takes task, done and total."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def silent(task: str, done: int, total: int) -> None:
    """Show no progress."""
