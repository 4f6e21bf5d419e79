"""The routes of the REST API: find the records of a request, and leave the work to other modules."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.loopback import (
    api_payloads,
    command_registration,
    interaction_responses,
    message_posting,
    permission_bits,
)
from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.gateway_sessions import Gateway
from bot.sandbox.loopback.payload_checks import CREATE, check_message
from bot.sandbox.loopback.payload_form import Form
from bot.sandbox.loopback.refusals import Problems, RefusedError, missing_access, unknown
from bot.sandbox.loopback.rest_frame import PREFIX, nothing, payload_of, reply
from bot.sandbox.loopback.world_records import DIRECT, FORUM, HAS_THREAD, TEXT, THREAD, Channel, Json, Message


def number(request: web.Request, name: str) -> int:
    """Parse an id in the path. Raises RefusedError if it is not a number."""
    value = request.match_info[name]
    if not value.isascii() or not value.isdigit():
        problems = Problems()
        problems.add((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        problems.refuse()
    return int(value)


class Routes:
    """The handlers; each takes a request, and returns its response or raises RefusedError."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def table(self) -> list[web.RouteDef]:
        """Return every route with its handler."""
        application, channel = "/applications/{application}", "/channels/{channel}"
        webhook = "/webhooks/{application}/{token}"
        rows = [
            ("GET", "/gateway", self.get_gateway),
            ("GET", "/gateway/bot", self.get_gateway_bot),
            ("GET", "/users/@me", self.get_me),
            ("GET", "/users/@me/guilds", self.get_guilds),
            ("GET", "/users/{user}", self.get_user),
            ("POST", "/users/@me/channels", self.open_direct),
            ("GET", "/oauth2/applications/@me", self.get_application),
            ("GET", "/applications/@me", self.get_application),
            ("GET", f"{application}/commands", self.get_commands),
            ("PUT", f"{application}/commands", self.put_commands),
            ("GET", f"{application}/guilds/{{guild}}/commands", self.get_commands),
            ("PUT", f"{application}/guilds/{{guild}}/commands", self.put_commands),
            ("GET", "/guilds/{guild}", self.get_guild),
            ("GET", "/guilds/{guild}/channels", self.get_guild_channels),
            ("GET", "/guilds/{guild}/roles", self.get_roles),
            ("GET", "/guilds/{guild}/members/{user}", self.get_member),
            ("GET", channel, self.get_channel),
            ("GET", f"{channel}/messages", self.get_messages),
            ("POST", f"{channel}/messages", self.send),
            ("GET", f"{channel}/messages/{{message}}", self.get_message),
            ("PATCH", f"{channel}/messages/{{message}}", self.edit),
            ("DELETE", f"{channel}/messages/{{message}}", self.delete),
            ("POST", f"{channel}/messages/{{message}}/threads", self.start_thread),
            ("POST", f"{channel}/threads", self.start_thread),
            ("PUT", f"{channel}/thread-members/@me", self.join_thread),
            ("POST", f"{channel}/typing", self.typing),
            ("POST", "/interactions/{id}/{token}/callback", self.callback),
            ("POST", webhook, self.follow_up),
            ("GET", f"{webhook}/messages/{{message}}", self.get_response),
            ("PATCH", f"{webhook}/messages/{{message}}", self.edit_response),
            ("DELETE", f"{webhook}/messages/{{message}}", self.delete_response),
        ]
        return [web.route(method, PREFIX + path, handler) for method, path, handler in rows]

    # The bot itself.

    async def get_gateway(self, request: web.Request) -> web.Response:
        """Answer where the gateway is."""
        del request
        return reply({"url": self._gateway.url})

    async def get_gateway_bot(self, request: web.Request) -> web.Response:
        """Answer where the gateway is and how many sessions may start."""
        del request
        return reply(self._gateway.bot_information())

    async def get_me(self, request: web.Request) -> web.Response:
        """Answer who the bot is."""
        del request
        return reply(api_payloads.user(self._world.bot) | {"verified": True, "mfa_enabled": True, "email": None})

    async def get_user(self, request: web.Request) -> web.Response:
        """Answer who a user is."""
        user = self._world.users.get(number(request, "user"))
        if user is None:
            raise unknown("User")
        return reply(api_payloads.user(user))

    async def get_guilds(self, request: web.Request) -> web.Response:
        """Answer the guilds of the bot."""
        del request
        guilds = [guild for guild in self._world.guilds.values() if self._world.bot.id in guild.members]
        return reply([{"id": str(guild.id), "name": guild.name, "icon": None, "features": []} for guild in guilds])

    async def open_direct(self, request: web.Request) -> web.Response:
        """Open the direct channel of a user."""
        data, _ = await payload_of(request)
        user = self._world.users.get(int(data.get("recipient_id") or 0))
        if user is None or user is self._world.bot:
            raise unknown("User")
        return reply(api_payloads.channel(self._world.direct_channel(user)))

    async def get_application(self, request: web.Request) -> web.Response:
        """Answer what the application is."""
        del request
        world = self._world
        return reply(
            {
                "id": str(world.application_id), "name": world.bot.name, "description": "", "icon": None,
                "bot_public": True, "bot_require_code_grant": False, "verify_key": "00", "flags": 0, "summary": "",
                "owner": api_payloads.user(world.owner), "bot": api_payloads.user(world.bot), "team": None,
                "approximate_guild_count": len(world.guilds), "hook": True, "integration_types_config": {"0": {}},
            }
        )  # fmt: skip

    # Commands.

    def _command_scope(self, request: web.Request) -> int | None:
        if number(request, "application") != self._world.application_id:
            raise missing_access()
        if "guild" not in request.match_info:
            return None
        guild = self._world.guilds.get(number(request, "guild"))
        if guild is None or self._world.bot.id not in guild.members:
            raise missing_access()
        return guild.id

    async def get_commands(self, request: web.Request) -> web.Response:
        """Answer the registered commands."""
        return reply(self._world.commands.get(self._command_scope(request), []))

    async def put_commands(self, request: web.Request) -> web.Response:
        """Register commands in place of all others."""
        world, guild = self._world, self._command_scope(request)
        try:
            data = await request.json()
        except ValueError:
            raise RefusedError(400, 50109, "The request body contains invalid JSON.") from None
        before = world.commands.get(guild, [])
        world.commands[guild] = command_registration.register(data, world.application_id, guild, world.clock, before)
        world.note("commands", guild=guild, names=[command["name"] for command in world.commands[guild]])
        return reply(world.commands[guild])

    # Guilds and channels.

    async def get_guild(self, request: web.Request) -> web.Response:
        """Answer a guild of the bot."""
        guild = self._world.guilds.get(number(request, "guild"))
        if guild is None or self._world.bot.id not in guild.members:
            raise unknown("Guild")
        return reply(api_payloads.guild(guild, self._world))

    async def get_guild_channels(self, request: web.Request) -> web.Response:
        """Answer the channels of a guild, without threads."""
        await self.get_guild(request)
        channels = self._world.guilds[number(request, "guild")].channels.values()
        return reply([api_payloads.channel(channel) for channel in channels if channel.type != THREAD])

    async def get_roles(self, request: web.Request) -> web.Response:
        """Answer the roles of a guild."""
        await self.get_guild(request)
        return reply([api_payloads.role(role) for role in self._world.guilds[number(request, "guild")].roles.values()])

    async def get_member(self, request: web.Request) -> web.Response:
        """Answer a member of a guild."""
        await self.get_guild(request)
        guild, user = self._world.guilds[number(request, "guild")], self._world.users.get(number(request, "user"))
        if user is None or user.id not in guild.members:
            raise unknown("Member")
        return reply(api_payloads.member(guild, user))

    def _channel(self, request: web.Request) -> Channel:
        return message_posting.reachable(self._world, number(request, "channel"))

    async def get_channel(self, request: web.Request) -> web.Response:
        """Answer a channel."""
        return reply(api_payloads.channel(self._channel(request)))

    async def start_thread(self, request: web.Request) -> web.Response:
        """Start a thread, or a post in a forum."""
        parent = self._channel(request)
        data, files = await payload_of(request)
        problems = Problems()
        form = Form(data, problems)
        form.known({
            "name", "auto_archive_duration", "rate_limit_per_user", "type", "invitable", "message", "applied_tags",
        })  # fmt: skip
        form.text("name", 100, shortest=1, required=True)
        problems.refuse()
        source = self._message(request, parent) if "message" in request.match_info else None
        if source is not None and source.flags & HAS_THREAD:
            raise RefusedError(400, 160004, "A thread has already been created for this message")
        if parent.type not in (TEXT, FORUM):
            raise RefusedError(400, 50024, "Cannot execute action on this channel type")
        forum = parent.type == FORUM
        bits = permission_bits.SEND_MESSAGES if forum else permission_bits.CREATE_PUBLIC_THREADS
        message_posting.require(self._world, parent, bits)
        if forum:
            check_message(data.get("message") or {}, CREATE, files=len(files))
        thread = self._world.thread(parent, data["name"], self._world.bot, source)
        body = api_payloads.channel(thread)
        if forum:
            first = message_posting.send(self._world, thread, data["message"], files)
            body["message"] = api_payloads.message(first, self._world)
        return reply(body, 201)

    async def join_thread(self, request: web.Request) -> web.Response:
        """Do nothing: the bot is in every thread."""
        self._channel(request)
        return nothing()

    async def typing(self, request: web.Request) -> web.Response:
        """Note that the bot types."""
        channel = self._channel(request)
        message_posting.require(self._world, channel, permission_bits.send_bit(channel))
        self._world.note("typing", channel=str(channel.id))
        return nothing()

    # Messages.

    def _message(self, request: web.Request, channel: Channel) -> Message:
        message = self._world.find_message(channel, number(request, "message"))
        if message.visible_to is not None:
            raise unknown("Message")
        return message

    def _body(self, message: Message) -> Json:
        return api_payloads.message(message, self._world, self._world.privileged)

    async def get_message(self, request: web.Request) -> web.Response:
        """Answer a message."""
        channel = self._channel(request)
        message_posting.require(self._world, channel, permission_bits.READ_MESSAGE_HISTORY)
        return reply(self._body(self._message(request, channel)))

    async def get_messages(self, request: web.Request) -> web.Response:
        """Answer messages of a channel, newest first."""
        channel, query = self._channel(request), request.query
        limit = int(query.get("limit", "50"))
        if not 1 <= limit <= 100:
            problems = Problems()
            problems.add(("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
            problems.refuse()
        if channel.type != DIRECT and not (
            permission_bits.in_channel(channel, self._world.bot) & permission_bits.READ_MESSAGE_HISTORY
        ):
            return reply([])
        before, after = int(query.get("before", 1 << 63)), int(query.get("after", 0))
        visible = [
            message
            for message in channel.messages.values()
            if message.deleted is None and message.visible_to is None and after < message.id < before
        ]
        if "around" in query:
            visible = sorted(visible, key=lambda message: abs(message.id - int(query["around"])))[:limit]
        visible.sort(key=lambda message: message.id)
        page = visible[:limit] if "after" in query else visible[-limit:]
        return reply([self._body(message) for message in reversed(page)])

    async def send(self, request: web.Request) -> web.Response:
        """Send a message."""
        channel = self._channel(request)
        data, files = await payload_of(request)
        return reply(self._body(message_posting.send(self._world, channel, data, files)))

    async def edit(self, request: web.Request) -> web.Response:
        """Edit a message of the bot."""
        channel = self._channel(request)
        data, files = await payload_of(request)
        return reply(self._body(message_posting.edit(self._world, self._message(request, channel), data, files)))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a message."""
        channel = self._channel(request)
        message = self._message(request, channel)
        if message.author is not self._world.bot:
            message_posting.require(self._world, channel, permission_bits.MANAGE_MESSAGES)
        self._world.delete(message)
        return nothing()

    # Interactions.

    async def callback(self, request: web.Request) -> web.Response:
        """Take the first response to an interaction."""
        data, files = await payload_of(request)
        id_, token = number(request, "id"), request.match_info["token"]
        response = interaction_responses.respond(self._world, id_, token, data, files)
        return reply(response) if request.query.get("with_response") in ("1", "true") else nothing()

    def _token(self, request: web.Request) -> str:
        if number(request, "application") != self._world.application_id:
            raise unknown("Webhook")
        return request.match_info["token"]

    async def follow_up(self, request: web.Request) -> web.Response:
        """Take a later response to an interaction."""
        data, files = await payload_of(request)
        message = interaction_responses.follow_up(self._world, self._token(request), data, files)
        return reply(api_payloads.message(message, self._world))

    async def get_response(self, request: web.Request) -> web.Response:
        """Answer a response to an interaction."""
        interaction = interaction_responses.find(self._world, self._token(request))
        message = interaction_responses.message_of(interaction, request.match_info["message"])
        return reply(api_payloads.message(message, self._world))

    async def edit_response(self, request: web.Request) -> web.Response:
        """Edit a response to an interaction."""
        data, files = await payload_of(request)
        which = request.match_info["message"]
        message = interaction_responses.edit(self._world, self._token(request), which, data, files)
        return reply(api_payloads.message(message, self._world))

    async def delete_response(self, request: web.Request) -> web.Response:
        """Delete a response to an interaction."""
        interaction_responses.delete(self._world, self._token(request), request.match_info["message"])
        return nothing()
