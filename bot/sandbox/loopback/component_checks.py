"""Check buttons, selects, layouts and modals as Discord does."""

from __future__ import annotations

from bot.sandbox.loopback.payload_form import Form, units

_BUTTON = {"type", "id", "style", "label", "emoji", "custom_id", "url", "sku_id", "disabled"}
_SELECT = {
    "type", "id", "custom_id", "placeholder", "min_values", "max_values", "disabled", "options", "channel_types",
    "default_values", "required",
}  # fmt: skip
_INPUT = {
    "type", "id", "custom_id", "style", "label", "placeholder", "value", "required", "min_length", "max_length",
}  # fmt: skip
_LAYOUT = {
    9: {"type", "id", "components", "accessory"}, 10: {"type", "id", "content"},
    11: {"type", "id", "media", "description", "spoiler"}, 12: {"type", "id", "items"},
    13: {"type", "id", "file", "spoiler"}, 14: {"type", "id", "divider", "spacing"},
    17: {"type", "id", "components", "accent_color", "spoiler"},
}  # fmt: skip
_SELECTS = (3, 5, 6, 7, 8)
_MAX_COMPONENTS = 40


def check_components(form: Form, *, modern: bool) -> None:
    """Check the components of a message: action rows, and also layouts if `modern`."""
    seen: set[str] = set()
    tops = form.each("components", _MAX_COMPONENTS if modern else 5)
    for top in tops:
        if top.data.get("type") == 1:
            _check_row(top, seen)
        elif modern and top.data.get("type") in _LAYOUT:
            _check_layout(top, seen)
        else:
            top.wrong(("type",), "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
    if modern:
        count, length = _measure(form.data.get("components"))
        if count > _MAX_COMPONENTS:
            form.wrong(
                ("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"At most {_MAX_COMPONENTS} components."
            )
        if length > 4000:
            form.wrong(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "At most 4000 characters.")


def _measure(value: object) -> tuple[int, int]:
    """Count the components, at every depth, and the UTF-16 units of their texts."""
    if isinstance(value, list):
        sizes = [_measure(item) for item in value]
        return sum(count for count, _ in sizes), sum(length for _, length in sizes)
    if not isinstance(value, dict):
        return 0, 0
    inner = [_measure(value.get(key)) for key in ("components", "accessory")]
    text = value.get("content")
    own = units(text) if isinstance(text, str) else 0
    return 1 + sum(count for count, _ in inner), own + sum(length for _, length in inner)


def _check_layout(part: Form, seen: set[str]) -> None:
    kind = part.data["type"]
    part.known(_LAYOUT[kind])
    if kind == 10:
        part.text("content", 4000, shortest=1, required=True)
    elif kind in (9, 17):
        for child in part.each("components", 3 if kind == 9 else _MAX_COMPONENTS, shortest=1):
            if child.data.get("type") == 1 and kind == 17:
                _check_row(child, seen)
            elif child.data.get("type") == 10 or (kind == 17 and child.data.get("type") in _LAYOUT):
                _check_layout(child, seen)
            else:
                child.wrong(("type",), "UNION_TYPE_CHOICES", "This component is not allowed here.")
        accessory = part.inner("accessory")
        if accessory is not None and accessory.data.get("type") == 2:
            _check_button(accessory, seen)


def _check_row(row: Form, seen: set[str]) -> None:
    row.known({"type", "id", "components"})
    children = row.each("components", 5, shortest=1)
    for child in children:
        kind = child.data.get("type")
        if kind == 2:
            _check_button(child, seen)
        elif kind in _SELECTS:
            _check_select(child, seen)
            if len(children) > 1:
                child.wrong((), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select must be alone in its row.")
        else:
            child.wrong(("type",), "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (2, 3, 5, 6, 7, 8).")


def _check_name(part: Form, seen: set[str]) -> None:
    name = part.text("custom_id", 100, shortest=1, required=True)
    if name in seen:
        part.wrong(("custom_id",), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    elif name:
        seen.add(name)


def _check_button(button: Form, seen: set[str]) -> None:
    button.known(_BUTTON)
    style = button.number("style", 1, 6)
    button.text("label", 80)
    button.truth("disabled")
    if style is None:
        button.wrong(("style",), "BASE_TYPE_REQUIRED", "This field is required")
    if style != 6 and not button.data.get("label") and not button.data.get("emoji"):
        button.wrong((), "BUTTON_COMPONENT_INVALID_CONTENT", "A button must have a label or an emoji.")
    if style == 5:
        button.link("url", 512, required=True)
        if button.data.get("custom_id") is not None:
            button.wrong((), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A link has no custom id.")
    elif style != 6:
        _check_name(button, seen)
        if button.data.get("url") is not None:
            button.wrong((), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "Only a link has a URL.")


def _check_select(select: Form, seen: set[str]) -> None:
    select.known(_SELECT)
    _check_name(select, seen)
    select.text("placeholder", 150)
    minimum, maximum = select.number("min_values", 0, 25), select.number("max_values", 1, 25)
    select.truth("disabled")
    if select.data.get("type") != 3:
        return
    options = select.each("options", 25, shortest=1)
    if max(minimum or 0, maximum or 1) > len(options):
        select.wrong(("max_values",), "BASE_TYPE_BAD_LENGTH", "More values than options.")
    values: set[str] = set()
    for option in options:
        option.known({"label", "value", "description", "emoji", "default"})
        option.text("label", 100, shortest=1, required=True)
        value = option.text("value", 100, shortest=1, required=True)
        option.text("description", 100)
        if value in values:
            option.wrong(
                ("value",), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used."
            )
        values.add(value or "")


def check_modal(form: Form) -> None:
    """Check the data of a response that opens a modal."""
    form.known({"custom_id", "title", "components"})
    form.text("custom_id", 100, shortest=1, required=True)
    form.text("title", 45, shortest=1, required=True)
    seen: set[str] = set()
    for row in form.each("components", 5, shortest=1):
        if row.data.get("type") == 1:
            row.known({"type", "id", "components"})
            for child in row.each("components", 1, shortest=1):
                _check_input(child, seen, labelled=False)
        elif row.data.get("type") == 18:
            row.known({"type", "id", "label", "description", "component"})
            row.text("label", 45, shortest=1, required=True)
            row.text("description", 100)
            _check_labelled(row.inner("component"), seen)
        elif row.data.get("type") == 10:
            _check_layout(row, seen)
        else:
            row.wrong(("type",), "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1, 10, 18).")


def _check_labelled(child: Form | None, seen: set[str]) -> None:
    if child is None:
        return
    if child.data.get("type") in _SELECTS:
        _check_select(child, seen)
    elif child.data.get("type") in (19, 21, 22, 23):
        _check_name(child, seen)
    else:
        _check_input(child, seen, labelled=True)


def _check_input(field: Form, seen: set[str], *, labelled: bool) -> None:
    if field.data.get("type") != 4:
        field.wrong(("type",), "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (4,).")
        return
    field.known(_INPUT)
    _check_name(field, seen)
    if not labelled:
        field.text("label", 45, shortest=1, required=True)
    if field.number("style", 1, 2) is None:
        field.wrong(("style",), "BASE_TYPE_REQUIRED", "This field is required")
    field.text("placeholder", 100)
    field.text("value", 4000)
    field.truth("required")
    field.number("min_length", 0, 4000)
    field.number("max_length", 1, 4000)
