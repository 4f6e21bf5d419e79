"""A small folder of documents in many formats that changes, as `small_corpus` is one of plain text.

Files of formats that need a child process are read in this one, which takes a hundredth of the time.
"""

import importlib
import json
import random
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.isolated import parent
from retrieval.reading.isolated.protocol import Extracted, dumps, loads
from tests.support import office_files, samples
from tests.support.small_corpus import sentence

SUFFIXES = (
    ".md", ".mdx", ".txt", ".json", ".jsonl", ".csv", ".tsv", ".vtt", ".adoc", ".org", ".tex", ".ipynb", ".eml",
    ".html", ".rst", ".docx", ".odt", ".pptx", ".xlsx", ".zip", ".epub",
)  # fmt: skip
PART = "_includes/part.md"  # which every Markdown file includes
INITIAL_DOCUMENTS = 5


def fill(root: Path, rng: random.Random) -> None:
    """Write the initial documents, of which the first includes a part."""
    (root / "seeds" / "_includes").mkdir(parents=True)
    (root / "seeds" / PART).write_text(f"{sentence(rng)}\n")
    for number in range(INITIAL_DOCUMENTS):
        suffix = rng.choice(SUFFIXES) if number else ".md"
        (root / "seeds" / f"document{number}{suffix}").write_bytes(content(suffix, rng))


def edit(root: Path, rng: random.Random) -> None:
    """Add, rewrite, rename or remove a random document, or change the part that others include."""
    seeds = root / "seeds"
    paths = sorted(path for path in seeds.iterdir() if path.is_file())
    kind = rng.choice(("add", "rewrite", "rename", "remove", "part"))
    path = rng.choice(paths)
    if kind == "add" or (kind == "remove" and len(paths) <= INITIAL_DOCUMENTS):
        suffix = rng.choice(SUFFIXES)
        (seeds / f"document{rng.getrandbits(40)}{suffix}").write_bytes(content(suffix, rng))
    elif kind == "rename":
        path.rename(seeds / f"document{rng.getrandbits(40)}{path.suffix}")
    elif kind == "remove":
        path.unlink()
    elif kind == "part":
        (seeds / PART).write_text(f"{sentence(rng)} The part has item{rng.getrandbits(30)}.\n")
    else:
        path.write_bytes(content(path.suffix, rng))


def content(suffix: str, rng: random.Random) -> bytes:
    """Make a file with three sentences, of which the last one is found nowhere else."""
    first, second = sentence(rng), sentence(rng)
    third = f"The museum has item{rng.getrandbits(30)}."
    match suffix:
        case ".md" | ".mdx":
            return (
                f"---\ntitle: {first}\n---\n# A\n\n{{% include part.md %}}\n\n!!! note\n    {second}\n\n"
                f'=== "B"\n    {third}\n'
            ).encode()
        case ".txt":
            return "".join(
                f"[9:1{number} AM] {name}: {text}\n"
                for number, (name, text) in enumerate((("mira", first), ("jonas", second), ("mira", third)))
            ).encode()
        case ".json":
            messages = [
                {"author": "mira", "timestamp": "2024-05-01", "content": text} for text in (first, second, third)
            ]
            return json.dumps({"messages": messages}).encode()
        case ".jsonl":
            return "".join(json.dumps({"text": text}) + "\n" for text in (first, second, third)).encode()
        case ".csv" | ".tsv":
            separator = "," if suffix == ".csv" else "\t"
            return f"Who{separator}What\nmira{separator}{first}\njonas{separator}{third}\n".encode()
        case ".vtt":
            return (
                f"WEBVTT\n\n00:01.000 --> 00:04.000\n{first}\n\n00:05.000 --> 00:09.000\n<v Ann>{second} {third}\n"
            ).encode()
        case ".adoc":
            return f"= {first}\n\n{second}\n\n. {third}\n".encode()
        case ".org":
            return f"* {first}\n{second}\n- {third}\n".encode()
        case ".tex":
            return f"\\section{{{first}}}\n{second}\n\\begin{{itemize}}\\item {third}\\end{{itemize}}\n".encode()
        case ".ipynb":
            cells = [{"cell_type": "markdown", "source": text} for text in (f"# {first}", second, third)]
            return json.dumps({"cells": cells}).encode()
        case ".eml":
            return f"From: a@lake.example\nSubject: {first}\n\n{second}\n\n{third}\n".encode()
        case ".html" | ".epub":
            body = f"<h1>{first}</h1><p>{second}</p><table><tr><th>A</th></tr><tr><td>{third}</td></tr></table>"
            page = f"<html><head><title>A</title></head><body><main>{body}</main></body></html>"
            return page.encode() if suffix == ".html" else samples.epub({"a.xhtml": body})
        case ".rst":
            return f"Title\n=====\n\n{first}\n\n.. note:: {second}\n\n- {third}\n".encode()
        case ".docx":
            return samples.docx("".join(map(samples.docx_paragraph, (first, second, third))))
        case ".odt":
            return office_files.odt("".join(f"<text:p>{text}</text:p>" for text in (first, second, third)))
        case ".pptx":
            return office_files.pptx(office_files.shape([first], "title") + office_files.shape([second, third], "body"))
        case ".xlsx":
            return office_files.xlsx(office_files.sheet_rows(["Who", "What"], ["mira", first], ["jonas", third]))
        case _:
            return samples.zip_archive({"a.md": f"# {first}\n\n{second}\n", "b.txt": f"{first}\n\n{third}\n"})


@contextmanager
def read_in_this_process() -> Iterator[None]:
    """Let files of every format be read without a child process."""
    one_at_a_time = threading.Lock()  # as in a child, for the filters of warnings belong to the process

    def extract(content: bytes, suffix: str, _: str | None = None) -> Extracted:
        with one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of libraries that children load
            reader = importlib.import_module(f"retrieval.reading.formats.{FORMATS[suffix].module}")
            if hasattr(reader, "warm"):
                reader.warm()
            extracted: Extracted = reader.read(content)
        return loads(dumps(extracted))

    with mock.patch.object(parent, "extract", extract):
        yield
