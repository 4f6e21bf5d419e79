"""A canary token is logged in every possible way and never printed."""

import asyncio
import io
import json
import logging
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiohttp
import discord
import pytest
import structlog
from discord.gateway import DiscordWebSocket
from discord.http import Route
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.operations.logs import (
    LOWEST_LEVELS,
    PART_CHARS,
    PrintedLines,
    SecretFilter,
    configure,
    printed_lines_logged,
    wrap,
)
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.wire.connection_errors import FinalError
from bot.discord_bot.wire.retries import describe

CANARY = "MTA5ODc2NTQzMjEwOTg3NjU0.GcAnAr.yKq3vX9bT7sLmN2pR4wZ8dF1hJ6gC0eQ5uVxYa"
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5OmNhbmFyeWNhbmFyeWNhbmFyeQ"
WEBHOOK = "q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2j3k4l5"
SECRETS = (CANARY, INTERACTION, WEBHOOK)
LEVELS = ("debug", "info", "warning", "error")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Yield the stream for entries; afterwards restore everything that `configure` changes."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, threading.excepthook
    showwarning, raising = warnings.showwarning, logging.raiseExceptions
    out = io.StringIO()
    yield out
    root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, threading.excepthook = before
    root.setLevel(before[1])
    warnings.showwarning, logging.raiseExceptions = showwarning, raising
    for name in LOWEST_LEVELS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def is_clean(text: str) -> bool:
    """Return whether a text contains no secret and no PART_CHARS consecutive characters of the token."""
    parts = (CANARY[i : i + PART_CHARS] for i in range(len(CANARY) - PART_CHARS + 1))
    return not any(part in text for part in (*parts, INTERACTION, WEBHOOK))


class Holder:
    """An object whose repr shows its content."""

    def __init__(self, content: object) -> None:
        self.content = content

    def __repr__(self) -> str:
        return f"Holder({self.content!r})"


class Unprintable:
    """An object that cannot be printed."""

    def __repr__(self) -> str:
        raise RuntimeError(CANARY)


@dataclass
class Settings:
    """A record that contains the token."""

    token: str = CANARY


Path = Callable[[logging.Logger], object]
log = logging.getLogger("discord.http")


def raised(error: BaseException) -> BaseException:
    """Return an error whose traceback has the token as a local variable."""
    token = CANARY
    try:
        raise error
    except BaseException as caught:
        assert token
        return caught


def chained() -> BaseException:
    """Return an error with an explicit cause."""
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as first:
            raise RuntimeError(f"Bot {CANARY}") from first
    except RuntimeError as second:
        return second


def implied() -> BaseException:
    """Return an error with an implicit context."""
    try:
        try:
            raise ValueError(CANARY)
        except ValueError:
            raise KeyError("later")  # noqa: B904
    except KeyError as second:
        return second


def noted() -> BaseException:
    """Return an error with a note."""
    error = ValueError("short")
    error.add_note(f"the token was {CANARY}")
    return raised(error)


def grouped() -> BaseException:
    """Return a group of errors."""
    return raised(ExceptionGroup(CANARY, [ValueError(CANARY), KeyError(CANARY)]))


def response(status: int, path: str = "/users/@me") -> Any:
    """Return a response of Discord that contains the token everywhere."""
    return SimpleNamespace(status=status, reason=CANARY, headers={"Authorization": f"Bot {CANARY}"}, url=path)


def refused(status: int) -> BaseException:
    """Return discord.py's error for a status."""
    return raised(discord.HTTPException(response(status), {"message": f"401 for {CANARY}", "code": 0}))


def login_failure() -> BaseException:
    """Return discord.py's error for a rejected token."""
    try:
        try:
            raise discord.HTTPException(response(401), {"message": CANARY})
        except discord.HTTPException as cause:
            raise discord.LoginFailure(f"Improper token {CANARY} has been passed.") from cause
    except discord.LoginFailure as error:
        return error


def handshake() -> BaseException:
    """Return aiohttp's error for a rejected gateway connection."""
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": f"Bot {CANARY}"}))
    request = aiohttp.RequestInfo(URL("wss://gateway.discord.gg"), "GET", headers, URL("wss://gateway.discord.gg"))
    return raised(aiohttp.WSServerHandshakeError(request, (), status=401, message=CANARY, headers=headers))


ERRORS: dict[str, Callable[[], BaseException]] = {
    "text": lambda: raised(ValueError(f"bad token {CANARY}")),
    "arguments": lambda: raised(ValueError(1, [CANARY], {"token": CANARY})),
    "key": lambda: raised(KeyError(CANARY)),
    "locals": lambda: raised(ValueError("nothing")),
    "cause": chained,
    "context": implied,
    "note": noted,
    "group": grouped,
    "login": login_failure,
    "401": lambda: refused(401),
    "403": lambda: refused(403),
    "handshake": handshake,
    "final": lambda: raised(FinalError(CANARY)),
    "file": lambda: raised(FileNotFoundError(2, "No such file", f"/run/{CANARY}")),
    "bytes": lambda: raised(UnicodeDecodeError("utf-8", CANARY.encode() + b"\xff", 72, 73, "invalid")),
    "syntax": lambda: raised(SyntaxError("bad", ("x.py", 1, 1, f"token = '{CANARY}'"))),
}

PAYLOADS: dict[str, Any] = {
    "text": f"with {CANARY} inside",
    "header": f"Authorization: Bot {CANARY}",
    "bytes": CANARY.encode(),
    "list": ["a", [CANARY]],
    "tuple": (1, CANARY),
    "set": {CANARY},
    "mapping": {"a": {"b": CANARY}},
    "as a key": {CANARY: 1},
    "object": Holder(CANARY),
    "nested object": Holder({"x": [Holder(CANARY)]}),
    "dataclass": Settings(),
    "namespace": SimpleNamespace(token=CANARY),
    "unprintable": Unprintable(),
    "quoted": quote(f"Bot {CANARY}"),
    "json": json.dumps({"d": {"token": CANARY}}),
    "json in json": json.dumps(json.dumps({"token": CANARY})),
    "repr of repr": repr(repr(CANARY)),
    "first part": CANARY[: PART_CHARS + 7],
    "last part": CANARY[-PART_CHARS - 3 :],
    "middle": CANARY[9:41],
    "cut off": f"{CANARY[:20]}…",
    "between words": f"x{CANARY}y" * 3,
    "two halves": f"{CANARY[:36]}\n{CANARY[36:]}",
    "long": "a" * 20_000 + CANARY + "b" * 20_000,
    "new lines": f"\n{CANARY}\r\n",
    "deep": [[[[[[[[[[CANARY]]]]]]]]]],
    "not a number": {"a": [float("nan"), float("inf")], "b": CANARY},
    "address": URL(f"https://discord.com/api/webhooks/123/{WEBHOOK}/messages/@original"),
    "callback": f"https://discord.com/api/v10/interactions/99/{INTERACTION}/callback?with_response=1",
    "unknown interaction token": f"POST /interactions/99/{WEBHOOK}/callback",
    "event": {"t": "INTERACTION_CREATE", "d": {"id": "1", "token": WEBHOOK}},
    "event as text": json.dumps({"t": "INTERACTION_CREATE", "d": {"id": "1", "token": WEBHOOK}}),
    "event as repr": repr({"t": "INTERACTION_CREATE", "d": {"id": "1", "token": WEBHOOK}}),
    "cookie": {"Set-Cookie": WEBHOOK},
    "identify": {"op": 2, "d": {"token": CANARY, "intents": 1}},
    "resume": {"op": 6, "d": {"token": CANARY, "session_id": "x"}},
    "route": Route("POST", "/webhooks/{webhook_id}/{webhook_token}", webhook_id=1, webhook_token=WEBHOOK).url,
    "multidict": CIMultiDict({"Authorization": f"Bot {CANARY}"}),
}


def uncaught(error: BaseException) -> None:
    """Let an error reach the hook for uncaught exceptions."""
    sys.excepthook(type(error), error, error.__traceback__)


def in_thread(error: BaseException) -> None:
    """Let an error end a thread."""

    def fail() -> None:
        raise error

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_loop(error: BaseException) -> None:
    """Report an error to the event loop."""

    async def main() -> None:
        context = {"message": f"lost {CANARY}", "exception": error, "future": Holder(CANARY)}
        asyncio.get_running_loop().call_exception_handler(context)

    asyncio.run(main())


def unraisable(error: BaseException) -> None:
    """Report an error that cannot be raised."""
    hook: Any = SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=None, err_msg=CANARY, object=None)
    sys.unraisablehook(hook)


WAYS: dict[str, Callable[[BaseException], object]] = {
    "exc_info": lambda error: log.error("failed", exc_info=error),
    "text": lambda error: log.error("failed: %s", error),
    "repr": lambda error: log.error("failed: %r", error),
    "debug": lambda error: log.debug("failed", exc_info=error),
    "extra": lambda error: log.warning("failed", extra={"why": error}),
    "described": lambda error: log.warning("failed", extra={"why": describe(error)}),
    "traceback": lambda error: log.warning("".join(traceback.format_exception(error))),
    "structlog": lambda error: structlog.get_logger("bot").error("failed", exc_info=error),
    "structlog value": lambda error: structlog.get_logger("bot").error("failed", error=error),
    "uncaught": uncaught,
    "thread": in_thread,
    "loop": in_loop,
    "unraisable": unraisable,
}

PLACES: dict[str, Callable[[Any], object]] = {
    "argument": lambda value: log.warning("got %s", value),
    "repr": lambda value: log.info("got %r", value),
    "debug": lambda value: log.debug("For Shard ID %s: WebSocket Event: %s", 0, value),
    "message": lambda value: log.warning(value),
    "extra": lambda value: log.warning("got", extra={"value": value}),
    "structlog": lambda value: structlog.get_logger("bot").warning("got", value=value),
    "structlog event": lambda value: structlog.get_logger("bot").warning(value),
    "bound": lambda value: structlog.get_logger("bot").bind(value=value).info("got"),
    "stack": lambda value: log.warning("got %s", value, stack_info=True),
    "bad format": lambda value: log.warning("got %d %d", value),
    "warning": lambda value: warnings.warn_explicit(str(value), UserWarning, "x.py", 1),
}
PLACES_THAT_TAKE_TEXT = {"warning"}


def show(stream: io.StringIO, level: str, action: Callable[[], object], *, terminal: bool = False) -> str:
    """Return what an action prints at a level, without pytest's own handlers, which raise."""
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    root = logging.getLogger()
    handlers, root.handlers[:] = root.handlers[:], []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            configure(level, CANARY, stream)
            action()
    finally:
        root.handlers[:] = handlers
    return stream.getvalue()


def parse(text: str) -> list[Any]:
    """Parse each line as strict JSON, which has no NaN."""

    def fail(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=fail) for line in text.splitlines()]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ERRORS)
def test_no_exception_prints_the_token(stream: io.StringIO, kind: str, way: str) -> None:
    """However an error contains it, and however the error is logged, at every level."""
    for level in LEVELS:
        text = show(stream, level, lambda: WAYS[way](ERRORS[kind]()), terminal=level == "info")
        assert is_clean(text)
    assert text or way in ("debug", "extra", "described", "traceback")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_value_prints_the_token(
    stream: io.StringIO, kind: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever contains it, and wherever it is in an entry, at every level; each entry is one line."""
    value = PAYLOADS[kind]
    if place in PLACES_THAT_TAKE_TEXT and isinstance(value, Unprintable):
        value = "no text"
    for level in LEVELS:
        stream.truncate(stream.seek(0))
        text = show(stream, level, lambda: PLACES[place](value), terminal=level == "warning")
        assert is_clean(text)
        assert text.count("\n") <= 1
        assert level == "warning" or all(isinstance(entry, dict) for entry in parse(text))
    shown = capsys.readouterr()
    assert is_clean(shown.out + shown.err)


@pytest.mark.parametrize("level", LEVELS)
def test_no_entry_of_a_library_repeats_a_question(stream: io.StringIO, level: str) -> None:
    """At "debug" they log whole events, requests and statements, which contain questions and tokens."""
    question = "Who told my neighbour about the divorce?"
    event = {"op": 0, "t": "MESSAGE_CREATE", "d": {"content": question, "token": INTERACTION}}
    body = json.dumps({"embeds": [{"author": {"name": f"Q: {question}"}}], "token": CANARY})
    url = f"https://discord.com/api/v10/webhooks/1/{WEBHOOK}/messages/@original"

    def entries() -> None:
        gateway = logging.getLogger(DiscordWebSocket.__module__)
        gateway.debug("For Shard ID %s: WebSocket Event: %s", 0, event)
        gateway.debug('Sending "%s" to change status', json.dumps({"op": 2, "d": {"token": CANARY}}))
        gateway.info("Shard ID %s has connected to Gateway (Session ID: %s).", 0, "abc")
        log.debug("%s %s with %s has returned %s", "PATCH", url, body, 200)
        log.debug("%s %s has received %s", "GET", url, [{"content": question}])
        logging.getLogger("discord.webhook.async_").debug("Webhook ID %s with %s", 1, body)
        logging.getLogger("aiohttp.client").debug("headers %s", {"Authorization": f"Bot {CANARY}"})
        logging.getLogger("sqlalchemy.engine").info("INSERT INTO gaps VALUES ('%s')", question)
        logging.getLogger("aiosqlite").debug("executing %s", question)

    text = show(stream, level, entries)
    assert question not in text
    assert is_clean(text)
    assert len(text.splitlines()) == (level in ("debug", "info"))


def test_entry_is_one_line_of_json(stream: io.StringIO) -> None:
    """It has time, level, logger and values; line breaks and control characters are escaped."""
    text = show(stream, "info", lambda: log.warning("two\nlines \x1b[31m", extra={"shard": 3, "why": "a\u2028b"}))
    (line,) = text.splitlines()
    entry = json.loads(line)
    assert entry["event"] == "two\nlines \x1b[31m"
    assert (entry["level"], entry["logger"], entry["shard"]) == ("warning", "discord.http", 3)
    assert "timestamp" in entry
    assert "\x1b" not in line


@pytest.mark.parametrize("logger", [log, structlog.get_logger("bot")], ids=["logging", "structlog"])
def test_fields_stand_beside_the_event(stream: io.StringIO, logger: Any) -> None:
    """Modules that pass `extra` and arguments write the same entry, whichever kind of logger they are given."""
    text = show(stream, "info", lambda: logger.warning("%s failed", "A try", extra={"why": "lost", "tries": 2}))
    (entry,) = parse(text)
    assert (entry["event"], entry["why"], entry["tries"]) == ("A try failed", "lost", 2)
    assert entry.keys() == {"event", "why", "tries", "level", "logger", "timestamp"}


def test_failed_event_names_its_handler(stream: io.StringIO) -> None:
    """The client logs an error in the handling of an event with its traceback."""
    client: Any = SimpleNamespace(services=SimpleNamespace(metrics=Metrics(), log=structlog.get_logger("footnote")))

    def fail() -> None:
        try:
            raise ValueError("lost")
        except ValueError:
            asyncio.run(FootnoteClient.on_error(client, "on_message"))

    (entry,) = parse(show(stream, "info", fail))
    assert (entry["level"], entry["event"], entry["handler"]) == ("error", "event failed", "on_message")
    assert entry["exception"].endswith("ValueError: lost\n")


def test_nested_fields_are_cleaned_json(stream: io.StringIO) -> None:
    """Lists and mappings stay what they are, without secrets and with what JSON cannot express as text."""
    value = {"servers": [1, {"token": "hunter22", 7: (CANARY, None)}], "shares": [0.5, float("nan")], "day": Holder(1)}
    (entry,) = parse(show(stream, "info", lambda: log.warning("got", extra={"value": value})))
    assert entry["value"] == {
        "servers": [1, {"token": "[hidden]", "7": ["[hidden]", None]}],
        "shares": [0.5, "nan"],
        "day": "Holder(1)",
    }


@pytest.mark.parametrize("terminal", [False, True])
def test_entry_that_cannot_be_printed_is_replaced_in_the_format_of_the_log(stream: io.StringIO, terminal: bool) -> None:
    """As JSON or as keys and values; it says where the entry came from."""
    text = show(stream, "info", lambda: log.warning("got %d", "x"), terminal=terminal)
    event = r"A log entry of test_logs:\d+ cannot be printed"
    if terminal:
        assert re.fullmatch(rf"level='error' event='{event}'\n", text)
    else:
        (entry,) = parse(text)
        assert entry.keys() == {"level", "event"}
        assert re.fullmatch(event, entry["event"])


def test_entry_that_renders_the_token_is_replaced_in_the_format_of_the_log(stream: io.StringIO) -> None:
    """Numbers are not text, so that a token of digits is found only in the rendered line."""
    stream.isatty = lambda: True  # type: ignore[method-assign]
    configure("info", "1" * 30, stream)
    log.warning("got", extra={"value": int("1" * 30)})
    assert stream.getvalue() == "level='error' event='A log entry was left out because it contained the token'\n"


def test_printed_lines_are_entries(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines in parts, empty lines and an unfinished line that is flushed; nothing reaches stderr itself."""

    def prints() -> None:
        with printed_lines_logged():
            print("footnote: no index yet", file=sys.stderr, flush=True)
            sys.stderr.write("one ")
            sys.stderr.write(f"{CANARY} line\n\nand ")
            print("another", end="", file=sys.stderr, flush=True)
        print("plain", file=sys.stderr)

    entries = parse(show(stream, "info", prints))
    assert [entry["event"] for entry in entries] == ["no index yet", "one [hidden] line", "and another"]
    assert {(entry["level"], entry["logger"]) for entry in entries} == {("warning", "footnote")}
    assert capsys.readouterr().err == "plain\n"


def test_printing_is_no_terminal() -> None:
    """Progress is printed as lines, and nothing is coloured."""
    assert not PrintedLines().isatty()


def test_terminal_gets_keys_and_values(stream: io.StringIO) -> None:
    """The same entry for people; nothing in it can control the terminal."""
    text = show(stream, "info", lambda: log.warning("two\n\x1b[31m", extra={"shard": 3}), terminal=True)
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "shard=3" in text
    assert "level='warning'" in text


def test_level_applies_to_all_libraries(stream: io.StringIO) -> None:
    """Less serious entries are not printed, whichever library they come from."""

    def entries() -> None:
        log.info("less")
        structlog.get_logger("bot").info("less")
        structlog.get_logger("bot").warning("more")

    assert [json.loads(line)["event"] for line in show(stream, "warning", entries).splitlines()] == ["more"]


def test_ordinary_text_is_unchanged() -> None:
    """Sentences, addresses and ids are not secrets."""
    secrets = SecretFilter(CANARY)
    for text in (
        "Discord refuses the token: make a new one in the developer portal, under Bot, and set it.",
        "https://discord.com/channels/1/2/3",
        "seeds/history.md line 12, version 1.2.3, 2026-01-01T00:00:00Z",
        CANARY[:12],
    ):
        assert secrets.hide(text) == text


@pytest.mark.parametrize("token", ["", "x", "short", 'with spaces and "quotes"\n', "ü" * 20])
def test_any_token_is_hidden(token: str) -> None:
    """Servers other than Discord have tokens of other forms."""
    shown = SecretFilter(token).hide(f"a {token} b {token!r} c {quote(token)}")
    assert not token or token not in shown.replace("[hidden]", "")


@pytest.mark.parametrize(
    "text", ["a" * 64_000, "token:" * 10_000, "a.-" * 21_000, "/webhooks/a" * 6_000, CANARY[:12] * 5_000]
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    """64,000 characters take well under half a second."""
    started = time.perf_counter()
    SecretFilter(CANARY).hide(text)
    assert time.perf_counter() - started < 0.5


def test_a_wrapped_logger_writes_one_line_without_secrets_and_variables(caplog: pytest.LogCaptureFixture) -> None:
    """An entry with an exception has its traceback, in which neither the token nor what somebody asked is."""
    question = "who sees this"
    try:
        raise ValueError(CANARY, len(question))
    except ValueError:
        wrap(logging.getLogger("footnote.wrapped"), CANARY).exception("failed", extra={"server": 7})
    (line,) = caplog.messages
    assert line.count("\n") == 0
    assert "event='failed' server=7" in line
    assert "Traceback" in line
    assert question not in line.replace("len(question)", "")
    assert not any(CANARY[start : start + PART_CHARS] in line for start in range(len(CANARY) - PART_CHARS + 1))
