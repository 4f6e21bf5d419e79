"""The encoder of questions is tuned to put questions near what answers them; repeatable and resumable."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from retrieval.encoding.question_adapter import read_changes
from retrieval.encoding.token_quantizer import dequantize, quantize
from retrieval.errors import DataError
from retrieval.training import question_tuning
from retrieval.training.question_tuning import Candidates, QuestionTuner, TuningPlan, tune
from retrieval.types import Float32
from tests.support.tiny_encoder import make_encoder

SIZE, ROWS = 16, 6
QUESTIONS = ["the cat", "the dog", "cat the dog", "dog cat"]
PLAN = TuningPlan(epochs=300, rate=1e-2, seed=0)


def unit(rng: np.random.Generator, rows: int) -> Float32:
    vectors = rng.normal(size=(rows, SIZE)).astype(np.float32)
    result: Float32 = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return result


def write_candidates(path: Path, **changed: NDArray[Any]) -> Path:
    """Write an index of random vectors; question i has all its rows as candidates and is answered by row i."""
    rng = np.random.default_rng(0)
    count = len(QUESTIONS)
    arrays = {
        "questions": np.frombuffer("\n".join(QUESTIONS).encode(), np.uint8),
        "sizes": np.full(count, ROWS),
        "gold": np.arange(count),
        "rows": np.tile(np.arange(ROWS), count),
        "rest": np.zeros(count * ROWS, np.float32),
        "right": (np.arange(ROWS)[None] == np.arange(count)[:, None]).ravel(),
        "sentences": unit(rng, ROWS).astype(np.float16),
        "windows": unit(rng, ROWS).astype(np.float16),
        "row_windows": np.arange(ROWS),
        "tokens": quantize(unit(rng, 2 * ROWS)),
        "token_counts": np.full(ROWS, 2),
        "projection_mean": np.zeros(SIZE, np.float32),
        "projection_basis": np.eye(SIZE, dtype=np.float32),
        "similarity_range": np.array([0.0, 1.0], np.float32),
        "weights": np.array([12.0, 8.0], np.float32),
    }
    np.savez(path, **{**arrays, **changed})
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


def trained(tiny: Path, corpus: Candidates, path: Path, *plans: TuningPlan) -> QuestionTuner:
    """Train with each plan, continued from what the one before saved."""
    for plan in plans:
        tuner = QuestionTuner(tiny)
        tune(tuner, [corpus], plan, path, lambda _: None)
    return tuner


def first_sentences(tuner: QuestionTuner, corpus: Candidates) -> list[int]:
    vectors = tuner.encode(corpus.questions, corpus.projection).vectors
    rows: list[int] = (vectors @ corpus.sentences.T).argmax(dim=1).tolist()
    return rows


def test_questions_learn_to_find_what_answers_them(tiny: Path, tmp_path: Path) -> None:
    """The loss falls, and each question's nearest sentence is its own."""
    corpus = Candidates(write_candidates(tmp_path / "a.npz"))
    before = QuestionTuner(tiny)
    after = trained(tiny, corpus, tmp_path / "a.pt", PLAN)
    assert first_sentences(before, corpus) != [0, 1, 2, 3]
    assert first_sentences(after, corpus) == [0, 1, 2, 3]
    losses = [float(tuner.loss(corpus, [0, 1, 2, 3], random.Random(0)).detach()) for tuner in (before, after)]
    assert losses[1] < losses[0] / 2


def test_the_loss_is_that_of_the_search_and_of_the_ranker(tiny: Path, tmp_path: Path) -> None:
    """Worked out with numpy from the vectors of one question and the definitions of late interaction and of softmax."""
    corpus = Candidates(write_candidates(tmp_path / "a.npz", rest=np.linspace(0, 1, 24).astype(np.float32)))
    tuner = QuestionTuner(tiny)
    loss = float(tuner.loss(corpus, [1], random.Random(0)).detach())
    encoded = tuner.encode(["the dog"], corpus.projection)
    vector, tokens = encoded.vectors[0].detach().numpy(), encoded.tokens[0][encoded.counted[0]].detach().numpy()
    assert len(tokens) == 2  # without the special ones
    with np.load(tmp_path / "a.npz") as arrays:
        cosines = 20 * arrays["sentences"].astype(np.float32) @ vector
        windows = arrays["windows"].astype(np.float32)
        rest = arrays["rest"][6:12]
    rows = dequantize(quantize(unit(_after_vectors(), 2 * ROWS))).reshape(ROWS, 2, SIZE)
    late = np.einsum("qk,rtk->qrt", tokens, rows).max(axis=2).mean(axis=0)
    scores = 12 * late + 8 * (windows / np.linalg.norm(windows, axis=1, keepdims=True)) @ vector + rest
    expected = sum(np.log(np.exp(values).sum()) - values[1] for values in (cosines, scores))
    assert loss == pytest.approx(expected, abs=1e-3)


def _after_vectors() -> np.random.Generator:
    """Return the generator of write_candidates after it made the vectors of sentences and windows."""
    rng = np.random.default_rng(0)
    unit(rng, ROWS), unit(rng, ROWS)
    return rng


def test_sentences_beside_the_answer_do_not_count_as_wrong(tmp_path: Path) -> None:
    """Those of the same window say about the same; a question whose candidates all answer only trains the search."""
    corpus = Candidates(write_candidates(tmp_path / "a.npz", row_windows=np.array([0, 0, 1, 1, 2, 2])))
    right, beside = corpus.answers(1)
    assert right.nonzero().flatten().tolist() == [1]
    assert beside.nonzero().flatten().tolist() == [0, 1]
    everything = Candidates(write_candidates(tmp_path / "b.npz", right=np.ones(24, bool)))
    assert everything.draw(0, random.Random(0)) is None


def test_an_interrupted_training_ends_with_the_same_adapter(tiny: Path, tmp_path: Path) -> None:
    """And only the layers change, not the embeddings."""
    corpus = Candidates(write_candidates(tmp_path / "a.npz"))
    plan = TuningPlan(epochs=4, rate=1e-3, seed=0)
    whole = trained(tiny, corpus, tmp_path / "whole.pt", plan)
    saved: list[int] = []
    tuner = QuestionTuner(tiny)

    def interrupt(line: str) -> None:
        saved.append(int(line.split()[1]))
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(question_tuning, "REPORT_STEPS", 2)
        patch.setattr(question_tuning, "CHECKPOINT_SECONDS", 0)
        with pytest.raises(KeyboardInterrupt):
            tune(tuner, [corpus], plan, tmp_path / "parts.pt", interrupt)
    parts = trained(tiny, corpus, tmp_path / "parts.pt", plan)
    assert saved == [2]
    for name, value in whole.parameters.items():
        torch.testing.assert_close(parts.parameters[name], value, atol=0, rtol=0)
    whole.write(tmp_path / "adapter.safetensors")
    changed = read_changes(tmp_path / "adapter.safetensors")
    assert all(name.startswith("encoder.layer.") for name in changed)
    assert float(changed["encoder.layer.0.attention.self.query.weight"].abs().max()) > 0


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    """Also one without all arrays."""
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "part.npz", rows=np.zeros(1))
    for name in ("text.npz", "part.npz"):
        with pytest.raises(DataError, match=name):
            Candidates(tmp_path / name)
