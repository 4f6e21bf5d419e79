"""Keep the notes of a book beside the words that they belong to: raised numbers in the text and before the notes."""

import itertools
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from retrieval.reading.formats.html_elements import is_reference, tag_of
from retrieval.reading.formats.notes import can_be_marked, mark_of, says_something

NOTE_BLOCKS = frozenset(("aside", "li", "p", "div", "dd", "section", "td"))
BACK_LINK_END = ".):] \t\n\r\u00a0"  # what may follow the number that links a note back to the text
Chapter = tuple[str, Any]  # path in the book, and body


def link_notes(chapters: Sequence[Chapter]) -> None:
    """Change chapters: write the mark of each note that says something behind the word that refers to it.

    Notes are counted through the book, since the numbers of chapters repeat.
    """
    places = {
        (path, element.get("id")): element
        for path, body in chapters
        for element in body.iter("{*}*")
        if element.get("id")
    }
    marks: dict[Any, str] = {}  # by note
    numbers = itertools.count(1)
    for path, reference in [(path, found) for path, body in chapters for found in _references(body)]:
        note = _note_of(places.get(_target(path, reference)))
        if note is None or any(ancestor in marks for ancestor in reference.iterancestors()):
            continue  # the link from a note back to the text, or a link elsewhere
        if note not in marks:
            marks[note] = mark_of(next(numbers)) if says_something(_text_of_note(note)) else ""
        if marks[note]:
            _replace(reference, marks[note])
    for note, mark in marks.items():
        if mark:
            _begin_with(note, mark)


def _references(body: Any) -> Iterator[Any]:
    """Yield the outermost elements that are the number of a note or link back from it."""
    inside: set[Any] = set()
    for element in body.iter("{*}a", "{*}sup"):
        if element not in inside and is_reference(element, tag_of(element)):
            inside.update(element.iterdescendants())
            yield element


def _target(path: str, reference: Any) -> tuple[str, str]:
    """Return the chapter and the id that a reference links to."""
    links = (link.get("href") for link in reference.iter("{*}a"))
    file, _, anchor = next(filter(None, links), "").partition("#")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(file))) if file else path, anchor


def _note_of(element: Any) -> Any:
    """Return the paragraph or item with an id, or around an anchor with it."""
    while element is not None and tag_of(element) not in NOTE_BLOCKS:
        element = element.getparent()
    return element


def _text_of_note(note: Any) -> str:
    """Return the text of a note without its number and the link back to the text."""
    return "".join(_texts(note)).lstrip(BACK_LINK_END)


def _texts(element: Any) -> Iterator[str]:
    if isinstance(element.tag, str) and not is_reference(element, tag_of(element)):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _replace(reference: Any, mark: str) -> None:
    """Put a mark in the place of a reference, unless it would not be read as one there."""
    parent, before = reference.getparent(), reference.getprevious()
    text = (parent.text if before is None else before.tail or "".join(before.itertext())) or ""
    if not can_be_marked(text):
        return
    if before is None:
        parent.text = f"{text}{mark}{reference.tail or ''}"
    else:
        before.tail = f"{before.tail or ''}{mark}{reference.tail or ''}"
    parent.remove(reference)


def _is_number_link(element: Any) -> bool:
    """Tell whether an element is a link back to the text from the number of a note, as Asciidoctor writes it."""
    return tag_of(element) == "a" and "#" in (element.get("href") or "") and (element.text or "").strip().isdecimal()


def _begin_with(note: Any, mark: str) -> None:
    """Write a mark before the first words of a note, in the place of the number that links back."""
    for element in note.iter("{*}*"):
        if is_reference(element, tag_of(element)) or _is_number_link(element):
            element.text = None if len(element) == 0 else element.text
            element.tail = f"{mark} {(element.tail or '').lstrip(BACK_LINK_END)}"
            return
        if element.text and element.text.strip():
            element.text = f"{mark} {element.text.lstrip()}"
            return
