"""Tell whether two hits give different dates or numbers for the same thing, and which of two is the newer one."""

from retrieval.asking.neighbours import context_before, readable_text
from retrieval.asking.table_keys import row_fields
from retrieval.index.index import Index
from retrieval.text.announcements import announces_change
from retrieval.text.answer_types import DATE, NUMBER, expected_type
from retrieval.text.locations import table_context_at
from retrieval.text.message_dates import sent_at
from retrieval.text.terms import split_terms
from retrieval.text.values import CLOCK, values_differ, values_in, without_dates
from retrieval.types import Hit

SAME_TERMS = {split_terms("deadline", "en")[0]: split_terms("due", "en")[0]}  # in questions for a date
DATE_COLUMNS = frozenset(split_terms("date day due", "en"))
Fields = list[tuple[str, str]]


def hits_disagree(index: Index, question: str, hit: Hit, other: Hit) -> bool:
    """Tell whether another hit answers the same with another date or number, in another document or message.

    Only for questions that ask for one. A source that is merely less exact does not disagree, and neither does another
    row or column of a table. Raises DamagedIndexError.
    """
    kind = expected_type(question)
    if kind not in (DATE, NUMBER) or not _are_apart(index, hit, other):
        return False
    fields, other_fields = (_fields(index, at) for at in (hit, other))
    if fields and other_fields:
        texts = _values_of_rows(index, question, fields, other_fields)
    elif fields or other_fields:
        row, sentence = (hit, other) if fields else (other, hit)
        texts = _values_beside_sentence(index, question, row, sentence, kind)
    elif _covered_terms(index, question, hit) <= _covered_terms(index, question, other):
        texts = index.text(hit.row), index.text(other.row)
    else:
        texts = None
    return texts is not None and values_differ(*texts, kind)


def dated(index: Index, hit: Hit) -> str:
    """Return when a hit was written, to order hits: its message's date and time, else its document's date, or ""."""
    sentence = index.sentence(hit.row)
    document = index.documents[sentence.document]
    return sent_at(document, sentence.start) or document.published or ""


def covers_as_much(index: Index, question: str, hit: Hit, other: Hit) -> bool:
    """Tell whether another hit has every term of a question that a hit has."""
    return _covered_terms(index, question, hit) <= _covered_terms(index, question, other)


def _are_apart(index: Index, hit: Hit, other: Hit) -> bool:
    """Tell whether two hits can contradict each other: in two documents, or in two messages that both have dates."""
    sentence, other_sentence = index.sentence(hit.row), index.sentence(other.row)
    if sentence.document != other_sentence.document:
        return True
    document = index.documents[sentence.document]
    places = [(table_context_at(document, at.start), sent_at(document, at.start)) for at in (sentence, other_sentence)]
    return places[0][0] != places[1][0] and all(sent for _, sent in places)


def _fields(index: Index, hit: Hit) -> Fields:
    """Return the names and values of a hit that is a row of a table with several cells, and no message of a chat."""
    sentence = index.sentence(hit.row)
    first, _ = index.block_range(sentence.document)
    is_row = index.block(first + sentence.paragraph - 1).kind == "row"
    if not is_row or index.documents[sentence.document].unit == "message":
        return []
    fields = row_fields(readable_text(index, hit.row))
    return fields if len(fields) > 1 else []


def _values_of_rows(index: Index, question: str, fields: Fields, others: Fields) -> tuple[str, str] | None:
    """Return the values of two rows in the columns that a question names; None unless both begin with the same cell."""
    if split_terms(fields[0][1], "") != split_terms(others[0][1], ""):
        return None
    asked = _terms(index, question)
    values = [
        {name: value for name, value in row[1:] if not asked.isdisjoint(_terms(index, name))}
        for row in (fields, others)
    ]
    shared = [name for name in values[0] if name in values[1]]
    return "; ".join(values[0][name] for name in shared), "; ".join(values[1][name] for name in shared)


def _values_beside_sentence(index: Index, question: str, row: Hit, sentence: Hit, kind: int) -> tuple[str, str] | None:
    """Return what a row gives for a question, and a sentence about the same thing; None if it is about another one.

    What the row is about is in the cells with words of the question: all of their other words have to be in the
    question or in the sentence. A sentence that announces a change need not repeat what is asked for.
    """
    fields, asked = _fields(index, row), _terms(index, question)
    text = index.text(sentence.row)
    said = _terms(index, f"{context_before(index, sentence.row)} {text}")
    names = _terms(index, " ".join(name for name, _ in fields))
    about = [(name, value) for name, value in fields if not (_subject(index, value) - names).isdisjoint(asked)]
    subject = frozenset(term for _, value in about for term in _subject(index, value))
    in_row = asked & _terms(index, readable_text(index, row.row))
    if not about or not subject <= asked | said | names or not (asked & subject) - names <= said:
        return None
    if not asked & said <= in_row or not (in_row <= said or announces_change(text)):
        return None
    values = _asked_values(index, [field for field in fields if field not in about], asked, kind)
    if not values_in(values, kind) and kind == DATE:
        values = "; ".join(value for _, value in about)
    return values, text


def _asked_values(index: Index, fields: Fields, asked: frozenset[str], kind: int) -> str:
    """Join the values in the columns that a question names, or, if it asks for a date, in those called that."""
    named = [value for name, value in fields if not asked.isdisjoint(_terms(index, name))]
    if kind == DATE and not values_in("; ".join(named), DATE):
        named = [value for name, value in fields if not DATE_COLUMNS.isdisjoint(_terms(index, name))]
    return "; ".join(named)


def _subject(index: Index, value: str) -> frozenset[str]:
    """Return the terms of a cell without those of its dates and times."""
    return _terms(index, CLOCK.sub(" ", without_dates(value)))


def _covered_terms(index: Index, question: str, hit: Hit) -> frozenset[str]:
    """Find the terms of a question that occur in a hit's sentence or in the context before it."""
    return _terms(index, question) & _terms(index, f"{context_before(index, hit.row)} {index.text(hit.row)}")


def _terms(index: Index, text: str) -> frozenset[str]:
    """Return the terms of a text; words for the same are the same term."""
    return frozenset(SAME_TERMS.get(term, term) for term in split_terms(text, index.language))
