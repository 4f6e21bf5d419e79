"""Check application commands as Discord does, and give them ids."""

from __future__ import annotations

from bot.sandbox.loopback.payload_form import Form, check_choices, units
from bot.sandbox.loopback.refusals import Problems
from bot.sandbox.loopback.world_records import Clock, Json

_COMMAND = {
    "id", "application_id", "version", "guild_id", "name", "name_localizations", "description",
    "description_localizations", "options", "default_member_permissions", "dm_permission", "default_permission",
    "integration_types", "contexts", "type", "nsfw", "handler",
}  # fmt: skip
_OPTION = {
    "type", "name", "name_localizations", "description", "description_localizations", "required", "choices", "options",
    "channel_types", "min_value", "max_value", "min_length", "max_length", "autocomplete",
}  # fmt: skip
_LOCALES = {
    "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
}  # fmt: skip
_MAX_COMMANDS = {1: 100, 2: 15, 3: 15}  # by type


def register(payload: object, application: int, guild: int | None, clock: Clock, before: list[Json]) -> list[Json]:
    """Check commands and return them as Discord stores them; a command keeps its id as long as its name and type.

    Raises RefusedError.
    """
    problems = Problems()
    if not isinstance(payload, list):
        problems.add((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        problems.refuse()
    assert isinstance(payload, list)  # noqa: S101 - else it was refused
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(payload):
        form = Form(command, problems, (index,))
        _check(form, seen)
    for kind, limit in _MAX_COMMANDS.items():
        if sum(type_ == kind for type_, _ in seen) > limit:
            problems.add((), "BASE_TYPE_MAX_LENGTH", f"At most {limit} commands of type {kind}.")
    problems.refuse()
    ids = {(old.get("type", 1), old["name"]): old["id"] for old in before}
    return [_stored(command, application, guild, clock, ids) for command in payload]


def _stored(command: Json, application: int, guild: int | None, clock: Clock, ids: dict[tuple[int, str], str]) -> Json:
    kind = command.get("type", 1)
    permissions = command.get("default_member_permissions")
    stored: Json = {"description": "", "options": [], "nsfw": False, "integration_types": [0]} | command
    stored |= {"id": ids.get((kind, command["name"]), str(clock.snowflake())), "type": kind}
    stored |= {"application_id": str(application), "version": str(clock.snowflake())}
    stored["default_member_permissions"] = None if permissions is None else str(permissions)
    return stored | {"guild_id": str(guild)} if guild else stored


def _check(form: Form, seen: set[tuple[int, str]]) -> None:
    form.known(_COMMAND)
    kind = form.data.get("type", 1)
    if kind not in (1, 2, 3):
        form.wrong(("type",), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
        return
    name = form.text("name", 32, shortest=1, required=True)
    if name is not None and (kind, name) in seen:
        form.wrong(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    seen.add((kind, name or ""))
    _check_translations(form, "name", 32, typed=kind == 1)
    form.truth("nsfw")
    if kind == 1:
        _check_name(form, name)
        form.text("description", 100, shortest=1, required=True)
        _check_translations(form, "description", 100)
        _check_options(form, depth=0)
        if _size(form.data) > 8000:
            form.wrong((), "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
    else:
        form.text("description", 0)
        if form.data.get("options"):
            form.wrong(("options",), "BASE_TYPE_BAD_LENGTH", "Context menu commands have no options.")


def _check_name(form: Form, name: str | None) -> None:
    if name is not None and (not all(map(_allowed_in_name, name)) or name != name.lower()):
        form.wrong(("name",), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_translations(form: Form, field: str, longest: int, *, typed: bool = False) -> None:
    """Check the translations of a name or description, by locale; those of `typed` names are names as well."""
    name = f"{field}_localizations"
    translations = Form(form.data.get(name) or {}, form.problems, (*form.path, name))
    translations.known(_LOCALES)
    for locale in translations.data:
        text = translations.text(locale, longest, shortest=1, required=True)
        if typed and text is not None and (not all(map(_allowed_in_name, text)) or text != text.lower()):
            translations.wrong((locale,), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _allowed_in_name(letter: str) -> bool:
    """Return whether a name may contain a character: letters, digits, - _ ' and the signs of Devanagari and Thai."""
    return letter.isalnum() or letter in "-_'" or "\u0900" <= letter <= "\u097f" or "\u0e00" <= letter <= "\u0e7f"


def _size(data: object) -> int:
    """Count the UTF-16 units of all names, descriptions and values of a command, in their longest translation."""
    if not isinstance(data, dict):
        return 0
    own = sum(_longest(data, key) for key in ("name", "description", "value") if isinstance(data.get(key), str))
    lists = [data[key] for key in ("options", "choices") if isinstance(data.get(key), list)]
    return own + sum(_size(item) for items in lists for item in items)


def _longest(data: Json, key: str) -> int:
    """Count the units of a text, or of its longest translation."""
    translations = data.get(f"{key}_localizations")
    texts = [data[key], *(translations.values() if isinstance(translations, dict) else ())]
    return max(units(text) for text in texts if isinstance(text, str))


def _check_options(form: Form, depth: int) -> None:
    names: set[str] = set()
    optional = False
    for option in form.each("options", 25):
        option.known(_OPTION)
        kind = option.data.get("type")
        if kind not in range(1, 12) or (kind == 1 and depth > 1) or (kind == 2 and depth > 0):
            option.wrong(("type",), "BASE_TYPE_CHOICES", "This type of option is not allowed here.")
            continue
        name = option.text("name", 32, shortest=1, required=True)
        _check_name(option, name)
        if name in names:
            option.wrong(("name",), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        names.add(name or "")
        option.text("description", 100, shortest=1, required=True)
        _check_translations(option, "name", 32, typed=True)
        _check_translations(option, "description", 100)
        if kind in (1, 2):
            _check_options(option, depth + 1)
            continue
        required = option.truth("required")
        if required and optional:
            option.wrong((), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must come first")
        optional = optional or not required
        _check_value(option)


def _check_value(option: Form) -> None:
    autocomplete = option.truth("autocomplete")
    if autocomplete and (option.data.get("choices") or option.data["type"] not in (3, 4, 10)):
        option.wrong(("autocomplete",), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "Autocomplete excludes choices.")
    option.number("min_length", 0, 6000)
    option.number("max_length", 1, 6000)
    check_choices(option)
