"""A server with the bot in it, simulated inside the process, and what the bot sent to Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from simcord import ChannelHandle, Env, GuildHandle, InteractionResult, MemberActor, ResponseMessage

from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.handlers.respond import GoneError
from bot.discord_bot.storage.records import ServerSettings
from tests.support.real_services import client, open_services

MEETING = "When did the defence ministers of Japan and South Korea meet in Singapore?"
MEETING_ID = "67jve3emeh"
MEETING_QUOTE = (
    "Yasukazu Hamada, Japan's defence minister, met his South Korean counterpart Lee Jong Sup in Singapore on Sunday, "
    "4 June 2023."
)
MEETING_TITLE = "Japanese and South Korean defence ministers meet in Singapore"
DIALOGUE = "When did the security dialogue first meet?"
DIALOGUE_ID = "hnil3bpovo"
UNANSWERABLE = "Who won the football World Cup?"


@dataclass
class World:
    """One server with a channel, a member and a moderator who may manage it."""

    env: Env
    services: Services
    guild: GuildHandle
    channel: ChannelHandle
    alice: MemberActor
    moderator: MemberActor
    pinged: set[str] = field(default_factory=set)  # roles that the test lets the bot ping
    expected: tuple[type[Exception], ...] = (GoneError,)  # errors that the bot may have to tell people

    @property
    def bot(self) -> FootnoteClient:
        """Return the client that runs."""
        assert isinstance(self.env.bot, FootnoteClient)
        return self.env.bot

    @property
    def id(self) -> int:
        """Return the bot's user id."""
        assert self.bot.user is not None
        return self.bot.user.id

    @property
    def me(self) -> str:
        """Return a mention of the bot."""
        return f"<@{self.id}>"

    async def configure(self, **changed: Any) -> None:
        """Give the server these settings."""
        await self.services.database.save(self.guild.id, ServerSettings(**changed))

    async def ask(self, question: str, **options: Any) -> InteractionResult:
        """Let alice use /ask."""
        return await self.alice.slash(self.channel, "ask", question=question, **options)

    async def say(self, text: str, channel: ChannelHandle | None = None, **options: Any) -> discord.Message | None:
        """Let alice write a message, and return what the bot answered, None for silence."""
        place = channel or self.channel
        before = len(place.history())
        await self.alice.send(place, text, **options)
        said = [message for message in place.history()[before:] if message.author.id == self.id]
        assert len(said) <= 1
        return said[0] if said else None

    async def direct(self, text: str) -> discord.Message | None:
        """Let alice write to the bot directly, and return what it answered."""
        await self.alice.send_dm(text)
        last = self.alice.user.dm_channel.last_message
        return last if last is not None and last.author.id != self.alice.id else None

    def requests(self, method: str = "", part: str = "") -> list[Any]:
        """Return what the bot sent by a method to paths that hold some text: the bodies, in order."""
        return [one.json for one in self.env.http_requests if method in one.method and part in one.path]

    def sent(self) -> list[dict[str, Any]]:
        """Return the messages and edits that the bot sent, in order."""
        bodies = [body.get("data", body) for body in self.requests() if isinstance(body, dict)]
        return [body for body in bodies if "content" in body or "embeds" in body]

    def check_mentions(self) -> None:
        """Fail where the bot let a message ping anybody but the roles that the test names."""
        for body in self.sent():
            allowed = dict(body["allowed_mentions"])
            assert set(map(str, allowed.pop("roles", []))) <= self.pinged
            assert not allowed.pop("replied_user", False)
            assert allowed == {"parse": []}


def reply(result: InteractionResult) -> ResponseMessage:
    """Return the answer to an interaction."""
    assert result.response is not None
    return result.response


def embeds(shown: ResponseMessage | discord.Message | None) -> list[dict[str, Any]]:
    """Return the embeds of a message in the form of Discord's API, without what is empty."""
    assert shown is not None
    made: list[Any] = [embed.to_dict() for embed in shown.embeds]
    return [{name: value for name, value in embed.items() if value and name not in ("flags", "type")} for embed in made]


def question_of(shown: ResponseMessage | discord.Message | None) -> str:
    """Return the line that says what was asked, "" where there is none."""
    found = embeds(shown)
    return str(found[0].get("author", {}).get("name", "")) if found else ""


def buttons(shown: ResponseMessage | discord.Message | None) -> list[tuple[str, str]]:
    """Return label and custom_id, or address, of each button of a message."""
    assert shown is not None
    rows: list[Any] = [row if isinstance(row, dict) else row.to_dict() for row in shown.components]
    every: list[Any] = [item for row in rows for item in row["components"]]
    return [(one["label"], one.get("custom_id") or one["url"]) for one in every if "label" in one]


@asynccontextmanager
async def open_world(settings: Any, folder: Path, **options: Any) -> AsyncIterator[World]:
    """Yield a server with the bot in it; nothing that it sent may have pinged anybody."""
    async with open_services(settings, folder, **options) as services:
        # Not simcord.run, whose clock cannot be set in a fixture. A rebuild, and a busy machine, take their time.
        env = Env(client(services), settle_timeout=60.0)
        await env.start()
        try:
            guild = env.create_guild()
            managing = guild.create_role("moderators", permissions=discord.Permissions(manage_guild=True))
            world = World(
                env,
                services,
                guild,
                guild.create_text_channel("general"),
                guild.add_member(env.create_user("alice")),
                guild.add_member(env.create_user("mod"), roles=[managing]),
            )
            yield world
            world.check_mentions()
        finally:
            await env.shutdown()
        assert [one for one in env.errors if not isinstance(getattr(one, "original", one), world.expected)] == []
