"""Turn near misses and rewordings that were written for questions of sets into a set of windows.

A file of these has lines of a set, the id of a question in it, and either that question in other words, or "!" and one
that its passage does not answer, separated by tabs.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.training.reading_sets import is_held_out, passage_of

NEAR_MISS_MARK = "!"


def write_near_misses(folder: Path, file: Path, out: Path) -> int:
    """Write the questions in a file with the passages of the sets in a folder, as `mined_sets` reads them.

    Those about passages that are held out of the training are left out. Returns their number. Raises DataError if a
    line is not of three columns, or a set cannot be read or lacks a question.
    """
    wanted = _read(file)
    count = 0
    with gzip.open(out, "wt", encoding="utf-8") as stream:
        for name, near in wanted.items():
            for record in _records(folder / f"{name}.jsonl.gz", near):
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
    return count


def _read(file: Path) -> dict[str, dict[str, list[str]]]:
    """Read what was written for the id of each question of each set. Raises DataError."""
    wanted: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    try:
        for line in file.read_text("utf-8").splitlines():
            name, identity, question = line.split("\t")
            wanted[name][identity].append(question)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not near misses or rewordings: {error}") from None
    return wanted


def _records(path: Path, near: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """Yield near misses, each beside the question that its passage answers, and rewordings. Raises DataError."""
    missing = set(near)
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for record in map(json.loads, file):
                if record["id"] not in missing:
                    continue
                missing.remove(record["id"])
                passage = passage_of(record)
                evidence = [[answer["start"], answer["start"] + len(answer["text"])] for answer in record["answers"]]
                window = {"head": passage.title, "text": passage.text, "evidence": evidence[:1]}
                if not is_held_out(passage):
                    yield from (_written(question, record["question"], window) for question in near[record["id"]])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a set of questions: {' '.join(str(error).split())[:200]}") from None
    if missing:
        raise DataError(f"{path}: no question {min(missing)}")


def _written(question: str, original: str, window: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a near miss or of a rewording."""
    if question.startswith(NEAR_MISS_MARK):
        return {"question": question[1:], "beside": {"question": original, "window": window}}
    return {"question": question, "windows": [window]}
