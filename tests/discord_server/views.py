"""Convert records to the JSON of the control API: Discord's own, and what only the server knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.loopback import api_payloads
from bot.sandbox.loopback.world_records import Channel, Event, Guild, Interaction, Json, Message, Question

if TYPE_CHECKING:
    from bot.sandbox.loopback.discord_world import World


def guild_view(guild: Guild) -> Json:
    roles = [
        {"id": str(role.id), "name": role.name, "permissions": str(role.permissions)} for role in guild.roles.values()
    ]
    members = [str(id_) for id_ in guild.members]
    channels = [channel_view(channel) for channel in guild.channels.values()]
    owner = str(guild.owner.id)
    return {"id": str(guild.id), "name": guild.name, "owner": owner, "roles": roles, "members": members} | {
        "channels": channels
    }


def channel_view(channel: Channel) -> Json:
    parent = str(channel.parent.id) if channel.parent else None
    return {"id": str(channel.id), "type": channel.type, "name": channel.name, "parent": parent}


def message_view(message: Message, world: World) -> Json:
    """Convert a message with its content, the only user who sees it, the pings, and the times of its life."""
    visible_to = str(message.visible_to.id) if message.visible_to else None
    more = {"visible_to": visible_to, "pings": message.pings, "at": message.at, "edits": message.edits}
    return api_payloads.message(message, world, with_content=True) | more | {"deleted": message.deleted}


def interaction_view(interaction: Interaction, world: World) -> Json:
    """Convert an interaction with every step of the bot, in seconds since the interaction was created."""
    steps = [
        {
            "seconds": step.at - interaction.created,
            "what": step.what,
            "message": str(step.message.id) if step.message else None,
        }
        for step in interaction.steps
    ]
    shown = [message_view(message, world) for message in interaction.shown]
    body: Json = {"id": str(interaction.id), "type": interaction.type, "created": interaction.created, "steps": steps}
    body |= {"callback_type": interaction.callback_type, "shown": shown, "modal": interaction.modal}
    return body | {"choices": interaction.choices, "settled": interaction.is_settled()}


def question_view(question: Question, world: World) -> Json:
    answers = [message_view(answer, world) for answer in question.answers]
    body: Json = {"id": str(question.message.id), "channel": str(question.message.channel.id)}
    return body | {"asked": question.message.at, "answers": answers}


def event_view(number: int, event: Event) -> Json:
    return {"number": number, "at": event.at, "kind": event.kind, "data": event.data}
