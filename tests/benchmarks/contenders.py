"""Run one contender of the comparison of tests/benchmarks/contest.py: Footnote, a floor, or a tutorial's search.

No bot with this model can be faster than the floor: it encodes the question once with onnxruntime, searches once with
FAISS, and does nothing else. The light floor does so with the 8-bit weights that Footnote compiles. The tutorial is
sentence-transformers with FAISS. All but Footnote use the defaults of their libraries and the vectors of sentences
without context.

`python -m tests.benchmarks.contenders NAME FOLDER QUESTION` answers one question. Without QUESTION, it reads an order
per line from stdin, a JSON list of a name in ORDERS and its arguments, and prints each result as a line of JSON. FOLDER
is a folder that the comparison has prepared.
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
    """Open Footnote's index of a folder."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
    from bot.building import open_or_build
    from config.settings import load_settings

    stack = open_or_build(load_settings(None, seeds=str(folder / "seeds"), index=str(folder / "index")))
    return lambda question: stack.retriever.ask(question, threshold=stack.threshold)


def floor(folder: Path, graph: str = "full.onnx") -> Ask:
    """Open the encoder and the vectors of a folder, with nothing around them."""
    import faiss
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    session = onnxruntime.InferenceSession(str(folder / graph), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    index = faiss.read_index(str(folder / "lone.faiss"))
    names = [value.name for value in session.get_inputs()]

    def ask(question: str) -> int:
        encoded = tokenizer.encode(question)
        arrays = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask}
        arrays["token_type_ids"] = encoded.type_ids
        (vector,) = session.run(["sentence"], {name: np.array([arrays[name]], np.int64) for name in names})
        faiss.normalize_L2(vector)
        return int(index.search(vector, 10)[1][0, 0])

    return ask


def light_floor(folder: Path) -> Ask:
    """Open the floor with 8-bit weights."""
    return floor(folder, "light/model.onnx")


def tutorial(folder: Path) -> Ask:
    """Open what a tutorial on semantic search would build."""
    import faiss
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(model_folder()), device="cpu")
    index = faiss.read_index(str(folder / "lone.faiss"))

    def ask(question: str) -> int:
        return int(index.search(encoder.encode([question], normalize_embeddings=True), 10)[1][0, 0])

    return ask


def model_folder() -> Path:
    """Find the folder of the default model."""
    from retrieval.encoding import models

    return models.find_verified(models.DEFAULT_MODEL)


CONTENDERS: dict[str, Callable[[Path], Ask]] = {
    "footnote": footnote,
    "floor": floor,
    "light floor": light_floor,
    "tutorial": tutorial,
}


def warm(ask: Ask, questions: list[str]) -> list[float]:
    """Ask one question after another; return the milliseconds of each."""
    elapsed = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        elapsed.append((time.perf_counter() - started) * 1000)
    return elapsed


def callers(ask: Ask, questions: list[str], count: int) -> float:
    """Ask from `count` threads at once; return the answers per second."""
    with ThreadPoolExecutor(count) as pool:
        started = time.perf_counter()
        list(pool.map(ask, questions))
        return len(questions) / (time.perf_counter() - started)


def memory(_: Ask) -> dict[str, float]:
    """Return the resident memory in megabytes, with and without mapped files."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    resident, files = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "RssFile"))
    return {"resident": round(resident), "without_files": round(resident - files)}


ORDERS: dict[str, Callable[..., Any]] = {"warm": warm, "callers": callers, "memory": memory}


def main() -> None:
    """Answer one question, or execute orders until the end of the input."""
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
