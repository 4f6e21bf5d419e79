"""What is compared: Footnote, the floor under it, and what a tutorial builds; each alone in its process.

The floor is what no bot with this model can beat: the question encoded once with onnxruntime, searched once with
FAISS, nothing else. The light floor does so with the 8-bit weights that Footnote compiles. The tutorial is
sentence-transformers with FAISS. All of them run with the defaults of their libraries and search lone-sentence vectors.

`python -m tests.benchmarks.contenders NAME FOLDER QUESTION` answers one question in a fresh process. Without QUESTION
it takes an order a line on stdin, a JSON list of a name of ORDERS and its arguments, and answers each with a line of
JSON. FOLDER holds what tests/benchmarks/contest.py has prepared.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Ask = Callable[[str], object]


def footnote(folder: Path) -> Ask:
    """Return what asks Footnote's index of a folder."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
    from bot.building import open_or_build
    from config.settings import load_settings

    stack = open_or_build(load_settings(None, seeds=str(folder / "seeds"), index=str(folder / "index")))
    return lambda question: stack.retriever.ask(question, threshold=stack.threshold)


def floor(folder: Path, graph: str = "full.onnx") -> Ask:
    """Return what encodes and searches, and nothing else."""
    import faiss
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    session = onnxruntime.InferenceSession(str(folder / graph), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    index = faiss.read_index(str(folder / "lone.faiss"))
    names = [one.name for one in session.get_inputs()]

    def ask(question: str) -> int:
        encoded = tokenizer.encode(question)
        arrays = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask}
        arrays["token_type_ids"] = encoded.type_ids
        (vector,) = session.run(["sentence"], {name: np.array([arrays[name]], np.int64) for name in names})
        faiss.normalize_L2(vector)
        return int(index.search(vector, 10)[1][0, 0])

    return ask


def light_floor(folder: Path) -> Ask:
    """Return the floor of the 8-bit weights."""
    return floor(folder, "light/model.onnx")


def tutorial(folder: Path) -> Ask:
    """Return what a tutorial on semantic search comes to."""
    import faiss
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(model_folder()), device="cpu")
    index = faiss.read_index(str(folder / "lone.faiss"))

    def ask(question: str) -> int:
        return int(index.search(encoder.encode([question], normalize_embeddings=True), 10)[1][0, 0])

    return ask


def model_folder() -> Path:
    """Return the folder of the default model."""
    from retrieval.encoding import models

    return models.find_verified(models.DEFAULT_MODEL)


CONTENDERS: dict[str, Callable[[Path], Ask]] = {
    "footnote": footnote,
    "floor": floor,
    "light floor": light_floor,
    "tutorial": tutorial,
}


def warm(ask: Ask, questions: list[str]) -> list[float]:
    """Return the milliseconds of each question, one after the other."""
    elapsed = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        elapsed.append((time.perf_counter() - started) * 1000)
    return elapsed


def callers(ask: Ask, questions: list[str], count: int) -> float:
    """Return how many questions a second are answered when `count` callers ask at once."""
    with ThreadPoolExecutor(count) as pool:
        started = time.perf_counter()
        list(pool.map(ask, questions))
        return len(questions) / (time.perf_counter() - started)


def memory(_: Ask) -> dict[str, float]:
    """Return the megabytes that are resident now: all, and without what is mapped from files."""
    held = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    resident, files = (int(held[name].split()[0]) / 1024 for name in ("VmRSS", "RssFile"))
    return {"resident": round(resident), "without_files": round(resident - files)}


ORDERS: dict[str, Callable[..., Any]] = {"warm": warm, "callers": callers, "memory": memory}


def main() -> None:
    """Answer one question, or take orders until the end of input."""
    ask = CONTENDERS[sys.argv[1]](Path(sys.argv[2]))
    if len(sys.argv) > 3:
        ask(sys.argv[3])
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(ORDERS[name](ask, *arguments)), flush=True)


if __name__ == "__main__":
    main()
