"""Encoding on several machines: the same bytes as on one, whoever takes part, is killed or loses the database."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg
import pytest

from bot.encoding_queue import encoding_worker, queue_connection, queue_tables, shared_encoding, stored_model
from bot.encoding_queue.queue_connection import QueueError
from bot.encoding_queue.shared_encoding import SharedEncoding
from retrieval.encoding import models
from retrieval.errors import ModelError
from retrieval.index.window_vectors import encode_here, pack_vectors
from retrieval.types import Window
from tests.support.postgresql_server import PASSWORD, PostgresqlServer
from tests.support.word_encoder import WORDS, WordEncoder

WINDOWS = [
    Window(f"The {first} has a {second}. It opens.", 0, ((0, 7), (8, 24)))
    for first in WORDS[:6]
    for second in WORDS[6:]
]
EXPECTED = [pack_vectors(vectors) for _, vectors in encode_here(WordEncoder(), WINDOWS)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait briefly, and let the model be an encoder that counts words."""
    monkeypatch.setattr(shared_encoding, "WAIT_INTERVAL_S", 0.02)
    monkeypatch.setattr(encoding_worker, "IDLE_INTERVAL_S", 0.02)
    monkeypatch.setattr(queue_connection, "RETRY_INTERVAL_S", 0.02)
    monkeypatch.setattr(encoding_worker, "MAX_JOB_WINDOWS", 4)
    monkeypatch.setattr(shared_encoding, "read_model", lambda _: {"words": b"w" * 10})
    monkeypatch.setattr(encoding_worker, "open_model", lambda *_: WordEncoder())


def shared(url: str, *, takes_part: bool = False, notify: Callable[[str], None] = lambda _: None) -> SharedEncoding:
    return SharedEncoding(url, Path(), takes_part=takes_part, threads=1, notify=notify)


def encode(encoding: SharedEncoding, windows: Sequence[Window] = WINDOWS) -> list[bytes]:
    """Encode windows through the queue and return their packed vectors in order."""
    vectors = dict(encoding(WordEncoder(), windows))
    return [pack_vectors(vectors[position]) for position in range(len(windows))]


@contextmanager
def workers(url: str, count: int, notify: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Run workers in threads, and stop them at the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=encoding_worker.work, args=(url, 1, stop, notify)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def put(url: str, encoded: int = 1) -> int:
    """Put the windows in as a rebuild does that is killed after some are encoded; return the number of the model."""
    collected = shared(url, takes_part=True)(WordEncoder(), WINDOWS)
    assert len([*islice(collected, encoded)]) == encoded
    del collected
    return int(str(rows(url, "SELECT id FROM encoding_models")[0][0]))


@pytest.mark.parametrize(("count", "takes_part"), [(0, True), (2, False), (2, True)])
def test_vectors_are_the_same_whoever_encodes(libpq_url: str, count: int, takes_part: bool) -> None:
    """The rebuild alone, workers alone and both together give the bytes of one process; then nothing is left."""
    encoding = shared(libpq_url, takes_part=takes_part)
    with workers(libpq_url, count):
        assert encode(encoding) == EXPECTED
    assert rows(libpq_url, "SELECT count(*), count(text) FROM encoding_windows") == [(36, 0)]
    encoding.forget()
    assert rows(libpq_url, "SELECT count(*) FROM encoding_windows") == [(0,)]


def test_no_windows_need_no_queue() -> None:
    """A rebuild in which nothing changed does not connect."""
    encoding = shared("postgresql://127.0.0.1:1/nothing")
    assert encode(encoding, []) == []
    encoding.forget()


def test_workers_lease_different_windows(libpq_url: str) -> None:
    """Two leases at the same moment share nothing and do not wait for each other; each has a higher number."""
    model = put(libpq_url)
    rows(libpq_url, "UPDATE encoding_windows SET vectors = NULL, leased_until = '-infinity', text = 'x'")
    with psycopg.connect(libpq_url) as one, psycopg.connect(libpq_url) as two:
        first, second = queue_tables.lease(one, model, 20), queue_tables.lease(two, model, 20)
        assert first is not None
        assert second is not None
        assert (len(first.windows), len(second.windows)) == (20, 16)
        assert first.windows.keys() & second.windows.keys() == set()
        assert second.fence > first.fence
        assert queue_tables.lease(two, model, 20) is None


def test_a_frozen_worker_writes_nothing_after_its_lease(libpq_url: str) -> None:
    """Only the newest lease of a window stores its vectors, and only once."""
    model = put(libpq_url)
    rows(libpq_url, "UPDATE encoding_windows SET vectors = NULL, leased_until = '-infinity', text = 'x'")
    with psycopg.connect(libpq_url, autocommit=True) as connection:
        old = queue_tables.lease(connection, model, 3)
        connection.execute("UPDATE encoding_windows SET leased_until = '-infinity'")
        new = queue_tables.lease(connection, model, 3)
        assert old is not None
        assert new is not None
        assert old.windows.keys() == new.windows.keys()
        assert queue_tables.store(connection, model, old.fence, dict.fromkeys(old.windows, b"old")) == 0
        assert queue_tables.store(connection, model, new.fence, dict.fromkeys(new.windows, b"new")) == 3
        assert queue_tables.store(connection, model, new.fence, dict.fromkeys(new.windows, b"again")) == 0
        assert set(queue_tables.fetch(connection, model, list(new.windows)).values()) == {b"new"}


def test_a_killed_rebuild_costs_only_what_was_not_encoded(libpq_url: str) -> None:
    """The next one finds the vectors of the first one in the queue, and encodes no window twice."""
    put(libpq_url, 15)
    assert rows(libpq_url, "SELECT count(*), count(vectors) FROM encoding_windows") == [(36, 15)]
    assert encode(shared(libpq_url, takes_part=True)) == EXPECTED
    assert rows(libpq_url, "SELECT sum(leases) FROM encoding_windows") == [(36,)]


def test_windows_that_vanish_are_put_in_again(libpq_url: str) -> None:
    """Another rebuild of the same documents may remove them, or somebody the rows."""
    encoding = shared(libpq_url)
    collected = encoding(WordEncoder(), WINDOWS)
    with workers(libpq_url, 1):
        vectors = dict([next(collected)])
        rows(libpq_url, "DELETE FROM encoding_windows")
        vectors |= dict(collected)
    assert [pack_vectors(vectors[position]) for position in range(len(WINDOWS))] == EXPECTED


def test_damaged_vectors_are_encoded_again(libpq_url: str) -> None:
    """Whatever wrote them, they do not get into the index."""
    put(libpq_url)
    rows(libpq_url, "UPDATE encoding_windows SET vectors = 'nonsense'")
    assert encode(shared(libpq_url, takes_part=True)) == EXPECTED


def test_a_window_that_ends_workers_is_left_to_the_rebuild(libpq_url: str) -> None:
    """After three leases that led to nothing, workers leave it alone, and a rebuild that only waits encodes it."""
    put(libpq_url)
    rows(libpq_url, "DELETE FROM encoding_windows WHERE position <> 1")
    rows(libpq_url, "UPDATE encoding_windows SET leases = 3")
    with psycopg.connect(libpq_url) as connection:
        assert queue_tables.model_to_encode_for(connection, []) is None
    assert encode(shared(libpq_url), WINDOWS[1:2]) == EXPECTED[1:2]
    assert rows(libpq_url, "SELECT leases FROM encoding_windows") == [(4,)]


def test_a_worker_that_computes_other_vectors_takes_no_window(libpq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processor or its version differs; it says so once and waits for another model."""

    class Inexact(WordEncoder):
        window_tokens = 5

    monkeypatch.setattr(encoding_worker, "open_model", lambda *_: Inexact())
    lines: list[str] = []
    with workers(libpq_url, 1, lines.append):
        assert encode(shared(libpq_url, takes_part=True)) == EXPECTED
    monkeypatch.undo()
    monkeypatch.setattr(encoding_worker, "open_model", lambda *_: Inexact())
    rows(libpq_url, "UPDATE encoding_windows SET vectors = NULL, leased_until = '-infinity', text = 'x'")
    lines.clear()
    assert encoding_worker.work(libpq_url, 1, threading.Event(), lines.append, once=True) == 0
    assert lines == [encoding_worker.OTHER_VECTORS.format("words")]


def test_a_restarted_server_costs_nothing(
    postgresql_server: PostgresqlServer, libpq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebuild and the workers connect again and go on, and both say so."""
    lines: list[str] = []
    steps = threading.Semaphore(3)  # jobs until the restart
    encoded = encode_here

    def encode_slowly(*call: object) -> object:
        steps.acquire()
        return encoded(*call)  # type: ignore[arg-type]

    monkeypatch.setattr(encoding_worker, "encode_here", encode_slowly)
    encoding = shared(libpq_url, notify=lines.append)
    with workers(libpq_url, 2, lines.append):
        collected = encoding(WordEncoder(), WINDOWS)
        vectors = dict([next(collected)])
        postgresql_server.stop()
        postgresql_server.start()
        steps.release(100)
        vectors |= dict(collected)
    assert [pack_vectors(vectors[position]) for position in range(len(WINDOWS))] == EXPECTED
    assert lines.count("connected to the queue again") >= 2


def test_a_database_that_stays_away_ends_the_rebuild(
    postgresql_server: PostgresqlServer, libpq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some patience, with one line that does not contain the password."""
    monkeypatch.setattr(shared_encoding, "PATIENCE_S", 0.05)
    collected = shared(libpq_url, takes_part=True)(WordEncoder(), WINDOWS)
    next(collected)
    postgresql_server.stop()
    try:
        with pytest.raises(QueueError, match=r"^the encoding queue cannot be used: .*") as caught:
            list(collected)
    finally:
        postgresql_server.start()
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sqlite:///file",
        "postgresql://u:s3cret@host/name?nonsense=1",
        "postgresql://u:s3cret@127.0.0.1:1/n",
        "postgresql://u:pass@s3cret@127.0.0.1:1/n",
        "postgresql://u:s3cret/word@127.0.0.1:1/n",
        "postgresql://u:1/s3cret@127.0.0.1:1/n",
    ],
)
def test_an_address_is_never_repeated(address: str) -> None:
    """Neither one that cannot be parsed nor one where nobody answers."""
    with pytest.raises(QueueError) as caught:
        encode(shared(address))
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_old_windows_and_models_are_forgotten(libpq_url: str) -> None:
    """Texts that nobody fetched stay for a day, models for a week after their last use."""
    put(libpq_url)
    rows(libpq_url, "UPDATE encoding_windows SET leases = 3")  # nothing to do for a worker
    rows(libpq_url, "UPDATE encoding_windows SET added = now() - interval '25 hours' WHERE position < 30")
    assert encoding_worker.work(libpq_url, 1, threading.Event(), print, once=True) == 0
    assert rows(libpq_url, "SELECT count(*) FROM encoding_windows") == [(6,)]
    rows(libpq_url, "UPDATE encoding_models SET used = now() - interval '8 days'")
    assert encode(shared(libpq_url, takes_part=True), WINDOWS[:1]) == EXPECTED[:1]
    assert rows(libpq_url, "SELECT id, name FROM encoding_models, encoding_model_parts") == [(2, "words")]
    assert rows(libpq_url, "SELECT count(*) FROM encoding_windows") == [(1,)]


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    """A worker opens only what its checksums confirm, and writes to no other folder."""
    manifest = b'{"files": {"model.onnx": {"size": 3, "sha256": "0"}}}'
    with pytest.raises(ModelError, match="is damaged"):
        stored_model.open_model({"manifest.json": manifest, "model.onnx": b"xyz"}, tmp_path / "m", "f", 1)
    with pytest.raises(ModelError, match=r"\.\./x"):
        stored_model.open_model({"../x": b""}, tmp_path / "n", "f", 1)


@pytest.mark.parametrize("manifest", [b"{}", b"[]", b'{"files": 1}', b'{"files": {}}'])
def test_a_model_that_is_none_is_refused(tmp_path: Path, manifest: bytes) -> None:
    """Also one that agrees with its own checksums: a worker goes on with other models."""
    with pytest.raises(ModelError):
        stored_model.open_model({models.MANIFEST: manifest}, tmp_path / "m", "f", 1)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_file_of_a_model_has_a_plain_name(tmp_path: Path, name: str) -> None:
    """Names come from the database."""
    with pytest.raises(ModelError, match="contains a file with the name"):
        stored_model.open_model({name: b""}, tmp_path / "m", "f", 1)


def test_a_model_that_cannot_be_opened_is_refused_once(libpq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker says so and goes on waiting for others: it would only meet the same model again after a restart."""

    def fail(*_: object) -> None:
        raise ModelError("the model words in the queue is damaged")

    monkeypatch.setattr(encoding_worker, "open_model", fail)
    put(libpq_url)
    lines: list[str] = []
    assert encoding_worker.work(libpq_url, 1, threading.Event(), lines.append, once=True) == 0
    assert lines == ["the model words in the queue is damaged; this worker takes no windows of it"]
