"""A Discord server with the bot in it, simulated in this process, and a record of what the bot sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from simcord import ChannelHandle, Env, GuildHandle, InteractionResult, MemberActor, ResponseMessage

from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.handlers.respond import ExpiredInteractionError
from bot.discord_bot.messages.button_ids import carried_answer
from bot.discord_bot.storage.records import ServerSettings
from tests.support.real_services import new_client, open_services

MEETING = "When did the defence ministers of Japan and South Korea meet in Singapore?"
MEETING_ID = "67jve3emeh"
MEETING_QUOTE = (
    "Yasukazu Hamada, Japan's defence minister, met his South Korean counterpart Lee Jong Sup in Singapore on Sunday, "
    "4 June 2023."
)
MEETING_PASSAGE = (  # as Discord shows it
    f"**What the two ministers agreed**\n**“{MEETING_QUOTE[:-1]}\\.”** They agreed to speed up talks on how to keep "
    "radar lock-ons between their forces from happening again. On the alleged lock-on of 2018, which has damaged trust "
    "between the two defence establishments, they did not come closer. Both promised to take defence cooperation "
    "further; repairing relations seemed to matter more to them, given the threat from North Korea's missile and "
    "nuclear development."
)
MEETING_FOOTER = (
    "From “Japanese and South Korean defence ministers meet in Singapore” · "
    "News report with a photograph by Kyodo · June 2023"
)
MEETING_TITLE = "Japanese and South Korean defence ministers meet in Singapore"
DIALOGUE = "When did the security dialogue first meet?"
DIALOGUE_ID = "hnil3bpovo"
UNANSWERABLE = "Who won the football World Cup?"


@dataclass
class SimulatedServer:
    """A server with one channel, the member alice, and a moderator who may manage the server."""

    env: Env
    services: Services
    guild: GuildHandle
    channel: ChannelHandle
    alice: MemberActor
    moderator: MemberActor
    pinged: set[str] = field(default_factory=set)  # ids of the roles that the test lets the bot ping
    expected: tuple[type[Exception], ...] = (ExpiredInteractionError,)  # errors that may reach discord.py

    @property
    def bot(self) -> FootnoteClient:
        """The running client."""
        assert isinstance(self.env.bot, FootnoteClient)
        return self.env.bot

    @property
    def id(self) -> int:
        """The user id of the bot."""
        assert self.bot.user is not None
        return self.bot.user.id

    @property
    def me(self) -> str:
        """A mention of the bot."""
        return f"<@{self.id}>"

    async def configure(self, **settings: Any) -> None:
        """Give the server these settings, and the defaults for all others."""
        await self.services.database.save(self.guild.id, ServerSettings(**settings))

    async def ask(self, question: str, **options: Any) -> InteractionResult:
        """Let alice use /ask."""
        return await self.alice.slash(self.channel, "ask", question=question, **options)

    async def say(self, text: str, channel: ChannelHandle | None = None, **options: Any) -> discord.Message | None:
        """Let alice write a message, and return the bot's answer, None if it is silent."""
        place = channel or self.channel
        before = len(place.history())
        await self.alice.send(place, text, **options)
        answers = [message for message in place.history()[before:] if message.author.id == self.id]
        assert len(answers) <= 1
        return answers[0] if answers else None

    async def direct(self, text: str) -> discord.Message | None:
        """Let alice write to the bot directly, and return its answer, None if it is silent."""
        await self.alice.send_dm(text)
        last = self.alice.user.dm_channel.last_message
        return last if last is not None and last.author.id != self.alice.id else None

    def requests(self, method: str = "", part: str = "") -> list[Any]:
        """Return the bodies of the bot's requests with a method, to paths that contain `part`, in order."""
        requests = self.env.http_requests
        return [request.json for request in requests if method in request.method and part in request.path]

    def sent(self) -> list[dict[str, Any]]:
        """Return the messages and edits that the bot sent, in order."""
        bodies = [body.get("data", body) for body in self.requests() if isinstance(body, dict)]
        return [body for body in bodies if "content" in body or "embeds" in body]

    def check_mentions(self) -> None:
        """Fail if a message may have pinged anybody but the roles in `pinged`."""
        for body in self.sent():
            allowed = dict(body["allowed_mentions"])
            assert set(map(str, allowed.pop("roles", []))) <= self.pinged
            assert not allowed.pop("replied_user", False)
            assert allowed == {"parse": []}


def reply(result: InteractionResult) -> ResponseMessage:
    """Return the response to an interaction."""
    assert result.response is not None
    return result.response


async def seen_by_asker(server: SimulatedServer, question: str, **options: Any) -> str:
    """Let alice use /ask publicly, and return the line that she alone sees, when nothing else is left to see."""
    result = await server.ask(question, **options)
    assert result.response is None
    (shown,) = result.followups
    assert (shown.ephemeral, embeds(shown)) == (True, [])
    return str(shown.content)


def embeds(shown: ResponseMessage | discord.Message | None) -> list[dict[str, Any]]:
    """Return the embeds of a message in the form of Discord's API, without empty values."""
    assert shown is not None
    dicts: list[Any] = [embed.to_dict() for embed in shown.embeds]
    return [
        {name: value for name, value in embed.items() if value and name not in ("flags", "type")} for embed in dicts
    ]


def question_of(shown: ResponseMessage | discord.Message | None) -> str:
    """Return the line of an answer that repeats the question, "" if there is none."""
    shown_embeds = embeds(shown)
    return str(shown_embeds[0].get("author", {}).get("name", "")) if shown_embeds else ""


def buttons(shown: ResponseMessage | discord.Message | None) -> list[tuple[str, str]]:
    """Return the label and the custom_id or address of each button of a message."""
    assert shown is not None
    rows: list[Any] = [row if isinstance(row, dict) else row.to_dict() for row in shown.components]
    items: list[Any] = [item for row in rows for item in row["components"]]
    return [(item["label"], item.get("custom_id") or item["url"]) for item in items if "label" in item]


def quoted(shown: ResponseMessage | discord.Message | None) -> list[str]:
    """Return the citation ids of the quotes in a message, which its last button carries."""
    carried = [address.removeprefix("fn:more:") for label, address in buttons(shown) if label == "More…"]
    return list(carried_answer(carried[-1])[0]) if carried else []


@asynccontextmanager
async def open_simulated_server(
    settings: Any, folder: Path, *, guild: int | None = None, **options: Any
) -> AsyncIterator[SimulatedServer]:
    """Yield a server, with the id `guild` if there is one, and the bot in it.

    Afterwards fail on pings and errors that the test does not expect.
    """
    async with open_services(settings, folder, **options) as services:
        # Not simcord.run, which does not let a fixture set the timeout. Rebuilds on a busy machine take their time.
        env = Env(new_client(services), settle_timeout=60.0)
        simulated = env.create_guild(id=guild) if guild else None  # a server that the bot is in when it connects
        await env.start()
        try:
            simulated = simulated or env.create_guild()
            # As in a server whose administrator lets everybody see the command: the bot has its own checks.
            simulated.set_command_permissions(services.command_ids["footnote"], {simulated.default_role: True})
            managers = simulated.create_role("moderators", permissions=discord.Permissions(manage_guild=True))
            server = SimulatedServer(
                env,
                services,
                simulated,
                simulated.create_text_channel("general"),
                simulated.add_member(env.create_user("alice")),
                simulated.add_member(env.create_user("mod"), roles=[managers]),
            )
            yield server
            server.check_mentions()
        finally:
            await env.shutdown()
        originals = [getattr(error, "original", error) for error in env.errors]
        assert [error for error in originals if not isinstance(error, server.expected)] == []
