"""Say in words which values a setting takes, for the errors about others."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import inspect


def expected_values(settings: type[msgspec.Struct], key: str) -> str:
    """Format what a setting takes: 'one of "all" and "auto", or a list of texts'. `key` is such as "discord.api"."""
    kind: Any = inspect.type_info(settings)
    for name in key.split("."):
        kind = next(field.type for field in kind.fields if field.name == name)
    return _format(kind)


def _format(kind: Any) -> str:
    match kind:
        case inspect.UnionType(types=types):
            return ", or ".join(_format(member) for member in sorted(types, key=_is_general))
        case inspect.LiteralType(values=values):
            return f"one of {_listed(values)}" if len(values) > 1 else _quoted(values[0])
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            number = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            return number if least is None or most is None else f"{number} from {least:,} to {most:,}"
        case inspect.StrType(pattern=str(pattern)):
            return f"text that matches {pattern}"
        case inspect.StrType(min_length=shortest):
            return "text that is not empty" if shortest else "text"
        case inspect.ListType(item_type=item):
            return f"a list of {_plural(item)}"
        case inspect.DictType(value_type=value):
            return f"a table with {_format(value)} for each key"
    return "a table of settings"


def _plural(kind: Any) -> str:
    if not isinstance(kind, inspect.StrType):
        return f"values, each {_format(kind)}"
    return f"texts that match {kind.pattern}" if kind.pattern else "texts"


def _is_general(kind: Any) -> bool:
    return not isinstance(kind, inspect.LiteralType)


def _quoted(value: object) -> str:
    return f'"{value}"'


def _listed(values: Sequence[object]) -> str:
    names = [_quoted(value) for value in values]
    return f"{', '.join(names[:-1])} and {names[-1]}"
