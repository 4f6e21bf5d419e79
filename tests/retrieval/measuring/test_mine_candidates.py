"""What tunes the encoder of questions: the candidates of each question, and the vectors of the index."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.encoding.token_quantizer import dequantize
from retrieval.errors import DataError
from retrieval.measuring.mine_candidates import candidates_of_passages, candidates_of_rows, write_candidates
from tests.support.small_index import index_of

TEXTS = {
    "guide.md": "# Ferry guide\n\n## Boats\n\nThe boat is rented at the pier.\n\n## Bikes\n\nThe bikes stand behind "
    "the mill.\n",
    "plain.txt": "The tower opens at nine. Dogs stay outside.\n",
}
WEIGHTS = {"late": 10.0, "window": 5.0, "coverage_window": 2.0}
RANKER = Ranker(
    tuple(WEIGHTS.get(name, 0.0) for name in FEATURE_NAMES), (1.0,) * len(FEATURE_NAMES), 0.0, ()
)  # fmt: skip


@pytest.fixture(scope="module")
def retriever(encoder: OnnxEncoder) -> Retriever:
    return Retriever(index_of(encoder, TEXTS), encoder, RANKER)


def test_the_candidates_that_show_the_words_answer(retriever: Retriever, tmp_path: Path) -> None:
    """Near misses and questions about documents that are gone are left out."""
    (tmp_path / "q.tsv").write_text(
        "guide.md\tbehind the mill\twhere do i find a bike\n"
        "guide.md\tbehind the mill\t!what does a bike cost\n"
        "gone.md\tbehind the mill\twhere is it\n"
    )
    (mined,) = candidates_of_passages(retriever, tmp_path / "q.tsv")
    index = retriever.index
    assert mined.question == "where do i find a bike"
    assert index.text(mined.gold) == "The bikes stand behind the mill."
    assert [index.text(row) for row in mined.rows[mined.right]] == ["The bikes stand behind the mill."]


def test_the_rest_and_the_vectors_make_up_the_scores(
    retriever: Retriever, encoder: OnnxEncoder, tmp_path: Path
) -> None:
    """Of a question asked anew, from what the file has: sentences, windows, tokens, and the weights of the ranker."""
    index, question = index_of(encoder, TEXTS), "when does the tower open"
    gold = next(row for row in range(index.count) if "nine" in index.text(row))
    mined = list(candidates_of_rows(retriever, iter([(question, gold), ("who?", -1)])))
    assert write_candidates(tmp_path / "a.npz", index, encoder, RANKER, mined) == 1
    encoded = encoder.encode_question(question)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        a = {name: file[name] for name in file.files}
    unrelated, same = a["similarity_range"]
    ends = np.cumsum(a["token_counts"])
    tokens = encoder.project(encoded.tokens)
    for place, row in enumerate(a["rows"]):
        own = dequantize(a["tokens"][ends[row] - a["token_counts"][row] : ends[row]])
        late = (((tokens @ own.T).max(axis=1) - unrelated) / (same - unrelated)).mean()
        window = a["windows"][a["row_windows"][row]].astype(np.float32)
        cosine = window @ encoded.vector / np.linalg.norm(window)
        score = a["weights"] @ [late, cosine] + a["rest"][place]
        assert score == pytest.approx(retriever.rank(question)[place].score, abs=0.02)
    assert a["questions"].tobytes().decode() == question
    assert a["gold"].tolist() == a["rows"][a["right"]].tolist() == [gold]
    np.testing.assert_allclose(np.linalg.norm(a["sentences"].astype(np.float32), axis=1), 1, atol=1e-2)


def test_nothing_to_write_is_an_error(encoder: OnnxEncoder, tmp_path: Path) -> None:
    """One line, and no file."""
    with pytest.raises(DataError, match="no question has a candidate"):
        write_candidates(tmp_path / "a.npz", index_of(encoder, TEXTS), encoder, RANKER, [])
    assert not (tmp_path / "a.npz").exists()
