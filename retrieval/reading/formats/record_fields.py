"""What the fields of a record are: a question, its answer, a text, or facts to be written out as a sentence."""

from collections.abc import Sequence
from typing import Literal

from retrieval.reading.isolated.protocol import Part
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_CELL_LENGTH, record_text

Role = Literal["question", "text", "fact"]
QUESTIONS = frozenset((
    "question", "q", "questions", "prompt", "query", "title", "subject", "topic", "heading", "frage", "pregunta",
    "domanda",
))  # fmt: skip
TEXTS = frozenset((
    "answer", "a", "answers", "response", "text", "content", "message", "body", "passage", "paragraph",
    "description", "comment", "summary", "abstract", "antwort", "réponse", "respuesta", "risposta",
))  # fmt: skip


def roles(names: Sequence[str]) -> list[Role]:
    """Return what each field is by its name; a question without a text is a fact like the others."""
    plain = [one_line(name).casefold().strip(" :?*_") for name in names]
    texts = {name for name in plain if name in TEXTS}
    return [
        "text" if name in TEXTS else "question" if texts and name in QUESTIONS else "fact"
        for name in plain
    ]  # fmt: skip


def record_parts(names: Sequence[str], columns: Sequence[Role], values: Sequence[str], at: int) -> list[Part]:
    """Return the parts of one record: its question as a heading, its texts, and its facts as a sentence.

    Beside a text, facts are context; a long value is a text whatever its name. `at` is the record's row.
    """
    filled = [
        (names[i] if i < len(names) else "", columns[i] if i < len(columns) else "fact", value)
        for i, value in enumerate(values)
        if value.strip()
    ]
    heading = [Part("heading", value, 1, at) for _, role, value in filled if role == "question"]
    texts = [
        Part("text", paragraph, at=at)
        for _, role, value in filled
        if role == "text" or (role == "fact" and len(one_line(value)) > MAX_CELL_LENGTH)
        for paragraph in value.split("\n\n")
    ]
    facts = [
        (name, value) for name, role, value in filled if role == "fact" and len(one_line(value)) <= MAX_CELL_LENGTH
    ]
    sentence = record_text([one_line(name) for name, _ in facts], [value for _, value in facts])
    row = [Part("aside" if texts else "row", sentence, at=at)] if sentence else []
    return [*heading, *texts, *row]
