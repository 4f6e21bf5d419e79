"""Write each log entry as one line on stderr, without the token, any other secret, or what people ask.

All output goes through here: the entries of this program, of discord.py and of aiohttp, warnings, uncaught exceptions,
and what is printed to stderr. Secrets are removed from every value before it is rendered, and the rendered line is
checked once more.
"""

import contextlib
import io
import logging
import math
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor

MAX_VALUE_CHARS = 8_000
MAX_DEPTH = 6
PART_CHARS = 13  # this many consecutive characters of the token are a secret
HIDDEN = "[hidden]"
LOWEST_LEVELS = {  # below these, libraries log what people write: whole statements, events and requests
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "discord": logging.INFO,
    "aiohttp": logging.INFO,
}

_BOT_PATTERN = r"[A-Za-z0-9_-]{17,72}\.[A-Za-z0-9_-]{5,12}\.[A-Za-z0-9_-]{20,}"  # a bot's token
_INTERACTION_PATTERN = r"aW50ZXJhY3Rpb2[A-Za-z0-9+/=_-]*"  # an interaction's: "interaction" in base64
_NAMES = r"(?:token|authorization|secret|password|cookie)"
_ASSIGNMENT = r"\\?[\"']?\s?[:=]\s?b?\\?[\"']?"
_PATTERNS = (
    (re.compile(rf"{_BOT_PATTERN}|{_INTERACTION_PATTERN}"), HIDDEN),
    (re.compile(r"(/(?:webhooks|interactions)/[^/\s?#\"']+/)[^/\s?#\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:Bot|Bearer|Basic) )[^\s\"',;}\])>]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_NAMES}{_ASSIGNMENT})[^\s\"',;&}}\])>\\]{{8,}}"), rf"\1{HIDDEN}"),
)
_SECRET_KEYS = re.compile(rf"(?i){_NAMES}")

Renderer = Callable[[EventDict], str]  # of an entry as one line


class SecretFilter:
    """Removes secrets: the token, any PART_CHARS consecutive characters of it, and what looks like a secret."""

    def __init__(self, token: str) -> None:
        spellings = {token, repr(token)[1:-1], quote(token, safe=""), token.encode("unicode_escape").decode()} - {""}
        self._whole = sorted((text for text in spellings if len(text) < PART_CHARS), key=len, reverse=True)
        self._parts = {text[i : i + PART_CHARS] for text in spellings for i in range(len(text) - PART_CHARS + 1)}
        half = (PART_CHARS + 1) // 2  # every part contains one of these whole
        self._anchors = {text[i : i + half] for text in spellings for i in range(0, len(text) - half + 1, half)}

    def hide(self, text: str) -> str:
        """Replace the secrets in a text, in linear time."""
        for short in self._whole:
            text = text.replace(short, HIDDEN)
        if self.contains_token(text):
            text = self._cut_parts(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def contains_token(self, text: str) -> bool:
        """Return whether PART_CHARS consecutive characters of the token are in the text."""
        if not any(anchor in text for anchor in self._anchors):
            return False
        return any(text[i : i + PART_CHARS] in self._parts for i in range(len(text) - PART_CHARS + 1))

    def _cut_parts(self, text: str) -> str:
        pieces: list[str] = []
        end = covered = 0  # copying continues at `end`; the last part of the token ends at `covered`
        for i in range(len(text) - PART_CHARS + 1):
            if text[i : i + PART_CHARS] in self._parts:
                if i > covered or not pieces:
                    pieces += [text[end:i], HIDDEN]
                end = covered = i + PART_CHARS
        return "".join([*pieces, text[end:]])

    def clean(self, value: object, depth: int = 0) -> Any:
        """Convert a value to what JSON can express, without secrets: text, numbers, and lists and mappings of them."""
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if depth > MAX_DEPTH:
            return "…"
        if isinstance(value, Mapping):
            return {
                self._text(key): HIDDEN if _SECRET_KEYS.search(str(key)) and item else self.clean(item, depth + 1)
                for key, item in list(value.items())
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(item, depth + 1) for item in value]
        return self._text(value)

    def _text(self, value: object) -> str:
        try:
            text = value if isinstance(value, str) else str(value) if isinstance(value, BaseException) else repr(value)
        except Exception:
            text = f"<{type(value).__name__} that cannot be printed>"
        text = self.hide(text)
        if len(text) <= MAX_VALUE_CHARS:
            return text
        return f"{text[: MAX_VALUE_CHARS // 2]} … {text[-MAX_VALUE_CHARS // 2 :]}"


class Handler(logging.StreamHandler[TextIO]):
    """Prints entries; of an entry that cannot be formatted it prints only the origin."""

    def __init__(self, stream: TextIO, render: Renderer) -> None:
        super().__init__(stream)
        self._render = render

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Print where a faulty entry came from; the standard handler would print its arguments."""
        with contextlib.suppress(Exception):
            origin = f"{record.module}:{record.lineno}"
            self.stream.write(self._render(_own_entry(f"A log entry of {origin} cannot be printed")) + "\n")
            self.flush()


class PrintedLines(io.TextIOBase):
    """A stream that logs each line that is printed to it."""

    def __init__(self) -> None:
        super().__init__()
        self._unfinished = ""

    def write(self, text: str) -> int:
        """Log the lines that end in the text, and keep the rest for the next call."""
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in filter(str.strip, lines):
            logging.getLogger("footnote").warning("%s", line.removeprefix("footnote: "))
        return len(text)

    def flush(self) -> None:
        """Log the beginning of a line that is meant to be seen now."""
        if self._unfinished:
            self.write("\n")


@contextlib.contextmanager
def printed_lines_logged() -> Iterator[None]:
    """Log what is printed to stderr. The log must have been configured with another stream: stderr as it was before."""
    with contextlib.redirect_stderr(PrintedLines()):
        yield


def wrap(logger: logging.Logger, token: str) -> structlog.stdlib.BoundLogger:
    """Make a log for one logger of a program that has its own log: one line for each entry, without secrets."""
    secrets = SecretFilter(token)
    log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            _flatten_extra,
            *_shared_processors(),
            _cleaner(secrets),
            _line_writer(secrets, _renderer(terminal=True)),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return log


def configure(level: str, token: str, stream: TextIO) -> None:
    """Send all log entries of a level and above to a stream: as JSON, or as key=value on a terminal."""
    secrets = SecretFilter(token)
    render = _renderer(terminal=stream.isatty())
    handler = Handler(stream, render)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _cleaner(secrets),
                _line_writer(secrets, render),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            _flatten_extra,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, Handler):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name, lowest in LOWEST_LEVELS.items():
        logging.getLogger(name).setLevel(max(root.level, lowest))
    _log_uncaught()


def _shared_processors() -> list[Processor]:
    """List what completes an entry, of this program or of a library."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _format_exception,
    ]


def _format_exception(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Replace an exception by its traceback, which shows no values of variables."""
    info = entry.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        entry["exception"] = "".join(traceback.format_exception(error))
    return entry


def _cleaner(secrets: SecretFilter) -> Processor:
    def clean(_logger: object, _method: str, entry: EventDict) -> EventDict:
        cleaned: EventDict = secrets.clean(dict(entry))
        return cleaned

    return clean


def _flatten_extra(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Take the fields out of `extra`, in which modules that know only the standard logging pass them."""
    extra = entry.get("extra")
    if not isinstance(extra, Mapping):
        return entry
    return {**extra, **{key: value for key, value in entry.items() if key != "extra"}}


def _renderer(*, terminal: bool) -> Renderer:
    """Make what renders an entry: the time, the level and the event first, then its other fields."""
    order = ["timestamp", "level", "event"]
    render: Callable[..., Any] = (
        structlog.processors.KeyValueRenderer(key_order=order, drop_missing=True)
        if terminal
        else structlog.processors.JSONRenderer()
    )
    return lambda entry: str(render(None, "", {key: entry[key] for key in order if key in entry} | dict(entry)))


def _line_writer(secrets: SecretFilter, render: Renderer) -> Callable[[object, str, EventDict], str]:
    def line(_logger: object, _method: str, entry: EventDict) -> str:
        text = render(entry)
        if secrets.contains_token(text):
            return render(_own_entry("A log entry was left out because it contained the token"))
        return text

    return line


def _own_entry(event: str) -> EventDict:
    """Make the entry that replaces one that cannot be printed."""
    return {"level": "error", "event": event}


def _log_uncaught() -> None:
    """Log warnings and uncaught exceptions like every other entry."""
    log = logging.getLogger("footnote")

    def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught exception", exc_info=(kind, error, trace))

    def warn(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        log.warning("%s: %s", category.__name__, message, extra={"file": filename, "line": lineno})

    def in_thread(failure: threading.ExceptHookArgs) -> None:
        uncaught(failure.exc_type, failure.exc_value, failure.exc_traceback)

    def unraisable(failure: "sys.UnraisableHookArgs") -> None:
        uncaught(failure.exc_type, failure.exc_value, failure.exc_traceback)

    sys.excepthook = uncaught
    sys.unraisablehook = unraisable
    threading.excepthook = in_thread
    setattr(warnings, "showwarning", warn)  # noqa: B010 - its declared type names two more arguments
