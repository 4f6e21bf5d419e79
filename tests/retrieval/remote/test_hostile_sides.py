"""Strangers before a searcher, and searchers that answer with what was not asked for."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from retrieval.errors import DamagedIndexError, NoSearcherError
from retrieval.index.row_ranges import one_range
from retrieval.remote import search_messages as messages
from retrieval.remote import search_server
from retrieval.remote.mirror import lacks_model, mirror_live, open_mirrored
from retrieval.remote.remote_searches import RemoteDense, RemoteTokens, SearchClient
from retrieval.store import layout
from retrieval.store.manifest import MANIFEST
from tests.support.searcher import KEY, RunningSearcher, running_searcher
from tests.support.small_index import index_of, publish, publish_texts
from tests.support.word_encoder import WordEncoder


@pytest.fixture
def running(tmp_path: Path, word_encoder: WordEncoder) -> Iterator[RunningSearcher]:
    """Return a searcher of a folder with one generation."""
    publish_texts(tmp_path / "index", word_encoder)
    with running_searcher(tmp_path / "index") as searcher:
        yield searcher


class ChangingClient(SearchClient):
    """Changes replies on their way."""

    def __init__(self, address: tuple[str, int], change: Callable[[messages.Request, Any], Any]) -> None:
        super().__init__([address], KEY)
        self._change = change

    def ask(self, request: messages.Request, kind: type[Any]) -> Any:
        return self._change(request, super().ask(request, kind))


class FixedClient(SearchClient):
    """Has one reply to every request."""

    def __init__(self, reply: messages.Nearest | messages.Content) -> None:
        super().__init__([], KEY)
        self._reply = reply

    def ask(self, request: messages.Request, kind: type[Any]) -> Any:  # noqa: ARG002 - of the base class
        return self._reply


class SlowSocket:
    """Receives a byte at a time, and never ends."""

    def settimeout(self, seconds: float) -> None:
        """Change nothing."""

    def sendall(self, content: bytes) -> None:
        """Send nothing."""

    def recv_into(self, buffer: memoryview) -> int:
        """Receive a byte."""
        buffer[:1] = b"x"
        return 1


def test_a_greeting_has_one_deadline_however_steadily_bytes_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte a second would otherwise take a minute."""
    seconds = count()
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    slow: Any = SlowSocket()
    with pytest.raises(TimeoutError):
        messages.greet(slow, KEY, 5.0, as_server=True)
    assert next(seconds) <= 7


def test_strangers_leave_the_room_to_those_with_the_key(running: RunningSearcher) -> None:
    """Beyond a number of them, further strangers are sent away, and who greeted before is answered."""
    assert running.client.ask(messages.AskLive(), messages.Live)
    running.server._door = threading.BoundedSemaphore(1)
    with socket.create_connection(running.address, 2) as first, socket.create_connection(running.address, 2) as second:
        assert {len(first.recv(100)), len(second.recv(100))} == {0, messages.NONCE_BYTES}
        assert running.client.ask(messages.AskLive(), messages.Live).generation == "gen-1"
    assert search_server.MAX_GREETINGS < search_server.MAX_CONNECTIONS


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        ([50], [1.0]),
        ([-1], [1.0]),
        ([3], [1.0]),  # outside of what the asker may see
        ([1], [1.0]),  # left out
        ([0, 0], [1.0, 0.5]),
        ([0, 2], [1.0]),
        ([0], [np.nan]),
        ([0, 2, 4], [3.0, 2.0, 1.0]),  # more than were asked for
    ],
)
def test_rows_that_were_not_asked_for_are_an_error(rows: list[int], scores: list[float]) -> None:
    """Most of all those outside the part of the index that is searched."""
    reply = messages.Nearest(np.array(rows, np.int64).tobytes(), np.array(scores, np.float32).tobytes())
    dense = RemoteDense(FixedClient(reply), "gen-1", b"", 50, 4)
    with pytest.raises(NoSearcherError, match="what was not asked for"):
        dense.search(np.zeros(4, np.float32), 2, one_range(0, 3), np.array([1], np.int64))


def test_bytes_that_are_no_array_are_an_error() -> None:
    """Neither rows nor cosines."""
    dense = RemoteDense(FixedClient(messages.Nearest(b"123", b"")), "gen-1", b"", 50, 4)
    with pytest.raises(NoSearcherError):
        dense.search(np.zeros(4, np.float32), 2)
    for content in (b"123", bytes(8), np.array([np.inf], np.float32).tobytes()):
        tokens = RemoteTokens(FixedClient(messages.Content(content)), "gen-1", b"", 50)
        with pytest.raises(NoSearcherError):
            tokens.similarities(np.zeros((1, 4), np.float32), np.array([7]))


def test_the_reason_of_a_searcher_is_a_short_line(running: RunningSearcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes to terminals."""
    refused = messages.Refused("\x1b[2Jno\nmore" + "x" * 10_000)
    monkeypatch.setattr(running.searcher, "answer", lambda _: refused)
    with pytest.raises(NoSearcherError) as error:
        running.client.ask(messages.AskLive(), messages.Live)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


def with_fingerprint(content: bytes, name: str) -> bytes:
    """Return a manifest that names another model."""
    return msgspec.json.encode(msgspec.json.decode(content) | {"fingerprint": name})


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("manifest.sha256", lambda _: b"of another one", "not match its checksum"),
        ("texts.utf8", lambda content: content + b"more", "longer than it may be"),
        (MANIFEST, lambda content: with_fingerprint(content, "../../x"), "not match its checksum"),
        (MANIFEST, lambda _: b"{}", "not match its checksum"),
    ],
)
def test_files_that_were_not_announced_are_not_mirrored(
    running: RunningSearcher, tmp_path: Path, file: str, change: Callable[[bytes], bytes], reason: str
) -> None:
    """CURRENT never names them, and no disk is filled."""

    def changed(request: messages.Request, reply: Any) -> Any:
        is_file = isinstance(request, messages.ReadFile) and (request.name, request.offset) == (file, 0)
        return messages.Content(change(reply.content)) if is_file else reply

    with (
        closing(ChangingClient(running.address, changed)) as client,
        pytest.raises(DamagedIndexError, match=reason),
    ):
        mirror_live(client, tmp_path / "mirror")
    assert layout.current(tmp_path / "mirror") is None


def test_a_model_with_the_name_of_a_path_is_not_fetched(tmp_path: Path) -> None:
    """The manifest is whole, and its searcher the hostile one."""
    word_encoder = WordEncoder()
    word_encoder.fingerprint = "../../outside"
    publish(tmp_path / "index", index_of(word_encoder, {"a.txt": "The cat is here."}))
    with running_searcher(tmp_path / "index") as running, pytest.raises(DamagedIndexError, match="the name of a model"):
        mirror_live(running.client, tmp_path / "mirror")


def test_a_damaged_mirror_is_fetched_again(running: RunningSearcher, tmp_path: Path) -> None:
    """Its manifest is that of the searcher, so that nothing else would replace it."""
    mirror_live(running.client, tmp_path / "mirror")
    (tmp_path / "mirror" / "gen-1" / "texts.utf8").write_bytes(b"half")
    with pytest.raises(DamagedIndexError):
        open_mirrored(running.client, tmp_path / "mirror")
    assert not mirror_live(running.client, tmp_path / "mirror")
    assert mirror_live(running.client, tmp_path / "mirror", again=True)
    assert open_mirrored(running.client, tmp_path / "mirror")[0].count


def test_a_model_that_was_deleted_is_fetched_again(running: RunningSearcher, tmp_path: Path) -> None:
    """A damaged one is deleted by hand."""
    mirror = tmp_path / "mirror"
    assert not lacks_model(mirror)
    mirror_live(running.client, mirror)
    assert not lacks_model(mirror)
    shutil.rmtree(mirror / "models" / "words")
    assert lacks_model(mirror)
    assert mirror_live(running.client, mirror, again=lacks_model(mirror))
    assert (mirror / "models" / "words" / "model.json").is_file()


def test_a_folder_that_was_emptied_and_rebuilt_is_followed(running: RunningSearcher, tmp_path: Path) -> None:
    """The new generation has the name of the old one; the searcher goes on without a restart."""
    mirror_live(running.client, tmp_path / "mirror")
    shutil.rmtree(tmp_path / "index" / "gen-1")
    (tmp_path / "index" / layout.CURRENT).unlink()
    assert not mirror_live(running.client, tmp_path / "mirror")
    publish(tmp_path / "index", index_of(WordEncoder(), {"a.txt": "The cat is new."}))
    assert mirror_live(running.client, tmp_path / "mirror")
    index, _ = open_mirrored(running.client, tmp_path / "mirror")
    rows, _ = index.dense.search(WordEncoder().encode_question("cat").vector, 5)
    assert [index.text(row) for row in rows.tolist()] == ["The cat is new."]
