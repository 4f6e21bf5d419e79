"""Read windows of text for a question: does a window answer, and with which words.

A reader is a folder with reader.json, which names the checksums of the other files: reader.onnx, the graph with its
weights, and tokenizer.json. The graph scores every token as the start and as the end of an answer, and position 0 for
"not answered here"; and it judges the window as a whole. Each window is read alone and on one thread, so that what is
read of it depends on nothing else.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Encoding, Tokenizer

from retrieval import files
from retrieval.concurrency import available_cores, map_ahead
from retrieval.encoding.session import open_session
from retrieval.errors import ModelError
from retrieval.types import Float32, Int64

MANIFEST, WEIGHTS, TOKENIZER = "reader.json", "reader.onnx", "tokenizer.json"
OUTPUTS = ("logits", "judged")
MAX_TOKENS = 256  # of question, head and text together
MAX_QUESTION_TOKENS = 64
HEAD_MARK = " : "  # between head and text
NO_ANSWER = 0  # the position of [CLS]
MAX_SPAN_TOKENS = 40


class Window(NamedTuple):
    """What is read beside a question: a head, "title › heading" or "", and the text that may hold the answer."""

    head: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What was read in a window.

    `answers` are the log-odds, as trained, that the window answers, to compare it with other windows, and `judged`
    those to decide whether to quote it. `start` and `end` are the half-open characters of the best span in the window's
    text; both are 0 for a text without any token. `starts` and `ends`, (tokens,), score
    each token of the text as the first and as the last of an answer, less the score of "not answered here"; `offsets`,
    (tokens, 2), are the characters of the tokens.
    """

    answers: float
    judged: float
    start: int
    end: int
    starts: Float32
    ends: Float32
    offsets: Int64


class SpanReader:
    """Reads windows with the weights of a folder; `open_reader` makes one."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the files of a folder and compare them with their checksums. Raises ModelError."""
        self.manifest = _manifest(folder)
        self._threads = threads or available_cores()
        weights, tokenizer = (_verified(folder / name, self.manifest) for name in (WEIGHTS, TOKENIZER))
        try:
            self._session = open_session(weights)
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ModelError(f"cannot load the reader in {folder}: {' '.join(str(error).split())[:200]}") from None
        if missing := {*OUTPUTS} - {output.name for output in self._session.get_outputs()}:
            raise ModelError(
                f"the reader in {folder} has no output {min(missing)}: it was trained for an older footnote"
            )
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)  # of the longer of both, hence the window
        self._tokenizer.encode_special_tokens = True

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights: same fingerprint, same readings."""
        return str(self.manifest["files"][WEIGHTS])[:16]

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> list[Reading]:
        """Read windows (head, text) for a question, one thread a window; readings are in the order of the windows."""
        asked = shorten_question(self._tokenizer, question)
        shown = [Window(*window) for window in windows]
        encodings = self._tokenizer.encode_batch([(asked, window_text(window)) for window in shown])
        pairs = list(zip(encodings, shown, strict=True))
        return list(map_ahead(lambda pair: self._read(*pair), pairs, self._threads))

    def _read(self, encoding: Encoding, window: Window) -> Reading:
        """Read one window."""
        inputs = {"ids": np.array([encoding.ids], np.int64), "types": np.array([encoding.type_ids], np.int64)}
        (logits,), judged = self._session.run(OUTPUTS, inputs)
        tokens, offsets = text_tokens(encoding, window)
        scores = logits[tokens] - logits[NO_ANSWER]
        first, last = _best_span(scores[:, 0], scores[:, 1])
        start, end = (int(offsets[first, 0]), int(offsets[last, 1])) if len(tokens) else (0, 0)
        answers = _log_odds(scores[:, 0], scores[:, 1])
        return Reading(
            answers, float(judged.item()) if len(tokens) else answers, start, end, scores[:, 0], scores[:, 1], offsets
        )


def open_reader(folder: Path, threads: int = 0) -> SpanReader:
    """Open the reader in a folder; with 0 threads it uses one per core. Raises ModelError."""
    return SpanReader(folder, threads)


def window_text(window: Window) -> str:
    """Return what the model reads of a window; its text stands at the end."""
    return f"{window.head}{HEAD_MARK}{window.text}" if window.head else window.text


def shorten_question(tokenizer: Tokenizer, question: str) -> str:
    """Cut a question after MAX_QUESTION_TOKENS tokens."""
    encoding = tokenizer.encode(question, add_special_tokens=False)
    return (
        question if len(encoding.ids) <= MAX_QUESTION_TOKENS else question[: encoding.offsets[MAX_QUESTION_TOKENS][0]]
    )


def text_tokens(encoding: Encoding, window: Window) -> tuple[Int64, Int64]:
    """Find the tokens of a window's text; return their positions, (n,), and their characters in the text, (n, 2)."""
    shift = len(window_text(window)) - len(window.text)
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2) - shift
    in_window = np.array([sequence == 1 for sequence in encoding.sequence_ids], bool)
    tokens = np.flatnonzero(in_window & (offsets[:, 0] >= 0))
    return tokens, offsets[tokens]


def _log_odds(starts: Float32, ends: Float32) -> float:
    """Compute the mean of the log-odds that an answer starts, and that it ends, at some of the tokens.

    Summing over tokens separates windows that answer better than the best span alone, since an answer of several right
    lengths is found in several places.
    """
    if len(starts) == 0:
        return float("-inf")
    return float(np.logaddexp.reduce(starts) + np.logaddexp.reduce(ends)) / 2


def _best_span(starts: Float32, ends: Float32) -> tuple[int, int]:
    """Find the first and last token of the span with the largest start plus end; (0, 0) without tokens."""
    if len(starts) == 0:
        return 0, 0
    sums = starts[:, None] + ends[None, :]
    rows, columns = np.indices(sums.shape)
    sums[(columns < rows) | (columns >= rows + MAX_SPAN_TOKENS)] = -np.inf
    first, last = divmod(int(sums.argmax()), len(ends))
    return first, last


def _manifest(folder: Path) -> dict[str, Any]:
    """Read reader.json. Raises ModelError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if {WEIGHTS, TOKENIZER} <= manifest["files"].keys():
            return manifest
        raise ValueError("it names no weights")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / MANIFEST} describes no reader: {' '.join(str(error).split())[:200]}") from None


def _verified(path: Path, manifest: dict[str, Any]) -> bytes:
    """Read a file whose checksum is in the manifest. Raises ModelError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from None
    if files.sha256_bytes(content) != manifest["files"][path.name]:
        raise ModelError(f"{path} is not the file that {MANIFEST} describes; reinstall footnote")
    return content
