"""Print to a terminal: replies, tables, progress. Colours only where the output is a terminal.

rich is imported where it is used, for the answer is still being found when this module is imported.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from bot.showing.reply import Excerpt, Reply
from bot.showing.safe_text import UNSAFE, one_line
from bot.showing.wording import many
from retrieval.progress import Progress, ProgressEvent, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task as Bar
    from rich.text import Text

    from retrieval.types import Rejected

WIDEST = 100
INDENT = "  "
LIST_LIMIT = 20  # entries of a list that are printed; --json has all of them
QUIET_SECONDS = 2.0
PLAIN_SECONDS = 10.0
COMPILATIONS = (Task.COMPILE_ENCODER, Task.COMPILE_CROSS_ENCODER)  # announced at once: they report no steps


def console(stream: IO[str]) -> "Console":
    """Return a console for a stream, no wider than is pleasant to read."""
    from rich.console import Console

    made = Console(file=stream, highlight=False, emoji=False, markup=False, soft_wrap=False)
    made.width = min(made.width, WIDEST)
    return made


def prepare() -> None:
    """Import what printing a reply needs, while something else is waited for."""
    import rich.console
    import rich.text  # noqa: F401


def say(message: str) -> None:
    """Print one line for people on stderr; stdout belongs to the answer."""
    print(f"footnote: {message}", file=sys.stderr, flush=True)


def print_json(content: Mapping[str, Any], *, indent: int | None = 1) -> None:
    """Print one JSON object to stdout; characters that could mislead a terminal are escaped."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    print(UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text), flush=True)


def print_list(entries: Sequence[str], prefix: str = "") -> None:
    """Print the first LIST_LIMIT entries, a line each after a prefix, and how many more there are."""
    out = console(sys.stdout)
    for entry in entries[:LIST_LIMIT]:
        out.print(prefix + one_line(entry), soft_wrap=True)
    if len(entries) > LIST_LIMIT:
        out.print(f"{prefix}… and {len(entries) - LIST_LIMIT:,} more (--json lists all)")


def print_rejected(rejected: Sequence["Rejected"]) -> None:
    """Print which files are not used, and why."""
    if rejected:
        verb = "is" if len(rejected) == 1 else "are"
        console(sys.stdout).print(f"{many(len(rejected), 'file')} {verb} not used:")
    print_list([f"{file.path}: {file.reason}" for file in rejected], "  ")


def print_reply(reply: Reply) -> None:
    """Print a reply to stdout."""
    from rich.text import Text

    out = console(sys.stdout)
    if reply.message:
        out.print(Text(reply.message, style="yellow"))
    for number, excerpt in enumerate(reply.excerpts):
        if number or reply.message:
            out.print()
        _print_excerpt(out, excerpt)


def _print_excerpt(out: "Console", excerpt: Excerpt) -> None:
    """Print the context dimmed around the quote, then where it stands."""
    from rich.text import Text

    marks = ("“", "”")
    passage = Text()
    if excerpt.before:
        passage.append(excerpt.before + " ", style="dim")
    passage.append(f"{marks[0]}{excerpt.quote}{marks[1]}", style="bold green")
    if excerpt.after:
        passage.append(" " + excerpt.after, style="dim")
    _print_indented(out, passage)
    out.print()
    heading = Text("— ", style="dim").append(excerpt.title, style="bold")
    for known in filter(None, (excerpt.source, excerpt.published)):
        heading.append(f", {known}")
    _print_indented(out, heading)
    details = Text(excerpt.place, style="cyan")
    details.append(f"  [{excerpt.citation}]  {excerpt.confidence:.0%} sure", style="dim")
    _print_indented(out, details)
    for other in excerpt.also:
        _print_indented(out, Text(f"also in: {other}", style="dim"))
    if excerpt.more:
        _print_indented(out, Text(f"also in: {excerpt.more:,} more places", style="dim"))
    if excerpt.url:
        out.print(Text(f"{INDENT}{excerpt.url}", style="blue"), soft_wrap=True)


def _print_indented(out: "Console", text: "Text") -> None:
    for line in text.wrap(out, out.width - 2 * len(INDENT)):
        line.rstrip()
        line.pad_left(len(INDENT))
        out.print(line)


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a callable that shows the progress of tasks on stderr: a bar on a terminal, else lines."""
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: "Bar") -> "Text":
            from rich.text import Text

            return Text(f"{task.speed:,.1f} a second" if task.speed else "", style="dim")

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate())
    with Bars(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console(sys.stderr), transient=True
    ) as bars:
        known = {}

        def show(event: ProgressEvent) -> None:
            name = event.description
            if name not in known:
                known[name] = bars.add_task(name, total=event.total)
            bars.update(known[name], completed=event.done, total=event.total)

        yield show


def _plain_progress() -> Progress:
    """Return a callable that prints a line per long task, and then every ten seconds."""
    started: dict[str, float] = {}
    said: dict[str, float] = {}

    def show(event: ProgressEvent) -> None:
        now = time.monotonic()
        name, done, total = event.description, event.done, event.total
        if done == 0:  # the task may come again
            started[name] = now
            said.pop(name, None)
        first = started.setdefault(name, now)
        if event.finished:
            return
        if event.task in COMPILATIONS:
            say(f"{name} (about 20 seconds, once)")
        elif now - first > QUIET_SECONDS and now - said.get(name, first) > PLAIN_SECONDS:
            said[name] = now
            left = (now - first) / max(done, 1) * (total - done)
            rate = done / (now - first)
            say(f"{name}: {done} of {total}, {rate:,.1f} a second, about {left:.0f} s left")

    return show
