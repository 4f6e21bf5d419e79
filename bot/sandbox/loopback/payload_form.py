"""Checks that all forms share: types, lengths in UTF-16 units, known fields."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from bot.sandbox.loopback.refusals import Problems
from bot.sandbox.loopback.world_records import Json

Path = tuple[str | int, ...]


def units(text: str) -> int:
    """Count the UTF-16 units of a text, in which Discord measures lengths."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Form:
    """A JSON object to check; its mistakes are added to `problems` under `path`."""

    def __init__(self, data: object, problems: Problems, path: Path = ()) -> None:
        self.path, self.problems = path, problems
        if not isinstance(data, dict):
            self.wrong((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        self.data: Json = data if isinstance(data, dict) else {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        """Add a mistake."""
        self.problems.add(self.path + path, code, message)

    def known(self, fields: Container[str]) -> None:
        """Check that every field is one of `fields`."""
        for name in self.data:
            if name not in fields:
                self.wrong((name,), "UNKNOWN_FIELD", f"The field {name!r} is unknown here.")

    def text(self, name: str, longest: int, *, shortest: int = 0, required: bool = False) -> str | None:
        """Return a field that must be a text of `shortest` to `longest` units; None if absent or wrong."""
        value = self.data.get(name)
        if value is None:
            if required:
                self.wrong((name,), "BASE_TYPE_REQUIRED", "This field is required")
            return None
        if not isinstance(value, str):
            self.wrong((name,), "STRING_TYPE_CONVERT", "Could not interpret as string.")
            return None
        if any("\ud800" <= character <= "\udfff" for character in value):
            self.wrong((name,), "STRING_TYPE_CONVERT", "Not valid Unicode.")
            return None
        length = units(value)
        if length > longest:
            self.wrong((name,), "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        elif length < shortest:
            self.wrong((name,), "BASE_TYPE_MIN_LENGTH", f"Must be {shortest} or more in length.")
        return value

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """Return a field that must be an integer from `lowest` to `highest`; None if absent or wrong."""
        value = self.data.get(name)
        if value is None:
            return None
        if type(value) is not int:
            self.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif not lowest <= value <= highest:
            self.wrong((name,), "NUMBER_TYPE_MAX", f"int value should be between {lowest} and {highest}.")
        else:
            return value
        return None

    def truth(self, name: str) -> bool:
        """Return a field that must be true or false; absent is false."""
        value = self.data.get(name)
        if value not in (None, True, False) or (isinstance(value, int | float) and not isinstance(value, bool)):
            self.wrong((name,), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        return value is True

    def snowflake(self, name: str) -> int | None:
        """Return a field that must be an id; None if absent or wrong."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
            self.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            return None
        return int(value)

    def items(self, name: str, longest: int, *, shortest: int = 0) -> list[Any]:
        """Return a field that must be a list of `shortest` to `longest` items; empty if absent or wrong."""
        value = self.data.get(name)
        if value is None:
            value = []
        if not isinstance(value, list):
            self.wrong((name,), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not shortest <= len(value) <= longest:
            self.wrong((name,), "BASE_TYPE_BAD_LENGTH", f"Must be between {shortest} and {longest} in length.")
        return value

    def link(self, name: str, longest: int = 2048, *, required: bool = False) -> None:
        """Check a field that must be a web address or the address of an attachment."""
        value = self.text(name, longest, required=required)
        if value is not None and not value.startswith(("http://", "https://", "attachment://", "discord://")):
            self.wrong((name,), "URL_TYPE_INVALID_URL", "Not a well formed URL.")

    def inner(self, name: str) -> Form | None:
        """Return the object in a field; None if absent."""
        if self.data.get(name) is None:
            return None
        return Form(self.data[name], self.problems, (*self.path, name))

    def each(self, name: str, longest: int, *, shortest: int = 0) -> list[Form]:
        """Return the objects of the list in a field."""
        values = self.items(name, longest, shortest=shortest)
        return [Form(value, self.problems, (*self.path, name, index)) for index, value in enumerate(values)]


def check_choices(form: Form) -> None:
    """Check the choices of an option or of an autocompletion."""
    for choice in form.each("choices", 25):
        choice.known({"name", "name_localizations", "value"})
        choice.text("name", 100, shortest=1, required=True)
        if isinstance(choice.data.get("value"), str):
            choice.text("value", 100, shortest=1)
        elif not isinstance(choice.data.get("value"), int | float):
            choice.wrong(("value",), "BASE_TYPE_REQUIRED", "This field is required")
