"""Measure Footnote against the floor and the peers: python -m tests.benchmarks.contest SQUAD_FILE [--rows N …].

Measures the first answer of a fresh process, warm questions, simultaneous callers, and encoding a corpus. The
contenders take turns, so that changes in the speed of the machine affect all of them. Prints a table with ratios;
--json and --plot write the figures, and a plot of cost against size. --rows also measures larger, generated corpora
(see tests/benchmarks/synthetic.py); --work keeps the prepared files for the next run.
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
QUESTIONS = 25  # per turn of a contender
CALLERS = 16
ENCODING_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Worker:
    """A contender in a process of its own, with its index loaded."""

    process: "subprocess.Popen[str]"

    def order(self, *order: Any) -> Any:
        """Send an order and return its result."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.result()

    def result(self) -> Any:
        """Read the next result. Raises RuntimeError if the process has ended."""
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
    """Write the documents, and the models and indexes of all contenders, to a folder."""
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
    """Export the graph of an encoder without quantizing its weights."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]  # mypy does not follow torch
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
    """Call a function in a process of its own: its memory would count in the peak of processes started later."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def footnote_command(name: str, folder: Path, *arguments: str) -> list[str]:
    """Compose a command line of Footnote."""
    folders = ["--seeds", str(folder / "seeds"), "--index", str(folder / "index")]
    return [str(ROOT / "footnote"), name, *arguments, *folders]


def lone_sentences(corpus: LabelledCorpus) -> list[str]:
    """Return the sentences of a corpus without context, as a tutorial would embed them."""
    documents = zip(corpus.reads, corpus.sentence_spans, strict=True)
    return [read.document.text[start:end] for read, spans in documents for start, end in spans]


def fresh(folder: Path, question: str, rounds: int, names: Sequence[str] = NAMES) -> dict[str, dict[str, float]]:
    """Measure the median seconds and peak memory in MB of a fresh process that answers one question."""
    commands = {
        name: [sys.executable, "-m", "tests.benchmarks.contenders", name, str(folder), question] for name in names
    }
    commands["footnote"] = footnote_command("ask", folder, question)
    runs: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
    for number in range(rounds + 1):  # the first round only fills the disk cache
        for name in names:
            seconds_and_peak = run(commands[name])
            if number:
                runs[name].append(seconds_and_peak)
    return {
        name: {
            "seconds": round(statistics.median(seconds for seconds, _ in runs_of_name), 3),
            "peak_mb": statistics.median(peak for _, peak in runs_of_name),
        }
        for name, runs_of_name in runs.items()
    }


def run(command: list[str]) -> tuple[float, int]:
    """Run a command; return its seconds and its peak memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss // 1024


def warm(folder: Path, questions: list[str], rounds: int, names: Sequence[str] = NAMES) -> dict[str, dict[str, float]]:
    """Measure the milliseconds of a warm question, the gain of simultaneous callers, and the memory afterwards.

    Each question was asked before; `first_ms` is the median of these first times, when files may not be in memory.
    """
    workers = {name: start(name, folder) for name in names}
    elapsed: dict[str, list[float]] = {name: [] for name in names}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    turns = [[questions[(n * QUESTIONS + i) % len(questions)] for i in range(QUESTIONS)] for n in range(rounds)]
    first = {name: worker.order("warm", [text for turn in turns for text in turn]) for name, worker in workers.items()}
    for turn in turns:
        for name, worker in workers.items():
            worker.order("warm", turn[:2])  # refill the processor's caches after the previous contender
            elapsed[name] += worker.order("warm", turn)
    for number in range(max(rounds // 3, 1)):
        texts = [questions[(number * QUESTIONS + i) % len(questions)] for i in range(4 * CALLERS)]
        for name, worker in workers.items():
            rates[name].append((worker.order("callers", texts, 1), worker.order("callers", texts, CALLERS)))
    figures = {}
    for name, worker in workers.items():
        p50, p95 = np.percentile(elapsed[name], [50, 95]).tolist()
        gain = statistics.median(many / single for single, many in rates[name])
        figures[name] = {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), f"{CALLERS}_callers": round(gain, 2)}
        figures[name] |= {"first_ms": round(statistics.median(first[name]), 2)}
        figures[name] |= worker.order("memory")
        worker.end()
    return figures


def encoding(folder: Path, corpus: LabelledCorpus) -> dict[str, dict[str, float]]:
    """Measure the sentences per second of building an index, and of encoding alone with sentence-transformers."""
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
    return {name: {"sentences_per_s": round(statistics.median(values), 1)} for name, values in rates.items()}


def disk(folder: Path) -> dict[str, float]:
    """Return the bytes per sentence of each file of the live generation, not counting the model."""
    index = folder / "index"
    live = index / (index / "CURRENT").read_text().strip()
    count = json.loads((live / "manifest.json").read_text())["counts"]["sentences"]
    sizes = {path.name: path.stat().st_size / count for path in sorted(live.iterdir())}
    return {"rows": count} | {name: round(size, 1) for name, size in sizes.items() if size >= 0.5}


def report(figures: dict[str, Any]) -> None:
    """Print the figures as a table."""
    small = figures["small"]
    floor = {kind: small[kind]["floor"] for kind in ("fresh", "warm")}
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
    for size in figures["sizes"]:
        question, first = size["warm"], size["fresh"]
        ratio = question["p50_ms"] / floor["warm"]["p50_ms"]
        print(f"{size['rows']:,} sentences, recall {size['recall']}:")
        print(f"  warm p50 {question['p50_ms']} ms ({ratio:.2f} of the floor above), p95 {question['p95_ms']} ms")
        print(f"  p50 of each question's first time {question['first_ms']} ms")
        resident, unmapped = question["resident"], question["without_files"]
        print(f"  resident memory {resident} MB, {unmapped} MB without mapped files")
        print(f"  first answer of a fresh process {first['seconds']} s, {first['peak_mb']} MB")
    print("bytes per sentence:", json.dumps(figures["disk"]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure Footnote against the floor and a tutorial.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[], help="sizes of generated corpora")
    parser.add_argument("--work", type=Path, help="a folder to keep the prepared files in")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    parser.add_argument("--plot", type=Path, help="a file to plot cost against size to (.svg or .png)")
    options = parser.parse_args()
    corpus = squad.read_squad(options.file)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        figures = measure(work, corpus, options.rows)
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if options.plot:
        draw(figures, options.plot)


def measure(work: Path, corpus: LabelledCorpus, sizes: Sequence[int]) -> dict[str, Any]:
    """Measure everything, after preparing missing files."""
    folder = work / "small"
    say("preparing")
    if not (folder / "lone.faiss").exists():
        apart(prepare, folder, corpus)
    questions = [question.text for question in corpus.questions]
    say("measuring the small corpus: first answers, warm questions, encoding")
    small = {
        "fresh": fresh(folder, questions[0], FRESH_ROUNDS),
        "warm": warm(folder, questions, WARM_ROUNDS),
        "encoding": apart(encoding, folder, corpus),
    }
    figures: dict[str, Any] = {"machine": machine(), "small": small, "disk": disk(folder), "sizes": []}
    for rows in sizes:
        say(f"measuring {rows:,} sentences")
        figures["sizes"].append(large(work / f"rows-{rows}", rows, questions))
    return figures


def large(folder: Path, rows: int, questions: list[str]) -> dict[str, Any]:
    """Measure Footnote on a generated corpus, which is made if the folder does not contain it."""
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
    """Print the current step to stderr, since all of them take minutes."""
    print(f"{step} …", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Describe the machine that is measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"processor": name, "cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Plot the cost of a warm question and of a first answer against the number of sentences."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    small = figures["small"]
    rows = [figures["disk"]["rows"], *(size["rows"] for size in figures["sizes"])]
    for axes, kind, key, words in zip(
        figure.subplots(1, 2),
        ("warm", "fresh"),
        ("p50_ms", "seconds"),
        ("a warm question, median, ms", "a first answer, fresh process, s"),
        strict=True,
    ):
        ours = [small[kind]["footnote"][key], *(size[kind][key] for size in figures["sizes"])]
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
