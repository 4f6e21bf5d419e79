"""Measure Footnote against the floor and the peers: python -m tests.benchmarks.contest SQUAD_FILE [--rows N …].

In one run and in turns, so that a machine whose speed drifts drifts for all: a first answer of a fresh process, warm
questions, callers at once, and encoding a corpus. Prints a table with ratios; --json and --plot write the figures and a
drawing of cost against size. --rows measures larger, generated corpora as well (see tests/benchmarks/synthetic.py);
--work keeps what was prepared for the next run.

It is no command of Footnote's, for only who works on it needs it: what it compares with and generates is not installed.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoding.encoder import open_encoder
from retrieval.index.build import build_index
from retrieval.measuring import squad
from retrieval.measuring.squad import LabelledCorpus
from tests.benchmarks.contenders import model_folder
from tests.support.paths import ROOT

NAMES = ("footnote", "floor", "light floor", "tutorial")
FRESH_ROUNDS = 7
WARM_ROUNDS = 12
QUESTIONS = 25  # asked in a row before the next contender has its turn
CALLERS = 16
ENCODING_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Worker:
    """A contender in a process of its own, with its index loaded."""

    process: "subprocess.Popen[str]"

    def order(self, *order: Any) -> Any:
        """Have an order carried out and return its result."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.result()

    def result(self) -> Any:
        """Return the next line of the process. Raises RuntimeError when it has ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender ended with {self.process.wait()}")
        return json.loads(line)

    def end(self) -> None:
        """End the process."""
        self.process.communicate()


def start(name: str, folder: Path) -> Worker:
    """Start a contender and wait until it is ready."""
    command = [sys.executable, "-m", "tests.benchmarks.contenders", name, str(folder)]
    worker = Worker(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    worker.result()
    return worker


def prepare(folder: Path, corpus: LabelledCorpus) -> None:
    """Write the documents, and what the contenders search, into a folder."""
    import faiss
    from sentence_transformers import SentenceTransformer

    seeds = folder / "seeds"
    seeds.mkdir(parents=True)
    for number, read in enumerate(corpus.reads):
        (seeds / f"article-{number:02d}.txt").write_text(read.document.text, "utf-8")
    subprocess.run(footnote_command("rebuild", folder), check=True, stdout=subprocess.DEVNULL)
    compiled = next((folder / "index" / "models").iterdir())
    shutil.copytree(compiled, folder / "light")
    (folder / "tokenizer.json").write_bytes((compiled / "tokenizer.json").read_bytes())
    encoder = SentenceTransformer(str(model_folder()), device="cpu").eval()
    export(encoder, folder / "full.onnx")
    vectors = encoder.encode(lone_sentences(corpus), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "lone.faiss"))


def export(encoder: Any, path: Path) -> None:
    """Write the graph of an encoder with its weights in full, as sentence-transformers has them."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]  # torch is not looked at
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, *inputs: Any) -> Any:
            return self.encoder(dict(zip(names, inputs, strict=True)))["sentence_embedding"]

    example = encoder.preprocess(["an example", "a somewhat longer example"])
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in example]
    axes = {name: {0: "batch", 1: "token"} for name in names} | {"sentence": {0: "batch"}}
    inputs = tuple(example[name] for name in names)
    torch.onnx.export(
        Graph(), inputs, str(path), input_names=names, output_names=["sentence"], dynamic_axes=axes, dynamo=False,
        opset_version=17,
    )  # fmt: skip


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own: what it loads would count in the peak memory of those started later."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def footnote_command(name: str, folder: Path, *arguments: str) -> list[str]:
    """Return a command line of Footnote."""
    folders = ["--seeds", str(folder / "seeds"), "--index", str(folder / "index")]
    return [str(ROOT / "footnote"), name, *arguments, *folders]


def lone_sentences(corpus: LabelledCorpus) -> list[str]:
    """Return the sentences of a corpus one by one, as a tutorial would embed them."""
    both = zip(corpus.reads, corpus.sentence_spans, strict=True)
    return [read.document.text[a:b] for read, breaks in both for a, b in breaks]


def fresh(folder: Path, question: str, rounds: int, names: Sequence[str] = NAMES) -> dict[str, dict[str, float]]:
    """Return the median seconds and the peak memory (MB) of a fresh process until it has answered."""
    commands = {
        name: [sys.executable, "-m", "tests.benchmarks.contenders", name, str(folder), question] for name in names
    }
    commands["footnote"] = footnote_command("ask", folder, question)
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
    for number in range(rounds + 1):  # the first fills the caches of the disk
        for name in names:
            taken = run(commands[name])
            if number:
                found[name].append(taken)
    return {
        name: {
            "seconds": round(statistics.median(wall for wall, _ in taken), 3),
            "peak_mb": statistics.median(peak for _, peak in taken),
        }
        for name, taken in found.items()
    }


def run(command: list[str]) -> tuple[float, int]:
    """Return the seconds that a command takes and its peak memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss // 1024


def warm(folder: Path, questions: list[str], rounds: int, names: Sequence[str] = NAMES) -> dict[str, dict[str, float]]:
    """Return the milliseconds of a warm question, what callers at once get, and the memory then.

    Each question was asked before; `first_ms` tells what that took, when nothing of the files may be in memory yet.
    """
    workers = {name: start(name, folder) for name in names}
    elapsed: dict[str, list[float]] = {name: [] for name in names}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    turns = [[questions[(n * QUESTIONS + i) % len(questions)] for i in range(QUESTIONS)] for n in range(rounds)]
    first = {name: worker.order("warm", [one for asked in turns for one in asked]) for name, worker in workers.items()}
    for asked in turns:
        for name, worker in workers.items():
            worker.order("warm", asked[:2])  # what another left of the processor's caches is nobody's fault
            elapsed[name] += worker.order("warm", asked)
    for number in range(max(rounds // 3, 1)):
        asked = [questions[(number * QUESTIONS + i) % len(questions)] for i in range(4 * CALLERS)]
        for name, worker in workers.items():
            rates[name].append((worker.order("callers", asked, 1), worker.order("callers", asked, CALLERS)))
    found = {}
    for name, worker in workers.items():
        p50, p95 = np.percentile(elapsed[name], [50, 95]).tolist()
        together = statistics.median(many / one for one, many in rates[name])
        found[name] = {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), f"{CALLERS}_callers": round(together, 2)}
        found[name] |= {"first_ms": round(statistics.median(first[name]), 2)}
        found[name] |= worker.order("memory")
        worker.end()
    return found


def encoding(folder: Path, corpus: LabelledCorpus) -> dict[str, dict[str, float]]:
    """Return the sentences a second of building an index, and of sentence-transformers' encode alone."""
    from sentence_transformers import SentenceTransformer

    compiled = next((folder / "index" / "models").iterdir())
    ours, theirs = open_encoder(compiled, compiled.name, 0), SentenceTransformer(str(model_folder()), device="cpu")
    sentences = lone_sentences(corpus)
    rates: dict[str, list[float]] = {"footnote": [], "tutorial": []}
    for _ in range(ENCODING_ROUNDS):
        started = time.perf_counter()
        index = build_index(corpus.reads, ours, "en", "gen-1").index
        between = time.perf_counter()
        theirs.encode(sentences)
        rates["footnote"].append(index.count / (between - started))
        rates["tutorial"].append(len(sentences) / (time.perf_counter() - between))
    return {name: {"sentences_per_s": round(statistics.median(found), 1)} for name, found in rates.items()}


def disk(folder: Path) -> dict[str, float]:
    """Return the bytes a sentence of the live generation, by file, the model apart."""
    index = folder / "index"
    live = index / (index / "CURRENT").read_text().strip()
    count = json.loads((live / "manifest.json").read_text())["counts"]["sentences"]
    sizes = {path.name: path.stat().st_size / count for path in sorted(live.iterdir())}
    return {"rows": count} | {name: round(size, 1) for name, size in sizes.items() if size >= 0.5}


def report(found: dict[str, Any]) -> None:
    """Print the table."""
    small, floor = found["small"], {kind: found["small"][kind]["floor"] for kind in ("fresh", "warm")}
    print(f"\n{'':34}" + "".join(f"{name:>13}" for name in NAMES) + f"{'of the floor':>14}")
    for kind, key, words in (
        ("fresh", "seconds", "first answer, fresh process, s"),
        ("fresh", "peak_mb", "its peak memory, MB"),
        ("warm", "p50_ms", "warm question, p50, ms"),
        ("warm", "p95_ms", "warm question, p95, ms"),
        ("warm", f"{CALLERS}_callers", f"{CALLERS} callers against one, ×"),
    ):
        values = [small[kind][name][key] for name in NAMES]
        ratio = "" if key.endswith("callers") else f"{values[0] / floor[kind][key]:.2f}"
        print(f"{words:34}" + "".join(f"{value:>13}" for value in values) + f"{ratio:>14}")
    ours, theirs = (small["encoding"][name]["sentences_per_s"] for name in ("footnote", "tutorial"))
    print(f"{'encoding, sentences/s':34}{ours:>13}{'':26}{theirs:>13}   {ours / theirs:.2f} of the tutorial")
    for size in found["sizes"]:
        asked, first = size["warm"], size["fresh"]
        ratio = asked["p50_ms"] / floor["warm"]["p50_ms"]
        print(f"{size['rows']:,} sentences, recall {size['recall']}:")
        print(f"  warm p50 {asked['p50_ms']} ms ({ratio:.2f} of the floor above), p95 {asked['p95_ms']} ms")
        print(f"  p50 of the first time that each is asked {asked['first_ms']} ms")
        print(f"  resident {asked['resident']} MB, {asked['without_files']} MB of it not mapped from files")
        print(f"  first answer of a fresh process {first['seconds']} s, {first['peak_mb']} MB")
    print("bytes a sentence:", json.dumps(found["disk"]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure Footnote against the floor and a tutorial.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[], help="sizes of generated corpora")
    parser.add_argument("--work", type=Path, help="a folder to prepare everything in, and to find it again")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--plot", type=Path, help="where to draw cost against size (.svg or .png)")
    given = parser.parse_args()
    corpus = squad.read_squad(given.file)
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        found = measure(work, corpus, given.rows)
    report(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if given.plot:
        draw(found, given.plot)


def measure(work: Path, corpus: LabelledCorpus, sizes: Sequence[int]) -> dict[str, Any]:
    """Return all figures; prepares what is missing."""
    folder = work / "small"
    say("preparing")
    if not (folder / "lone.faiss").exists():
        apart(prepare, folder, corpus)
    questions = [one.text for one in corpus.questions]
    say("measuring the small corpus: first answers, warm questions, encoding")
    small = {
        "fresh": fresh(folder, questions[0], FRESH_ROUNDS),
        "warm": warm(folder, questions, WARM_ROUNDS),
        "encoding": apart(encoding, folder, corpus),
    }
    found: dict[str, Any] = {"machine": machine(), "small": small, "disk": disk(folder), "sizes": []}
    for rows in sizes:
        say(f"measuring {rows:,} sentences")
        found["sizes"].append(large(work / f"rows-{rows}", rows, questions))
    return found


def large(folder: Path, rows: int, questions: list[str]) -> dict[str, Any]:
    """Return the figures of Footnote over a generated corpus, made first where it is not there yet."""
    from tests.benchmarks.synthetic import synthetic_index

    folder.mkdir(parents=True, exist_ok=True)
    apart(synthetic_index, folder, rows, 0)
    live = folder / "index" / (folder / "index" / "CURRENT").read_text().strip()
    return {
        "rows": rows,
        "fresh": fresh(folder, questions[0], 3, ("footnote",))["footnote"],
        "warm": warm(folder, questions, WARM_ROUNDS, ("footnote",))["footnote"],
        "recall": json.loads((live / "manifest.json").read_text())["recall"],
    }


def say(step: str) -> None:
    """Say on stderr what goes on; all of it takes minutes."""
    print(f"{step} …", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Return what the figures were taken on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"processor": name, "cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw what a warm question and a first answer cost against the number of sentences."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    small = found["small"]
    rows = [found["disk"]["rows"], *(size["rows"] for size in found["sizes"])]
    for axes, kind, key, words in zip(
        figure.subplots(1, 2),
        ("warm", "fresh"),
        ("p50_ms", "seconds"),
        ("a warm question, median, ms", "a first answer, fresh process, s"),
        strict=True,
    ):
        ours = [small[kind]["footnote"][key], *(size[kind][key] for size in found["sizes"])]
        axes.plot(rows, ours, "o-", color="#1f5fbf", label="Footnote")
        for name, style in (("floor", "--"), ("tutorial", ":")):
            axes.axhline(
                small[kind][name][key], color="#777777", linestyle=style, label=f"{name}, {rows[0]:,} sentences"
            )
        axes.set(xscale="log", xlabel="sentences", title=words, ylim=(0, None))
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
