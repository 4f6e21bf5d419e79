"""The responses of a bot to an interaction: one callback within 3 s, then edits and follow-ups for 15 minutes."""

from __future__ import annotations

from bot.sandbox.loopback import api_payloads, message_posting
from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.message_posting import Upload
from bot.sandbox.loopback.payload_checks import EDIT, WEBHOOK, check_callback, check_message
from bot.sandbox.loopback.refusals import already_acknowledged, empty_message, invalid_token, unknown
from bot.sandbox.loopback.world_records import EPHEMERAL, LOADING, Interaction, Json, Message

CALLBACK_LIMIT_S = 3.0
TOKEN_LIFETIME_S = 15 * 60.0
_STEPS = {  # names of steps, by the type of the callback
    4: "response",
    5: "defer",
    6: "defer update",
    7: "update",
    8: "choices",
    9: "modal",
}


def find(world: World, token: str) -> Interaction:
    """Find the interaction of a token that is valid for edits and follow-ups. Raises RefusedError."""
    interaction = world.tokens.get(token)
    if interaction is None:
        raise unknown("Webhook")
    if world.clock.now() - interaction.created > TOKEN_LIFETIME_S:
        raise invalid_token()
    if interaction.acknowledged is None:
        raise unknown("Webhook")
    return interaction


def respond(world: World, id_: int, token: str, payload: Json, files: list[Upload]) -> Json:
    """Apply the callback of an interaction. Returns the body for `with_response`. Raises RefusedError."""
    interaction = world.interactions.get(id_)
    if interaction is None or interaction.token != token:
        raise unknown("interaction")
    if interaction.acknowledged is not None:
        raise already_acknowledged()
    now = world.clock.now()
    if now - interaction.created > CALLBACK_LIMIT_S:
        raise unknown("interaction")
    check_callback(payload, interaction.type, from_component=interaction.message is not None, files=len(files))
    kind, data = payload["type"], payload.get("data") or {}
    message = _apply(world, interaction, kind, data, files)
    interaction.acknowledged, interaction.callback_type = now, kind
    world.note("callback", interaction=str(id_), type=kind, seconds=now - interaction.created)
    interaction.step(now, _STEPS[kind], message)
    return _summary(world, interaction, kind)


def _apply(world: World, interaction: Interaction, kind: int, data: Json, files: list[Upload]) -> Message | None:
    if kind in (4, 5):
        message = message_posting.compose(world, interaction.channel, data, files)
        message_posting.of_interaction(message, interaction, ephemeral=bool(message.flags & EPHEMERAL))
        message.flags |= LOADING if kind == 5 else 0
        interaction.loading = kind == 5
        interaction.original = world.post(message)
    elif kind == 7:
        interaction.original = interaction.message
        if interaction.message is not None and data:
            message_posting.apply_edit(world, interaction.message, data, files)
    elif kind == 6:
        interaction.original = interaction.message
    elif kind == 8:
        interaction.choices = data["choices"]
    else:
        interaction.modal = data
    return interaction.original


def _summary(world: World, interaction: Interaction, kind: int) -> Json:
    summary: Json = {"id": str(interaction.id), "type": interaction.type}
    resource: Json = {"type": kind}
    original = interaction.original
    if original is not None:
        summary |= {"response_message_id": str(original.id), "response_message_loading": interaction.loading}
        summary["response_message_ephemeral"] = bool(original.flags & EPHEMERAL)
        if kind in (4, 5, 7):
            resource["message"] = api_payloads.message(original, world)
    return {"interaction": summary, "resource": resource}


def message_of(interaction: Interaction, which: str) -> Message:
    """Find the original response ("@original") or a follow-up by its id. Raises RefusedError."""
    original = [interaction.original] if interaction.original else []
    for message in [*original, *interaction.follow_ups]:
        matches = message is interaction.original if which == "@original" else str(message.id) == which
        if matches and message.deleted is None:
            return message
    raise unknown("Message")


def edit(world: World, token: str, which: str, payload: Json, files: list[Upload]) -> Message:
    """Edit the original response or a follow-up. Raises RefusedError."""
    interaction = find(world, token)
    message = message_of(interaction, which)
    if message.author is not world.bot:
        raise unknown("Message")
    check_message(payload, EDIT, files=len(files), editing=True)
    _change(world, interaction, message, payload, files, "edit")
    return message


def _change(
    world: World, interaction: Interaction, message: Message, payload: Json, files: list[Upload], step: str
) -> None:
    fills = interaction.loading and message is interaction.original
    if fills:
        interaction.loading, message.flags = False, message.flags & ~LOADING
    try:
        message_posting.apply_edit(world, message, payload, files)
    except Exception:
        if fills:
            interaction.loading, message.flags = True, message.flags | LOADING
        raise
    message.pings = [] if message.visible_to else message_posting.pings(message) if fills else message.pings
    interaction.step(world.clock.now(), step, message)


def follow_up(world: World, token: str, payload: Json, files: list[Upload]) -> Message:
    """Post a follow-up; the first one after a deferral replaces the text "thinking". Raises RefusedError."""
    interaction = find(world, token)
    check_message(payload, WEBHOOK, files=len(files))
    if interaction.loading and interaction.original is not None:
        if not any(payload.get(name) for name in ("content", "embeds", "components")) and not files:
            raise empty_message()
        edit_payload = {name: value for name, value in payload.items() if name != "flags"}
        _change(world, interaction, interaction.original, edit_payload, files, "follow-up")
        return interaction.original
    message = message_posting.compose(world, interaction.channel, payload, files)
    message_posting.of_interaction(message, interaction, ephemeral=bool(message.flags & EPHEMERAL))
    interaction.follow_ups.append(message)
    world.post(message)
    interaction.step(world.clock.now(), "follow-up", message)
    return message


def delete(world: World, token: str, which: str) -> None:
    """Delete the original response or a follow-up. Raises RefusedError."""
    interaction = find(world, token)
    message = message_of(interaction, which)
    world.delete(message)
    interaction.loading = interaction.loading and message is not interaction.original
    interaction.step(world.clock.now(), "delete", message)
