"""One line for each log entry on stderr, without the token or any other secret in it.

Everything that is printed goes this way: the entries of this program, of discord.py and of aiohttp, warnings, and
exceptions that nobody caught. Secrets are removed from every value before it is rendered, and the line that comes
out is searched once more.
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

LONGEST = 8_000  # characters of one value
DEEPEST = 6
PART = 13  # so many characters of the token in a row are a secret
HIDDEN = "[hidden]"
TALKATIVE = ("sqlalchemy", "alembic", "aiosqlite")  # their lesser entries hold whole statements

_SHAPE = r"[A-Za-z0-9_-]{17,72}\.[A-Za-z0-9_-]{5,12}\.[A-Za-z0-9_-]{20,}"  # of a bot's token
_INTERACTION = r"aW50ZXJhY3Rpb2[A-Za-z0-9+/=_-]*"  # "interaction" in base64
_NAMES = r"(?:token|authorization|secret|password|cookie)"
_GIVEN = r"\\?[\"']?\s?[:=]\s?b?\\?[\"']?"
_PATTERNS = (
    (re.compile(rf"{_SHAPE}|{_INTERACTION}"), HIDDEN),
    (re.compile(r"(/(?:webhooks|interactions)/[^/\s?#\"']+/)[^/\s?#\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:Bot|Bearer|Basic) )[^\s\"',;}\])>]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_NAMES}{_GIVEN})[^\s\"',;&}}\])>\\]{{8,}}"), rf"\1{HIDDEN}"),
)
_SECRET_KEYS = re.compile(r"(?i)token|authorization|secret|password|cookie")


class Secrets:
    """Removes secrets from text; `token` is also found in parts longer than twelve characters."""

    def __init__(self, token: str) -> None:
        spellings = {token, repr(token)[1:-1], quote(token, safe=""), token.encode("unicode_escape").decode()} - {""}
        self._whole = sorted((text for text in spellings if len(text) < PART), key=len, reverse=True)
        self._parts = {text[i : i + PART] for text in spellings for i in range(len(text) - PART + 1)}
        half = (PART + 1) // 2  # every part holds one of these whole
        self._anchors = {text[i : i + half] for text in spellings for i in range(0, len(text) - half + 1, half)}

    def hide(self, text: str) -> str:
        """Return the text without secrets, in linear time."""
        for short in self._whole:
            text = text.replace(short, HIDDEN)
        if self.holds_token(text):
            text = self._cut_parts(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def holds_token(self, text: str) -> bool:
        """Return whether more than twelve characters of the token are in the text."""
        if not any(anchor in text for anchor in self._anchors):
            return False
        return any(text[i : i + PART] in self._parts for i in range(len(text) - PART + 1))

    def _cut_parts(self, text: str) -> str:
        kept: list[str] = []
        end = covered = 0  # `end` is where copying goes on, `covered` where the last part found stops
        for i in range(len(text) - PART + 1):
            if text[i : i + PART] in self._parts:
                if i > covered or not kept:
                    kept += [text[end:i], HIDDEN]
                end = covered = i + PART
        return "".join([*kept, text[end:]])

    def clean(self, value: object, depth: int = 0) -> Any:
        """Return a value of plain types without secrets: text, numbers, lists and mappings of them."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > DEEPEST:
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
        return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


class Handler(logging.StreamHandler[TextIO]):
    """Prints entries; one that cannot be formatted is named, without what it holds."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Print where a faulty entry came from; logging itself would print its arguments."""
        try:
            self.stream.write(f"A log entry of {record.module}:{record.lineno} cannot be printed\n")
            self.flush()
        except Exception:
            return


def configure(level: str, token: str, stream: TextIO | None = None) -> None:
    """Send every log entry to stderr: as JSON, or as key=value on a terminal. `level` is the least serious one."""
    stream = stream or sys.stderr
    secrets = Secrets(token)
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
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    _catch_the_uncaught()


def _format_exception(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Turn an exception into its traceback, which shows no values of variables."""
    found = entry.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        entry["exception"] = "".join(traceback.format_exception(error))
    return entry


def _cleaner(secrets: Secrets) -> Processor:
    def clean(_logger: object, _method: str, entry: EventDict) -> EventDict:
        cleaned: EventDict = secrets.clean(dict(entry))
        return cleaned

    return clean


def _renderer(secrets: Secrets, *, terminal: bool) -> Callable[[object, str, EventDict], str]:
    order = ["timestamp", "level", "event"]
    render: Callable[..., Any] = (
        structlog.processors.KeyValueRenderer(key_order=order, drop_missing=True)
        if terminal
        else structlog.processors.JSONRenderer()
    )

    def line(logger: object, method: str, entry: EventDict) -> str:
        ordered = {key: entry[key] for key in order if key in entry} | dict(entry)
        text = str(render(logger, method, ordered))
        if secrets.holds_token(text):
            return '{"level": "error", "event": "A log entry was left out, as it held the token"}'
        return text

    return line


def _catch_the_uncaught() -> None:
    """Let warnings and exceptions that nobody caught go the same way as every entry."""
    log = logging.getLogger("footnote")

    def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and not issubclass(kind, KeyboardInterrupt):
            log.critical("An error that nobody caught", exc_info=(kind, error, trace))

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
