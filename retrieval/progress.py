"""Report the progress of long operations: the library passes events to a callable that its caller provides."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Task(Enum):
    """A kind of long operation; its value describes it to people."""

    COMPILE_ENCODER = "compiling the model"
    COMPILE_CROSS_ENCODER = "compiling the cross-encoder"
    READ = "reading"
    SPLIT = "splitting"
    ENCODE = "encoding"
    ASK = "asking"
    CHECK_QUOTES = "checking quotes"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How far an operation is: `done` of `total` items. It begins with `done` 0 and ends with `done` equal to `total`.

    `part` tells several operations of one task apart, such as the levels whose questions are asked.
    """

    task: Task
    done: int
    total: int
    part: str = ""

    @property
    def finished(self) -> bool:
        """Return whether nothing is left to do."""
        return self.done == self.total

    @property
    def description(self) -> str:
        """Describe the operation to people, such as "asking (near)"."""
        return f"{self.task.value} ({self.part})" if self.part else self.task.value


Progress = Callable[[ProgressEvent], None]


def silent(_: ProgressEvent) -> None:
    """Ignore progress."""
