"""Read the glossary of a folder: its glossary.toml, which says which words mean the same in its documents.

Each entry is a form and the other forms of the same thing: D2B = "Driver to Buy", or "log in" = ["sign in", "sign on"].
Names come in and groups of equal forms go out; finding them in a question is left to `retrieval.text.equal_forms`.
"""

from pathlib import Path

from retrieval.errors import SeedsError
from retrieval.reading.folder import GLOSSARY_FILE, read_bytes
from retrieval.text.equal_forms import form_words
from retrieval.types import Glossary

MAX_GLOSSARY_BYTES = 1_048_576
MAX_FORM_LENGTH = 100  # characters
MAX_FORMS = 12  # in a group
MAX_WORDS = 8  # in a form


def read_glossary(folder: Path) -> Glossary:
    """Read the glossary at the top of a folder of documents, () without one.

    Raises SeedsError, which names the file, the entry and what to do, if it cannot be read or is invalid.
    """
    path = folder / GLOSSARY_FILE
    try:
        content = read_bytes(path, MAX_GLOSSARY_BYTES)
    except FileNotFoundError:
        return ()
    except OSError as error:
        reason = "a symbolic link; links are not followed" if path.is_symlink() else error.strerror
        raise SeedsError(f"{path} cannot be read: {reason}") from None
    try:
        return parse_glossary(content)
    except ValueError as error:
        raise SeedsError(f"{path}: {error}") from None


def parse_glossary(content: bytes) -> Glossary:
    """Parse a glossary; groups are in the order of the file, and entries that share a form are one group.

    Raises ValueError, which says what is wrong and what to do.
    """
    import tomllib  # most folders have no glossary

    if len(content) > MAX_GLOSSARY_BYTES:
        raise ValueError(f"larger than {MAX_GLOSSARY_BYTES // 1_048_576} MB; remove entries")
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f'invalid TOML ({reason}); write each entry as SHORT = "long form"') from None
    groups: list[tuple[str, ...]] = []
    for name, value in table.items():
        forms = tuple(_checked(form, name) for form in (name, *_other_forms(name, value)))
        groups = _with_group(groups, forms)
    for group in groups:
        if len(group) > MAX_FORMS:
            raise ValueError(f"{group[0]!r} has more than {MAX_FORMS} forms; split the entry")
    return tuple(groups)


def _other_forms(name: str, value: object) -> list[object]:
    """Return the forms at the right of an entry. Raises ValueError unless they are one text or a list."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value:
        return value
    if isinstance(value, dict):
        raise ValueError(f"{name[:40]!r} is a table; write names with a dot or a space in quotes")
    raise ValueError(f'{name[:40]!r} is not a text or a list of texts; write {name[:40]} = "long form"')


def _checked(form: object, name: str) -> str:
    """Return a form on one line. Raises ValueError if it cannot be found in a question."""
    text = " ".join(form.split()) if isinstance(form, str) else ""
    words = form_words(text)
    if not words:
        raise ValueError(f"entry {name[:40]!r} has a form without a letter or digit; remove it")
    if len(words) > MAX_WORDS or len(text) > MAX_FORM_LENGTH:
        raise ValueError(f"entry {name[:40]!r} has a form of more than {MAX_WORDS} words; shorten it")
    return text


def _with_group(groups: list[tuple[str, ...]], forms: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Add a group, united with those that share a form with it, in the place of the first of them."""
    shared = [group for group in groups if _words_of(group) & _words_of(forms)]
    united: dict[tuple[str, ...], str] = {}
    for form in (form for group in [*shared, forms] for form in group):
        united.setdefault(form_words(form), form)
    group = tuple(united.values())
    if not shared:
        return [*groups, group] if len(group) > 1 else groups
    place = groups.index(shared[0])
    kept = [other for other in groups if other not in shared]
    return [*kept[:place], group, *kept[place:]]


def _words_of(group: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {form_words(form) for form in group}
