"""Check messages, embeds, responses to interactions and modals as Discord does."""

from __future__ import annotations

from bot.sandbox.loopback.component_checks import check_components, check_modal
from bot.sandbox.loopback.payload_form import Form, check_choices, units
from bot.sandbox.loopback.refusals import Problems, empty_message
from bot.sandbox.loopback.world_records import COMPONENTS_V2, EPHEMERAL, Json

_BODY = {"content", "embeds", "components", "attachments", "allowed_mentions", "flags", "tts", "poll"}
CREATE = _BODY | {"nonce", "enforce_nonce", "message_reference", "sticker_ids"}
EDIT = _BODY
WEBHOOK = _BODY | {"username", "avatar_url", "thread_name", "applied_tags"}
_VISIBLE = ("embeds", "components", "sticker_ids", "poll")
_SUPPRESS = 1 << 2 | 1 << 12
_EMBED = {
    "title", "type", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "video", "provider",
    "author", "fields", "flags",
}  # fmt: skip
_CALLBACK_TYPES = {  # by the type of the interaction
    2: (4, 5, 9),
    3: (4, 5, 6, 7, 9),
    4: (8,),
    5: (4, 5, 6, 7),
}


def check_message(data: Json, fields: set[str], *, files: int = 0, editing: bool = False) -> None:
    """Raise RefusedError if a message exceeds a limit, has an unknown field, or is empty."""
    problems = Problems()
    form = Form(data, problems)
    _check_body(form, fields)
    if "nonce" in fields:
        _check_nonce(form)
        _check_reference(form)
    problems.refuse()
    if not editing and not files and not _has_content(data):
        raise empty_message()


def _has_content(data: Json) -> bool:
    """Return whether a message has anything to show."""
    return bool((data.get("content") or "").strip() or any(data.get(name) for name in _VISIBLE))


def _check_body(form: Form, fields: set[str]) -> None:
    form.known(fields)
    form.text("content", 2000)
    form.truth("tts")
    flags = form.number("flags", 0, (1 << 32) - 1) or 0
    if flags & ~(_SUPPRESS | COMPONENTS_V2 | EPHEMERAL):
        form.wrong(("flags",), "BITFIELD_INVALID_FLAG", "These flags cannot be set.")
    modern = bool(flags & COMPONENTS_V2)
    if modern and (form.data.get("content") or form.data.get("embeds")):
        code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
        form.wrong(("content",), code, "Content and embeds exclude such components.")
    total = sum(_check_embed(embed) for embed in form.each("embeds", 10))
    if total > 6000:
        form.wrong(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    check_components(form, modern=modern)
    _check_mentions(form.inner("allowed_mentions"))
    for attachment in form.each("attachments", 10):
        attachment.known({"id", "filename", "description", "title", "duration_secs", "waveform", "is_spoiler"})
        attachment.text("description", 1024)
        attachment.snowflake("id")


def _check_embed(embed: Form) -> int:
    """Check an embed. Returns how many of the 6,000 units it takes."""
    embed.known(_EMBED)
    parts = [embed.text("title", 256), embed.text("description", 4096)]
    embed.link("url")
    embed.number("color", 0, 0xFFFFFF)
    embed.text("timestamp", 64)
    for name, key, longest in (("footer", "text", 2048), ("author", "name", 256)):
        part = embed.inner(name)
        if part is not None:
            part.known({key, "url", "icon_url", "proxy_icon_url"} - ({"url"} if name == "footer" else set()))
            parts.append(part.text(key, longest, required=name == "author"))
            part.link("url")
            part.link("icon_url")
    for field in embed.each("fields", 25):
        field.known({"name", "value", "inline"})
        parts += [field.text("name", 256, shortest=1, required=True)]
        parts += [field.text("value", 1024, shortest=1, required=True)]
        field.truth("inline")
    for name in ("image", "thumbnail"):
        picture = embed.inner(name)
        if picture is not None:
            picture.known({"url", "proxy_url", "height", "width", "flags"})
            picture.link("url", required=True)
    if not any(embed.data.get(name) for name in _EMBED - {"type", "color", "flags", "url", "timestamp"}):
        embed.wrong(("description",), "BASE_TYPE_REQUIRED", "This field is required")
    return sum(units(part) for part in parts if part)


def _check_mentions(form: Form | None) -> None:
    if form is None:
        return
    form.known({"parse", "users", "roles", "replied_user"})
    form.truth("replied_user")
    parse = form.items("parse", 3)
    if not set(map(str, parse)) <= {"users", "roles", "everyone"}:
        form.wrong(("parse",), "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone').")
    for name in ("users", "roles"):
        if form.items(name, 100) and name in parse:
            form.wrong((), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", f"parse:{name} and {name}: exclude each other.")


def _check_nonce(form: Form) -> None:
    nonce = form.data.get("nonce")
    if nonce is not None and (isinstance(nonce, bool) or not isinstance(nonce, str | int) or units(str(nonce)) > 25):
        form.wrong(("nonce",), "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
    if form.truth("enforce_nonce") and nonce is None:
        form.wrong(("nonce",), "BASE_TYPE_REQUIRED", "This field is required")


def _check_reference(form: Form) -> None:
    reference = form.inner("message_reference")
    if reference is not None:
        reference.known({"type", "message_id", "channel_id", "guild_id", "fail_if_not_exists"})
        if reference.snowflake("message_id") is None:
            reference.wrong(("message_id",), "BASE_TYPE_REQUIRED", "This field is required")
        reference.truth("fail_if_not_exists")
        reference.number("type", 0, 0)


def check_callback(payload: Json, interaction_type: int, *, from_component: bool, files: int = 0) -> None:
    """Raise RefusedError if a response does not suit its interaction, or exceeds a limit."""
    problems = Problems()
    form = Form(payload, problems)
    form.known({"type", "data"})
    allowed = _CALLBACK_TYPES[interaction_type] if interaction_type != 5 or from_component else (4, 5)
    kind = payload.get("type")
    if type(kind) is not int or kind not in allowed:
        form.wrong(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    problems.refuse()
    data = form.inner("data")
    inner = data or Form({}, problems, ("data",))
    if kind in (4, 7):
        _check_body(inner, _BODY)
    elif kind in (5, 6):
        inner.known({"flags"})
        if (inner.number("flags", 0, (1 << 32) - 1) or 0) & ~(EPHEMERAL | COMPONENTS_V2):
            inner.wrong(("flags",), "BITFIELD_INVALID_FLAG", "These flags cannot be set.")
    elif kind == 8:
        _check_choices(inner)
    else:
        check_modal(inner)
    problems.refuse()
    if kind == 4 and not files and not _has_content(inner.data):
        raise empty_message()


def _check_choices(form: Form) -> None:
    form.known({"choices"})
    if "choices" not in form.data:
        form.wrong(("choices",), "BASE_TYPE_REQUIRED", "This field is required")
    check_choices(form)
