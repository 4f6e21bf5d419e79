"""Searchers: who may ask, what is refused, what happens without one, and how a mirror follows them."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from retrieval.errors import DamagedIndexError, NoSearcherError, StoreError
from retrieval.remote import search_messages as messages
from retrieval.remote.mirror import mirror_live, open_mirrored
from retrieval.remote.remote_searches import SearchClient
from retrieval.store import layout, publishing, write_lock
from retrieval.store.manifest import SEAL
from retrieval.store.opening import open_for_quotes, open_generation, open_index
from tests.proofs.remote_switches import prove
from tests.support.searcher import KEY, RunningSearcher, running_searcher
from tests.support.small_index import index_of, publish, publish_texts
from tests.support.word_encoder import WordEncoder

SEALED = b"the checksum of the generation, which the test puts here"


@pytest.fixture
def running(tmp_path: Path, word_encoder: WordEncoder) -> Iterator[RunningSearcher]:
    """Return a searcher of a folder with one generation."""
    publish_texts(tmp_path / "index", word_encoder)
    with running_searcher(tmp_path / "index") as searcher:
        yield searcher


def row_texts(client: SearchClient, folder: Path) -> list[str]:
    """Return the texts of the mirrored generation, nearest to the word "cat" first."""
    index, _ = open_mirrored(client, folder)
    rows, _ = index.dense.search(WordEncoder().encode_question("cat").vector, 50)
    return [index.text(row) for row in rows.tolist()]


def test_a_mirror_has_everything_but_vectors(running: RunningSearcher, tmp_path: Path) -> None:
    """It has the model, too, and a second look changes nothing."""
    assert mirror_live(running.client, tmp_path / "mirror")
    assert not mirror_live(running.client, tmp_path / "mirror")
    names = {path.name for path in (tmp_path / "index" / "gen-1").iterdir()}
    mirrored = {path.name for path in (tmp_path / "mirror" / "gen-1").iterdir()}
    assert names - mirrored == {"vectors.faiss", "tokens-1.2bit"}
    assert (tmp_path / "mirror" / "models" / "words" / "model.json").read_text() == "{}"


def test_a_mirror_follows_a_rebuild_and_a_rollback(
    running: RunningSearcher, tmp_path: Path, word_encoder: WordEncoder
) -> None:
    """What was opened before a switch is searched in its own generation to the end."""
    mirror = tmp_path / "mirror"
    mirror_live(running.client, mirror)
    before, _ = open_mirrored(running.client, mirror)
    publish_texts(tmp_path / "index", word_encoder, 2)
    assert mirror_live(running.client, mirror)
    assert "The cat is 2." in row_texts(running.client, mirror)
    vector = word_encoder.encode_question("cat").vector
    own, _ = open_generation(tmp_path / "index" / "gen-1", "gen-1")
    assert before.dense.search(vector, 9)[0].tolist() == own.dense.search(vector, 9)[0].tolist()
    quoted = open_for_quotes(mirror / "gen-1", "gen-1")
    assert [quoted.text(row) for row in range(quoted.count)] == [own.text(row) for row in range(own.count)]
    with pytest.raises(StoreError, match="opened without its vectors"):
        quoted.dense.search(vector, 9)
    publishing.rollback(tmp_path / "index")
    assert mirror_live(running.client, mirror)
    assert layout.current(mirror) == "gen-1"
    assert "The cat is 1." in row_texts(running.client, mirror)


def test_another_index_with_the_same_name_replaces_the_mirrored_one(running: RunningSearcher, tmp_path: Path) -> None:
    """Generations are told apart by the checksums of their manifests."""
    mirror = tmp_path / "mirror"
    mirror_live(running.client, mirror)
    (mirror / "gen-1" / SEAL).write_text("of another index")
    assert mirror_live(running.client, mirror)
    assert (mirror / "gen-1" / SEAL).read_bytes() == (tmp_path / "index" / "gen-1" / SEAL).read_bytes()
    assert row_texts(running.client, mirror)


def test_a_file_that_comes_damaged_is_not_mirrored(running: RunningSearcher, tmp_path: Path) -> None:
    """CURRENT never names it."""
    (tmp_path / "index" / "gen-1" / "texts.utf8").write_bytes(b"other")
    with pytest.raises(DamagedIndexError, match=r"what came of gen-1 is damaged \(texts.utf8\)"):
        mirror_live(running.client, tmp_path / "mirror")
    assert layout.current(tmp_path / "mirror") is None


def test_a_mirror_is_only_written_by_who_mirrors(running: RunningSearcher, tmp_path: Path) -> None:
    """A rebuild in a mirror, and a mirror in an index of its own, are errors that say what to do."""
    mirror_live(running.client, tmp_path / "mirror")
    with pytest.raises(StoreError, match="rebuild it or roll it back where its searchers run"):
        publishing.rollback(tmp_path / "mirror")
    with pytest.raises(StoreError, match="run this where its searchers run"):
        open_index(tmp_path / "mirror")
    with (
        pytest.raises(StoreError, match="choose another index folder"),
        write_lock.writing(tmp_path / "index", as_mirror=True),
    ):
        pass


def test_who_has_another_key_is_not_answered(running: RunningSearcher) -> None:
    """Neither side learns the key of the other one."""
    stranger = SearchClient([running.address], b"another key, as long")
    with closing(stranger), pytest.raises(NoSearcherError, match="another key"):
        stranger.ask(messages.AskLive(), messages.Live)
    with socket.create_connection(running.address, 2) as connection:
        connection.sendall(bytes(2 * messages.NONCE_BYTES))
        assert len(connection.recv(1_000)) <= 2 * messages.NONCE_BYTES  # its nonce and its own proof
        assert connection.recv(1_000)[messages.NONCE_BYTES :] == b""
    assert running.client.ask(messages.AskLive(), messages.Live).generation == "gen-1"


@pytest.mark.parametrize(
    "request_",
    [
        messages.ReadFile("gen-1", "../CURRENT", 0),
        messages.ReadFile("..", "passwd", 0),
        messages.ReadFile("gen-1", "texts.utf8", -1),
        messages.ListFiles("models/../.."),
        messages.FindNearest("gen-1", SEALED, np.zeros(3, np.float32).tobytes(), 5, None, None, None),
        messages.FindNearest("gen-1", SEALED, b"123", 5, None, None, None),
        messages.FindNearest(
            "gen-1", SEALED, np.zeros(13, np.float32).tobytes(), 5, np.array([4, 2], np.int32).tobytes(),
            np.array([5, 3], np.int32).tobytes(), None,
        ),
        messages.FindNearest(
            "gen-1", SEALED, np.zeros(13, np.float32).tobytes(), 5, np.array([0], np.int32).tobytes(),
            np.array([999], np.int32).tobytes(), None,
        ),
        messages.CompareTokens("gen-1", SEALED, np.zeros(16, np.float32).tobytes(), 1, np.array([999]).tobytes()),
        messages.CompareTokens("gen-1", SEALED, np.zeros(16, np.float32).tobytes(), 0, np.array([0]).tobytes()),
        messages.CompareTokens("gen-1", SEALED, np.zeros(16, np.float32).tobytes(), 1 << 63, np.array([0]).tobytes()),
        messages.CompareTokens("gen-1", SEALED, bytes(4 << 20), 1 << 20, np.zeros(99, np.int64).tobytes()),
        messages.ReadFile("gen-1", "texts.utf8", 1 << 63),
        messages.FindNearest("gen-1", SEALED, np.full(16, np.nan, np.float32).tobytes(), 5, None, None, None),
        messages.FindNearest(
            "gen-1", SEALED, np.zeros(16, np.float32).tobytes(), 5, np.array([0], np.int32).tobytes(),
            np.array([1, 3], np.int32).tobytes(), None,
        ),
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused(running: RunningSearcher, request_: messages.Request) -> None:
    """The connection stays, and the next request is answered."""
    if isinstance(request_, messages.FindNearest | messages.CompareTokens):
        request_ = msgspec.structs.replace(request_, seal=running.searcher._seal("gen-1"))
    refusal = running.searcher.answer(request_)
    assert isinstance(refusal, messages.Refused)
    assert "another index" not in refusal.reason
    with pytest.raises(NoSearcherError):
        running.client.ask(request_, messages.Content)
    assert running.client.ask(messages.AskLive(), messages.Live).generation == "gen-1"


def test_another_searcher_answers_for_one_that_does_not(
    running: RunningSearcher, tmp_path: Path, word_encoder: WordEncoder
) -> None:
    """One that is gone and one without the generation are passed over; without any, an error says so."""
    publish_texts(tmp_path / "other", word_encoder, 7)
    mirror_live(running.client, tmp_path / "mirror")
    with running_searcher(tmp_path / "index") as gone:
        pass
    with running_searcher(tmp_path / "other") as other:
        for first in (gone, other):
            with closing(SearchClient([first.address, running.address], KEY)) as client:
                for _ in range(4):
                    assert row_texts(client, tmp_path / "mirror")
    with closing(SearchClient([gone.address], KEY)) as client, pytest.raises(NoSearcherError, match="no searcher ans"):
        row_texts(client, tmp_path / "mirror")


def test_a_generation_of_another_index_is_not_searched(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Two searchers with indexes of their own have a gen-1 each; only the mirrored one is asked."""
    publish_texts(tmp_path / "index", word_encoder)
    publish(tmp_path / "other", index_of(word_encoder, {"a.txt": "The cat is alone."}))
    with running_searcher(tmp_path / "index") as first, running_searcher(tmp_path / "other") as other:
        with closing(SearchClient([first.address, other.address], KEY)) as client:
            mirror_live(first.client, tmp_path / "mirror")
            for _ in range(4):
                assert len(row_texts(client, tmp_path / "mirror")) > 1
            assert not mirror_live(client, tmp_path / "mirror")
        with pytest.raises(NoSearcherError, match="gen-1 is that of another index here"):
            row_texts(other.client, tmp_path / "mirror")


def test_a_restarted_searcher_is_found_again(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Connections from before are replaced, without an error for whoever asks."""
    publish_texts(tmp_path / "index", word_encoder)
    with running_searcher(tmp_path / "index") as first:
        mirror_live(first.client, tmp_path / "mirror")
        texts = row_texts(first.client, tmp_path / "mirror")
        broken = first.client._free[first.address][0]
        broken.shutdown(socket.SHUT_RDWR)
        assert row_texts(first.client, tmp_path / "mirror") == texts


def test_readers_see_each_switch_whole(tmp_path: Path) -> None:
    """Six generations, one of them a rollback, under four readers; python -m tests.proofs.remote_switches has 200."""
    reads, wrong = prove(tmp_path, 6)
    assert reads >= 4
    assert wrong == []
