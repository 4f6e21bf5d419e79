"""Flip bytes of a generation and cut its files: python -m tests.proofs.damage [N].

By default every byte of every file is changed and every file is truncated at every offset. All damage must be detected
before FAISS reads a byte, and the generation before must answer. Token vectors are mapped, not read: a changed byte
must be detected when its sentence is used, and by verify. Both generations share a file of token vectors; if it is
truncated, neither may be opened.
"""

import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from retrieval.asking.retriever import Retriever
from retrieval.errors import DamagedIndexError
from retrieval.files import remove_tree
from retrieval.index import dense
from retrieval.index.late_interaction import LateIndex
from retrieval.store import opening
from retrieval.types import Answer
from tests.support import small_corpus
from tests.support.small_index import BY_LATE
from tests.support.word_encoder import WordEncoder

QUESTIONS = ("Who opens the library?", "What price has the ferry?", "Which cat sleeps on monday?", "Museum of four")


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage to a file: the byte at `offset` changed by `change`, or the file truncated there if `change` is 0."""

    file: str
    offset: int
    change: int

    def apply(self, whole: bytes) -> bytes:
        """Return the damaged content."""
        if not self.change:
            return whole[: self.offset]
        return whole[: self.offset] + bytes([whole[self.offset] ^ self.change]) + whole[self.offset + 1 :]


class Victim:
    """An index of two generations; the newer one is damaged and repaired again and again."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root = root
        rng = random.Random(seed)
        remove_tree(root)
        small_corpus.fill(root, rng)
        small_corpus.rebuild_corpus(root)
        self._old = small_corpus.opened_digest(root)
        small_corpus.edit(root, rng)
        small_corpus.rebuild_corpus(root)
        self._new = small_corpus.opened_digest(root)
        self.folder = root / "index" / opening.open_index(root / "index").index.generation
        self.contents = {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}
        self._shared = {path.name for path in self.folder.iterdir() if path.stat().st_nlink > 1}
        self._fallbacks = 0
        self._answers = [self._retriever().ask(question) for question in QUESTIONS]
        older = (root / "index" / "gen-1" / "vectors.faiss").read_bytes()
        self._known_to_faiss = {self.contents["vectors.faiss"], older}

    def all_damage(self) -> Iterator[Damage]:
        """Yield a change and a truncation at every offset of every file."""
        for name, whole in self.contents.items():
            for offset in range(len(whole)):
                yield Damage(name, offset, 1 << offset % 8)
                yield Damage(name, offset, 0)

    def random_damage(self, rng: random.Random) -> Damage:
        """Return random damage to a random file; every file is equally likely, however small."""
        name = rng.choice(list(self.contents))
        return Damage(name, rng.randrange(len(self.contents[name])), rng.choice([0, rng.randrange(1, 256)]))

    def check(self, damage: Damage) -> None:
        """Damage a file, check what a reader gets, and repair the file. Raises AssertionError, naming the damage."""
        path = self.folder / damage.file
        _overwrite(path, damage.apply(self.contents[damage.file]))
        real = dense.read_dense

        def guarded(content: memoryview, recall: float) -> dense.DenseIndex:
            assert content in self._known_to_faiss, "FAISS was given damaged bytes"
            return real(content, recall)

        try:
            with mock.patch.object(opening, "read_dense", guarded):
                if opening.TOKEN_FILE.fullmatch(damage.file) and damage.change:
                    self._check_tokens(damage)
                elif damage.file in self._shared:
                    self._check_refusal(damage)
                else:
                    self._check_fallback()
        except Exception as error:
            raise AssertionError(f"{damage}: {type(error).__name__}: {error}") from error
        finally:
            _overwrite(path, self.contents[damage.file])

    def _check_fallback(self) -> None:
        opened = opening.open_index(self._root / "index")
        assert opened.index.generation == "gen-1", "not detected"
        assert opened.warning is not None
        assert str(self.folder) in opened.warning
        self._fallbacks += 1
        assert self._fallbacks % 16 or small_corpus.digest(opened.index) == self._old

    def _check_refusal(self, damage: Damage) -> None:
        with pytest.raises(DamagedIndexError, match=re.escape(damage.file)):
            opening.open_index(self._root / "index")

    def _check_tokens(self, damage: Damage) -> None:
        opened = opening.open_index(self._root / "index")
        late = opened.index.late
        damaged = self._row_at(late, damage)
        for row in range(late.count):
            try:
                late.row(row)
            except DamagedIndexError:
                assert row == damaged
            else:
                assert row != damaged, "not detected"
        detected = opening.damaged_tokens(self._root / "index", opened)
        assert detected == [self.folder / damage.file], "verify would not detect it"
        retriever = self._retriever()
        for question, answer in zip(QUESTIONS, self._answers, strict=True):
            try:
                result: Answer | str = retriever.ask(question)
            except DamagedIndexError as error:
                result = str(error)
            named = isinstance(result, str) and f"sentence {damaged} " in result
            assert named or result == answer, "another answer without an error"

    @staticmethod
    def _row_at(late: LateIndex, damage: Damage) -> int | None:
        """Return the row whose token vectors include the damaged byte, None if they no longer belong to a row."""
        first = 0
        for segment in late.segments:
            assert segment.file is not None
            if segment.file.path.name == damage.file:
                token = first + damage.offset // segment.tokens.shape[1]
                rows = np.flatnonzero((late.starts <= token) & (token < late.starts + late.sizes)).tolist()
                return rows[0] if rows else None
            first += len(segment.tokens)
        raise AssertionError("no such segment")

    def _retriever(self) -> Retriever:
        return Retriever(opening.open_index(self._root / "index").index, WordEncoder(), BY_LATE)


def _overwrite(path: Path, content: bytes) -> None:
    """Overwrite a file in place, which is faster than writing a new one."""
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()


def prove(root: Path, count: int | None, seed: int = 0) -> int:
    """Check `count` random damages, or all of them if None, and return how many."""
    rng = random.Random(seed)
    victim = Victim(root, seed)
    damages = victim.all_damage() if count is None else (victim.random_damage(rng) for _ in range(count))
    checked = 0
    for damage in damages:
        victim.check(damage)
        checked += 1
    return checked


def main() -> int:
    """Damage an index and print how often."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        checked = prove(Path(folder) / "root", count)
    print(f"{checked} damages, all detected before FAISS read a byte; 0 crashes; the generation before answered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
