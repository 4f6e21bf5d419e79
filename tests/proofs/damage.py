"""Flip bytes of a generation and cut its files: python -m tests.proofs.damage [N].

By default every byte of every file is flipped and every file is cut at every place. Each must be noticed before
FAISS gets to see a byte, and the generation before must answer; of the token vectors, which are mapped and
not read, a flipped byte must be noticed when its sentence is used, and by verify. A file of token vectors that both
generations share cannot be cut in one alone: then neither may be opened.
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
    """What is done to a file: a byte changed by `change`, or the file cut when that is 0."""

    file: str
    place: int
    change: int

    def applied(self, whole: bytes) -> bytes:
        """Return the damaged content."""
        if not self.change:
            return whole[: self.place]
        return whole[: self.place] + bytes([whole[self.place] ^ self.change]) + whole[self.place + 1 :]


class Victim:
    """An index of two generations, the newer of which is damaged again and again."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root = root
        rng = random.Random(seed)
        remove_tree(root)
        small_corpus.fill(root, rng)
        small_corpus.rebuild_small(root)
        self._old = small_corpus.opened_digest(root)
        small_corpus.edit(root, rng)
        small_corpus.rebuild_small(root)
        self._new = small_corpus.opened_digest(root)
        self.folder = root / "index" / opening.open_index(root / "index").index.generation
        self.contents = {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}
        self._shared = {path.name for path in self.folder.iterdir() if path.stat().st_nlink > 1}
        self._fallbacks = 0
        self._answers = [self._retriever().ask(question) for question in QUESTIONS]
        older = (root / "index" / "gen-1" / "vectors.faiss").read_bytes()
        self._known_to_faiss = {self.contents["vectors.faiss"], older}

    def everything(self) -> Iterator[Damage]:
        """Yield a change of every byte and a cut at every place."""
        for name, whole in self.contents.items():
            for place in range(len(whole)):
                yield Damage(name, place, 1 << place % 8)
                yield Damage(name, place, 0)

    def at_random(self, rng: random.Random) -> Damage:
        """Return damage to a random file, so that small ones get their share."""
        name = rng.choice(list(self.contents))
        return Damage(name, rng.randrange(len(self.contents[name])), rng.choice([0, rng.randrange(1, 256)]))

    def suffer(self, damage: Damage) -> None:
        """Damage a file, check what a reader gets, and mend it. Raises AssertionError, naming the damage."""
        path = self.folder / damage.file
        _overwrite(path, damage.applied(self.contents[damage.file]))
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
        assert opened.index.generation == "gen-1", "not noticed"
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
                assert row != damaged, "not noticed"
        noticed = opening.damaged_tokens(self._root / "index", opened)
        assert noticed == [self.folder / damage.file], "verify would not notice"
        retriever = self._retriever()
        for question, answer in zip(QUESTIONS, self._answers, strict=True):
            try:
                found: Answer | str = retriever.ask(question)
            except DamagedIndexError as error:
                found = str(error)
            said = isinstance(found, str) and f"sentence {damaged} " in found
            assert said or found == answer, "another answer, and not a word"

    @staticmethod
    def _row_at(late: LateIndex, damage: Damage) -> int | None:
        """Return the row whose token vectors hold the damaged byte, None when they are of no row any more."""
        first = 0
        for segment in late.segments:
            assert segment.file is not None
            if segment.file.path.name == damage.file:
                place = first + damage.place // segment.tokens.shape[1]
                rows = np.flatnonzero((late.starts <= place) & (place < late.starts + late.sizes)).tolist()
                return rows[0] if rows else None
            first += len(segment.tokens)
        raise AssertionError("no such segment")

    def _retriever(self) -> Retriever:
        return Retriever(opening.open_index(self._root / "index").index, WordEncoder(), BY_LATE)


def _overwrite(path: Path, content: bytes) -> None:
    """Write a file in place, which is quicker than anew."""
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()


def prove(root: Path, count: int | None, seed: int = 0) -> int:
    """Check `count` random damages, None is all of them; returns how many."""
    rng = random.Random(seed)
    victim = Victim(root, seed)
    damages = victim.everything() if count is None else (victim.at_random(rng) for _ in range(count))
    done = 0
    for damage in damages:
        victim.suffer(damage)
        done += 1
    return done


def main() -> int:
    """Print how many damages were noticed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        done = prove(Path(folder) / "root", count)
    print(f"{done} damages, all noticed before FAISS read a byte; 0 crashes; the generation before answered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
