"""Write each log entry as one line on stderr, without the token, any other secret, or what people ask.

All output goes through here: the entries of this program, of discord.py and of aiohttp, warnings, and uncaught
exceptions. SecretFilter are removed from every value before it is rendered, and the rendered line is checked once more.
"""

import logging
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
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
        """Convert a value to plain types without secrets: text, numbers, and lists and mappings of them."""
        if value is None or isinstance(value, bool | int | float):
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

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Print where a faulty entry came from; the standard handler would print its arguments."""
        try:
            self.stream.write(f"A log entry of {record.module}:{record.lineno} cannot be printed\n")
            self.flush()
        except Exception:
            return


def configure(level: str, token: str, stream: TextIO | None = None) -> None:
    """Send all log entries of a level and above to `stream`, by default stderr: as JSON, or key=value on a terminal."""
    stream = stream or sys.stderr
    secrets = SecretFilter(token)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _format_exception,
    ]
    handler = Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _cleaner(secrets),
                _renderer(secrets, terminal=stream.isatty()),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
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


def _renderer(secrets: SecretFilter, *, terminal: bool) -> Callable[[object, str, EventDict], str]:
    order = ["timestamp", "level", "event"]
    render: Callable[..., Any] = (
        structlog.processors.KeyValueRenderer(key_order=order, drop_missing=True)
        if terminal
        else structlog.processors.JSONRenderer()
    )

    def line(logger: object, method: str, entry: EventDict) -> str:
        ordered = {key: entry[key] for key in order if key in entry} | dict(entry)
        text = str(render(logger, method, ordered))
        if secrets.contains_token(text):
            return '{"level": "error", "event": "A log entry was left out because it contained the token"}'
        return text

    return line


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
