"""Write the questions about held-out passages of a set as a SQuAD file, to fit and measure with."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from retrieval.training.pairs import training_rows
from retrieval.training.reading_sets import ReadingSet

MAX_QUESTIONS = 2  # about a passage: more passages tell more than more questions about one


def write_held_out(data: ReadingSet, out: Path) -> int:
    """Write the passages that are not trained on, by article, with the first questions about each that have an answer.

    Returns the number of questions.
    """
    asked: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in training_rows(data, held_out=True):
        question = data.questions[row]
        if question.answers and len(asked[question.passage]) < MAX_QUESTIONS:
            text = data.passages[question.passage].text
            answers = [{"text": text[start:end], "answer_start": start} for start, end in question.answers]
            asked[question.passage].append({"id": str(row), "question": question.text, "answers": answers})
    articles: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for passage, questions in asked.items():
        if questions:
            articles[data.passages[passage].title].append({"context": data.passages[passage].text, "qas": questions})
    content = {"version": "1.1", "data": [{"title": title, "paragraphs": rows} for title, rows in articles.items()]}
    out.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return sum(map(len, asked.values()))
