"""Print to a terminal: replies, lists, JSON and progress. Colours only if the output is a terminal.

rich is imported where it is used, since the answer is still being looked up when this module is imported.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from bot.showing.pieces import GAP, Piece, is_apart
from bot.showing.reply import UNANSWERED_PART, Excerpt, Reply, format_confidence
from bot.showing.safe_text import UNSAFE, one_line
from bot.showing.wording import many
from retrieval.progress import Progress, ProgressEvent, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task as Bar
    from rich.text import Text

    from retrieval.explanations import Explanation
    from retrieval.types import Rejected

MAX_WIDTH = 100  # columns; longer lines are hard to read
MIN_WIDTH = 20  # columns of text beside whatever indents it
INDENT = "  "
CODE_INDENT = 4  # columns
QUOTE_STYLE = "bold green"
UNSUPPORTED = "unsupported format"  # how the reason begins for a file that no reader takes
NO_SUFFIX = "without a suffix"
LIST_LIMIT = 20  # entries of a list that are printed; --json has all of them
LINE_INTERVAL_S = 10.0  # between lines on the progress of a task, where there is no terminal for a bar
COMPILATIONS = (Task.COMPILE_ENCODER, Task.COMPILE_CROSS_ENCODER)  # announced at once, since they report no steps


def console(stream: IO[str]) -> "Console":
    """Open a rich console of at most MAX_WIDTH columns that prints text as it is."""
    from rich.console import Console

    opened = Console(file=stream, highlight=False, emoji=False, markup=False, soft_wrap=False)
    opened.width = min(opened.width, MAX_WIDTH)
    return opened


def prepare() -> None:
    """Import what printing a reply needs, to use the time while something else loads."""
    import rich.console
    import rich.text  # noqa: F401


def say(message: str) -> None:
    """Print one line for people to stderr; stdout belongs to the answer."""
    print(f"footnote: {message}", file=sys.stderr, flush=True)


def print_json(content: Mapping[str, Any], *, indent: int | None = 1) -> None:
    """Print one JSON object to stdout; characters that could mislead a terminal are escaped."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    print(UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text), flush=True)


def print_list(entries: Sequence[str], prefix: str = "") -> None:
    """Print the first LIST_LIMIT entries to stdout, each on a line after a prefix, and the number of the others."""
    out = console(sys.stdout)
    for entry in entries[:LIST_LIMIT]:
        out.print(prefix + one_line(entry), soft_wrap=True)
    if len(entries) > LIST_LIMIT:
        out.print(f"{prefix}… and {len(entries) - LIST_LIMIT:,} more (--json lists all)")


def print_rejected(rejected: Sequence["Rejected"]) -> None:
    """Print the files that are not used, and why; those of unsupported formats come last, counted by suffix."""
    if rejected:
        verb = "is" if len(rejected) == 1 else "are"
        console(sys.stdout).print(f"{many(len(rejected), 'file')} {verb} not used:")
    others: dict[tuple[str, str], list[str]] = {}
    lines = []
    for file in rejected:
        if file.reason.startswith(UNSUPPORTED):
            others.setdefault((PurePosixPath(file.path).suffix.lower(), file.reason), []).append(file.path)
        else:
            lines.append(f"{file.path}: {file.reason}")
    groups = sorted(others.items(), key=lambda group: -len(group[1]))
    lines += [_word_unsupported(suffix, reason, paths) for (suffix, reason), paths in groups]
    print_list(lines, INDENT)


def _word_unsupported(suffix: str, reason: str, paths: Sequence[str]) -> str:
    """Word that files with a suffix are not used: the only one by its path, several by their number."""
    return f"{paths[0] if len(paths) == 1 else f'{len(paths):,} × {suffix or NO_SUFFIX}'}: {reason}"


def rejected_json(rejected: Sequence["Rejected"]) -> list[dict[str, str]]:
    """Convert the files that are not used to objects for JSON."""
    return [{"path": file.path, "reason": file.reason} for file in rejected]


def print_reply(reply: Reply) -> None:
    """Print a reply to stdout."""
    from rich.text import Text

    out = console(sys.stdout)
    if reply.message:
        out.print(Text(reply.message, style="yellow"))
    for note in reply.notes:
        out.print(Text(note, style="dim"))
    for number, excerpt in enumerate(reply.excerpts):
        if number or reply.message or reply.notes:
            out.print()
        _print_excerpt(out, excerpt)
    for part in reply.unanswered:
        out.print()
        out.print(Text(UNANSWERED_PART(question=part), style="yellow"))


def print_explanation(explanation: "Explanation") -> None:
    """Print what each stage found for a question, below the reply."""
    from rich.text import Text

    from bot.showing.explanation_lines import explanation_lines

    out = console(sys.stdout)
    out.print()
    out.print(Text(f"Explanation of: {one_line(explanation.question)}", style="bold"))
    for line in explanation_lines(explanation):
        columns = len(line) - len(line.lstrip())
        _print_indented(out, Text(line.strip(), style="dim"), columns)


def _print_excerpt(out: "Console", excerpt: Excerpt) -> None:
    """Print the passage, then its citation."""
    from rich.text import Text

    _print_passage(out, excerpt.passage)
    out.print()
    origin = Text("— ", style="dim").append(excerpt.title, style="bold")
    for part in filter(None, (excerpt.source, excerpt.published)):
        origin.append(f", {part}")
    _print_indented(out, origin)
    place = Text(excerpt.place, style="cyan")
    place.append(f"  [{excerpt.citation_id}]  {format_confidence(excerpt.confidence)}", style="dim")
    _print_indented(out, place)
    for other in excerpt.also:
        _print_indented(out, Text(f"also in: {other}", style="dim"))
    if excerpt.more:
        _print_indented(out, Text(f"also in: {many(excerpt.more, 'more place')}", style="dim"))
    if excerpt.url:
        out.print(Text(f"{INDENT}{excerpt.url}", style="blue"), soft_wrap=True)


def _print_passage(out: "Console", pieces: Sequence[Piece]) -> None:
    """Print each piece on lines of its own, the quoted sentence bold within its dimmed context."""
    from rich.text import Text

    for previous, piece in zip((None, *pieces[:-1]), pieces, strict=True):
        if piece.after_gap:
            _print_indented(out, Text(GAP, style="dim"), piece.indent)
        elif previous and is_apart(previous, piece):
            out.print()
        if piece.kind == "code":
            style = QUOTE_STYLE if piece.is_marked else "dim"
            for line in piece.text.split("\n"):
                indented = INDENT + " " * (piece.indent + CODE_INDENT) + line
                out.print(Text(indented.rstrip(), style=style), soft_wrap=True)
        elif piece.kind == "heading":
            _print_indented(out, Text(piece.text, style="bold"), piece.indent)
        else:
            text = Text(piece.before, style="dim")
            if piece.is_marked:
                text = Text().append(text).append(f"“{piece.sentence}”", style=QUOTE_STYLE)
                text.append(piece.after, style="dim")
            _print_indented(out, text, piece.indent, piece.label)


def _print_indented(out: "Console", text: "Text", columns: int = 0, label: str = "") -> None:
    """Print wrapped text after a label, which its further lines leave room for."""
    from rich.text import Text

    prefix = INDENT + " " * columns + (f"{label} " if label else "")
    for number, line in enumerate(text.wrap(out, max(out.width - len(INDENT) - len(prefix), MIN_WIDTH))):
        line.rstrip()
        out.print(Text.assemble((prefix if number == 0 else " " * len(prefix), "dim" if label else ""), line))


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a callable that shows progress events on stderr: as bars on a terminal, else as lines."""
    if not sys.stderr.isatty():
        yield _line_progress()
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
        """Items per second."""

        def render(self, task: "Bar") -> "Text":
            from rich.text import Text

            return Text(f"{task.speed:,.1f} per second" if task.speed else "", style="dim")

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate())
    with Bars(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console(sys.stderr), transient=True
    ) as bars:
        bar_ids = {}

        def show(event: ProgressEvent) -> None:
            name = event.description
            if name not in bar_ids:
                bar_ids[name] = bars.add_task(name, total=event.total)
            bars.update(bar_ids[name], completed=event.done, total=event.total)

        yield show


def _line_progress() -> Progress:
    """Return a callable that prints a line every LINE_INTERVAL_S while a task runs."""
    started: dict[str, float] = {}
    printed: dict[str, float] = {}

    def show(event: ProgressEvent) -> None:
        now = time.monotonic()
        name, done, total = event.description, event.done, event.total
        if done == 0:  # a task may run several times
            started[name] = now
            printed.pop(name, None)
        start = started.setdefault(name, now)
        if event.finished:
            return
        if event.task in COMPILATIONS:
            say(f"{name} (about 20 seconds, once)")
        elif now - printed.get(name, start) > LINE_INTERVAL_S:
            printed[name] = now
            left = (now - start) / max(done, 1) * (total - done)
            rate = done / (now - start)
            say(f"{name}: {done:,} of {total:,}, {rate:,.1f} per second, about {left:.0f} s left")

    return show
