"""Tell by their names what the fields of a record are, and turn records into parts."""

from collections.abc import Sequence
from typing import Literal

from retrieval.reading.formats.field_markup import cell_text, text_parts
from retrieval.reading.isolated.protocol import Part
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_CELL_LENGTH, record_text, with_context

Role = Literal["question", "text", "fact"]
QUESTION_NAMES = frozenset((
    "question", "q", "questions", "prompt", "query", "title", "subject", "topic", "heading", "frage", "pregunta",
    "domanda",
))  # fmt: skip
TEXT_NAMES = frozenset((
    "answer", "a", "answers", "response", "text", "content", "message", "body", "passage", "paragraph",
    "description", "comment", "summary", "abstract", "antwort", "réponse", "respuesta", "risposta",
))  # fmt: skip

ASKED_NAMES = frozenset(("question", "q", "questions", "prompt", "query", "frage", "pregunta", "domanda"))
DESCRIPTION_NAMES = frozenset(("description", "summary", "abstract"))  # of what its record is about
UNNAMING_NAMES = frozenset((  # of values that come first in a record but name nothing
    "id", "nr", "no", "number", "row", "date", "time", "timestamp", "created", "author", "user", "url", "link",
))  # fmt: skip
NAME_NAMES = frozenset((  # of what a text beside them is about, if nothing there is called a question
    "name", "label", "displayname", "display name", "display_name", "term", "word", "command", "item", "product",
    "feature", "option", "setting", "key",
))  # fmt: skip


def field_roles(names: Sequence[str]) -> list[Role]:
    """Return the role of each field by its name; a question is a fact like any other unless some field is a text.

    Beside a text without a question, what is called a name is one: the text says nothing without it. So is the first
    field beside a description, unless its name says that it names nothing.
    """
    folded = list(map(fold_name, names))
    has_text = not TEXT_NAMES.isdisjoint(folded)
    questions = QUESTION_NAMES if not QUESTION_NAMES.isdisjoint(folded) else NAME_NAMES
    if questions is NAME_NAMES and NAME_NAMES.isdisjoint(folded) and not DESCRIPTION_NAMES.isdisjoint(folded):
        questions = frozenset(folded[:1]) - UNNAMING_NAMES - TEXT_NAMES
    return [
        "text" if name in TEXT_NAMES else "question" if has_text and name in questions else "fact" for name in folded
    ]  # fmt: skip


def fold_name(name: str) -> str:
    """Return the name of a field without case, and without marks at its ends."""
    return one_line(name).casefold().strip(" :?*_")


def record_parts(
    names: Sequence[str],
    roles: Sequence[Role],
    values: Sequence[str],
    at: int | None,
    context: Sequence[str] = (),
    level: int = 1,
    *,
    markdown: bool = False,
) -> list[Part]:
    """Turn a record into parts: its question into a heading, its texts, and its facts into a sentence.

    Beside a text, the facts are an aside if the record asks or names nothing, and so they are below a question that
    nobody has answered yet. A long fact is a text, whatever its name. `at` is the row of the record,
    `context` what its facts are about, and `level` that of its heading. HTML in values is read, and Markdown in texts;
    in facts only if they are `markdown`.
    """
    fields = [
        (names[i] if i < len(names) else "", roles[i] if i < len(roles) else "fact", value)
        for i, value in enumerate(values)
        if value.strip()
    ]
    questions = [
        Part("heading", cell_text(value, markdown=True), level, at) for _, role, value in fields if role == "question"
    ]
    texts = [
        part
        for _, role, value in fields
        if role == "text" or (role == "fact" and _is_long(value))
        for part in text_parts(value, at, level)
    ]
    facts = [
        (cell_text(name), cell_text(value, markdown=markdown))
        for name, role, value in fields
        if role == "fact" and not _is_long(value)
    ]
    sentence = record_text([one_line(name) for name, _ in facts], [value for _, value in facts])
    sentence = with_context(context, sentence) if sentence else ""
    is_unanswered = any(question.text.rstrip().endswith("?") for question in questions)
    is_named = any(role == "question" and fold_name(name) not in ASKED_NAMES for name, role, _ in fields)
    is_beside = (bool(texts) and not is_named) or is_unanswered
    row = [Part("aside" if is_beside else "row", sentence, at=at)] if sentence else []
    return [*questions, *texts, *row]


def _is_long(value: str) -> bool:
    return len(one_line(value)) > MAX_CELL_LENGTH
