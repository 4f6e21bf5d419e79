"""Who may do what: every command, button, menu and switch, for every kind of user."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, get_args

import discord
import pytest
import pytest_asyncio
from discord import app_commands
from msgspec import structs
from simcord import ChannelHandle, InteractionResult, MemberActor, ResponseMessage, SetupError, UserHandle
from simcord.actors import _component_interaction, _dispatch_actor_interaction
from simcord.backend import serializers
from simcord.enums import InteractionType

from bot.answering_stack import AnsweringStack
from bot.discord_bot.access import places
from bot.discord_bot.answering.answerer import FAILED
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.handlers.answer_form import AnswerMenu
from bot.discord_bot.handlers.button_actions import CardButton
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.messages.button_ids import Action
from bot.discord_bot.operations.maintenance import RebuildResult
from bot.discord_bot.storage.database import Database
from bot.discord_bot.storage.records import ServerSettings
from config.settings import Settings
from tests.support.simulated_server import (
    MEETING,
    MEETING_ID,
    UNANSWERABLE,
    SimulatedServer,
    open_simulated_server,
    reply,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

USERS = ("member", "named role", "moderator", "administrator", "administrator elsewhere", "owner", "direct message")
DONE, REFUSED, NOT_OFFERED = "done", "refused", "not offered"
EVERYBODY = dict.fromkeys(USERS, DONE)
MANAGERS = EVERYBODY | {"member": REFUSED, "administrator elsewhere": REFUSED}
# Discord does not offer these in direct messages; a forged one is refused there, see the last tests.
IN_SERVERS = MANAGERS | {"direct message": NOT_OFFERED}
ON_THE_PANEL = MANAGERS | {"direct message": REFUSED}
COMMANDS = {
    "ask": EVERYBODY,
    "sources": EVERYBODY,
    "source": EVERYBODY,
    "about": EVERYBODY,
    "help": EVERYBODY,
    "privacy": EVERYBODY,
    "Find the source": EVERYBODY,
    "footnote settings": IN_SERVERS,
    "footnote collections": IN_SERVERS,
    "footnote rebuild": IN_SERVERS,
    "footnote rollback": IN_SERVERS,
    "footnote gaps": IN_SERVERS,
    "footnote answers": IN_SERVERS,
    "footnote refresh": IN_SERVERS,
    "footnote review": IN_SERVERS,
    "footnote word": IN_SERVERS,
    "footnote doctor": IN_SERVERS,
    "Keep as source": IN_SERVERS,
}
OPTIONS = {
    "ask": {"question": MEETING},
    "source": {"id": MEETING_ID},
    "footnote word": {"word": "a", "means": "A"},  # which is refused after the check
    "footnote collections": {"only": '"" (directly in the folder)'},
}
JUDGING = ("review", "wrong", "unwrong", "never", "allow", "dismiss", "undismiss", "unword", "rekeep")
BUTTONS = {
    "context": EVERYBODY,
    "others": EVERYBODY,
    "closest": EVERYBODY,
    "share": EVERYBODY,  # unless they may not write in the channel, see test_buttons
    "helpful": EVERYBODY,
    "unhelpful": EVERYBODY,
    "more": EVERYBODY,
    "answer": ON_THE_PANEL,
    "sources": EVERYBODY,
    "forget": EVERYBODY,
    "unkeep": EVERYBODY,  # of their own messages, see test_kept_messages
    "team": EVERYBODY,
    **dict.fromkeys(JUDGING, ON_THE_PANEL),
}
MENUS = dict.fromkeys(
    ("channels", "managers", "refusal_role", "precision", "team_channel", "team_role", "report_channel"), ON_THE_PANEL
)
PICKS = dict.fromkeys(("gap", "kept", "word"), ON_THE_PANEL)
SWITCHES = dict.fromkeys(("private", "threads", "forums", "gaps", "wording", "more", "back"), ON_THE_PANEL)


@dataclass
class Users:
    """A server with one user of every kind, and what the bot was made to do in it."""

    server: SimulatedServer
    by_kind: dict[str, MemberActor | UserHandle]  # by the names in USERS
    settings: ServerSettings
    done: list[str] = field(default_factory=list)

    def place_of(self, who: MemberActor | UserHandle) -> ChannelHandle:
        """Return where somebody talks with the bot."""
        return who.dm_channel if isinstance(who, UserHandle) else self.server.channel

    async def slash(self, who: MemberActor | UserHandle, name: str, **options: Any) -> InteractionResult:
        """Let somebody use a command where they are."""
        if isinstance(who, UserHandle):
            result: InteractionResult = await who.slash(name, **options)
            return result
        return await who.slash(self.server.channel, name, **options)

    async def outcomes(self, kind: str, name: str) -> dict[str, str]:
        """Let each kind of user use a command, button, menu or switch, and return the outcomes."""
        outcomes = {}
        for user_kind, who in self.by_kind.items():
            await self.server.services.database.save(self.server.guild.id, self.settings)
            self.done.clear()
            try:
                result = await (await prepare(self, who, kind, name))()
            except SetupError:
                outcomes[user_kind] = NOT_OFFERED
                continue
            changed = await self.server.services.database.settings(self.server.guild.id) != self.settings
            outcomes[user_kind] = outcome(result, changed=changed or bool(self.done))
        return outcomes


def outcome(result: InteractionResult, *, changed: bool) -> str:
    """Return whether something was done or refused; a refusal must be private and change nothing."""
    if result.modal is not None:
        return DONE
    shown = [reply(result), *result.followups][-1]  # the panel refuses in a follow-up
    assert shown.content != FAILED()
    if shown.content != places.MANAGERS_ONLY():
        return DONE
    assert shown.ephemeral
    assert not changed
    return REFUSED


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def users(
    tmp_path_factory: pytest.TempPathFactory, sample_stack: tuple[Settings, AnsweringStack]
) -> AsyncIterator[Users]:
    """Yield a server with one user of every kind; rebuild and rollback only record that they were started."""
    async with open_simulated_server(
        sample_stack[0], tmp_path_factory.mktemp("users"), opened=sample_stack[1]
    ) as server:
        guild, env = server.guild, server.env
        manager_role = guild.create_role("named")
        admin_role = guild.create_role("admins", permissions=discord.Permissions(administrator=True))
        elsewhere = env.create_user("elsewhere")
        other = env.create_guild("another server")
        other.add_member(
            elsewhere, roles=[other.create_role("admins", permissions=discord.Permissions(administrator=True))]
        )
        by_kind: dict[str, MemberActor | UserHandle] = {
            "member": server.alice,
            "named role": guild.add_member(env.create_user("named"), roles=[manager_role]),
            "moderator": server.moderator,
            "administrator": guild.add_member(env.create_user("admin"), roles=[admin_role]),
            "administrator elsewhere": guild.add_member(elsewhere),
            "owner": MemberActor(env, guild, guild.owner),
            "direct message": env.create_user("direct"),
        }
        assert tuple(by_kind) == USERS
        users = Users(server, by_kind, ServerSettings(managers=(manager_role.id,), gaps=True, precision=0.8))

        async def rebuild(_: object, **_options: object) -> RebuildResult:
            users.done.append("rebuild")
            report = {"published": False, "generation": "gen-1", "rejected": [], "counts": {}, "changes": NO_CHANGES}
            return RebuildResult(report)

        async def rollback() -> str:
            users.done.append("rollback")
            return "gen-1"

        # The bot is in two servers, so the operator has to say whose managers may change the index.
        settings = structs.replace(sample_stack[0].discord, maintenance=[str(guild.id)])
        server.services.maintenance._settings = structs.replace(sample_stack[0], discord=settings)
        server.services.maintenance.rebuild = rebuild  # type: ignore[method-assign, assignment]
        server.services.maintenance.rollback = rollback  # type: ignore[method-assign]
        yield users


NO_CHANGES: dict[str, list[str]] = {"added": [], "changed": [], "removed": [], "renamed": []}


@pytest.mark.parametrize("name", COMMANDS)
async def test_commands(users: Users, name: str) -> None:
    """Each command works for those who may use it, and refuses all others."""
    assert await users.outcomes("command", name) == COMMANDS[name]


@pytest.mark.parametrize("action", BUTTONS)
async def test_buttons(users: Users, action: str) -> None:
    """Each button of a card works for everybody, in a server and in a direct message."""
    assert await users.outcomes("button", action) == BUTTONS[action]


@pytest.mark.parametrize("name", MENUS)
async def test_menus(users: Users, name: str) -> None:
    """Each menu of the panel checks its user."""
    assert await users.outcomes("menu", name) == MENUS[name]


@pytest.mark.parametrize("name", SWITCHES)
async def test_switches(users: Users, name: str) -> None:
    """Each switch of the panel checks its user."""
    assert await users.outcomes("switch", name) == SWITCHES[name]


@pytest.mark.parametrize("name", PICKS)
async def test_picks(users: Users, name: str) -> None:
    """Each menu of questions to answer checks its user."""
    assert await users.outcomes("pick", name) == PICKS[name]


EVERYTHING = [
    (kind, name)
    for kind, names in (
        ("command", COMMANDS),
        ("button", BUTTONS),
        ("menu", MENUS),
        ("switch", SWITCHES),
        ("pick", PICKS),
    )
    for name in names
]
ACKNOWLEDGED_LATER = {
    ("command", "ask"),  # whether its answer is private depends on the settings
    ("button", "share"),  # its answer is public, a refusal is private
    ("button", "answer"),  # the form itself is the acknowledgement, as that of the menu
    ("pick", "gap"),
    ("pick", "kept"),
    ("command", "Keep as source"),
    ("switch", "wording"),  # the form itself is the acknowledgement
}


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
async def test_acknowledgement_precedes_the_database(
    users: Users, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    """Waiting for the database must not use up the three seconds that Discord allows for an acknowledgement."""
    server = users.server
    await server.services.database.save(server.guild.id, users.settings)
    act = await prepare(users, server.moderator, kind, name)
    acknowledged = record_acknowledgements(monkeypatch, server)

    await act()

    assert acknowledged
    assert all(acknowledged) is ((kind, name) not in ACKNOWLEDGED_LATER)


async def test_private_question_is_acknowledged_before_the_database(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the asker chooses a private answer, no setting has to be read for the acknowledgement."""
    acknowledged = record_acknowledgements(monkeypatch, users.server)

    await users.server.ask(MEETING, private=True)

    assert acknowledged
    assert all(acknowledged)


def record_acknowledgements(monkeypatch: pytest.MonkeyPatch, server: SimulatedServer) -> list[bool]:
    """Return a list that gets, for each use of the database from now on, whether an acknowledgement preceded it."""
    acknowledged: list[bool] = []
    before = len(server.requests("POST", "callback"))
    for name in ("settings", "collection_limits", "save", "vote", "votes_of", "delete_votes", "gaps"):
        method = getattr(Database, name)

        async def recorded(*arguments: Any, method: Any = method, **options: Any) -> Any:
            acknowledged.append(len(server.requests("POST", "callback")) > before)
            return await method(*arguments, **options)

        monkeypatch.setattr(Database, name, recorded)
    return acknowledged


async def prepare(
    users: Users, who: MemberActor | UserHandle, kind: str, name: str
) -> Callable[[], Awaitable[InteractionResult]]:
    """Return a function that uses a command, button, menu or switch; the messages that it needs are there already."""
    if name in ("Find the source", "Keep as source"):
        return await prepare_menu(users, who, name)
    if kind == "command":
        return lambda: users.slash(who, name, **OPTIONS.get(name, {}))
    if kind == "button":
        shown = await message_with(users, who, name)
        items: list[Any] = [item for row in shown.components for item in row["components"]]
        (custom_id,) = (item["custom_id"] for item in items if item.get("custom_id", "").startswith(f"fn:{name}:"))
        return lambda: who.click(shown, custom_id=custom_id)
    if kind == "pick":
        options = [{"label": "Why?", "value": "aaaaaaaaaa"}]
        menu = {"type": 3, "custom_id": f"fn:pick:{name}", "options": options}
        shown = await forged(users, who, menu)
        return lambda: who.select(shown, ["aaaaaaaaaa"], custom_id=f"fn:pick:{name}")
    second = (kind == "switch" and name in ("wording", "back")) or name in (
        "team_channel",
        "team_role",
        "report_channel",
    )
    shown = await panel_for(users, who, more=second)
    if kind == "switch":
        return lambda: who.click(shown, custom_id=f"fn:switch:{name}")
    role = users.server.guild.create_role(f"for {name}")
    if isinstance(who, UserHandle):  # clients offer no roles and channels in direct messages
        return lambda: forge_choice(users, who, shown, name, "0.95" if name == "precision" else str(role.id))
    channel = users.server.channel
    choice = {"channels": channel, "team_channel": channel, "report_channel": channel, "precision": "0.95"}.get(
        name, role
    )
    return lambda: who.select(shown, [choice], custom_id=f"fn:set:{name}")


async def prepare_menu(
    users: Users, who: MemberActor | UserHandle, name: str
) -> Callable[[], Awaitable[InteractionResult]]:
    """Write a message where somebody talks with the bot, and return what uses its menu."""
    backend = users.server.env.backend
    root = backend.find_command(name, None, type=3)
    assert root is not None
    if isinstance(who, MemberActor):
        users.server.guild.set_command_permissions(int(root["id"]), {users.server.guild.default_role: True})
        message = await who.send(users.server.channel, "The ministers met in Singapore.")
        return lambda: who.context_menu(users.server.channel, name, message)
    message = await who.send_dm("The ministers met in Singapore.")
    stored = backend.get_message(who.dm_channel.id, message.id)
    resolved = {"messages": {str(message.id): dict(serializers.message_payload(backend, stored))}}
    data = {"id": root["id"], "name": root["name"], "type": 3, "target_id": str(message.id), "resolved": resolved}
    if name == "Keep as source":  # Discord does not offer it there
        return _not_offered
    return lambda: _dispatch_actor_interaction(who, InteractionType.APPLICATION_COMMAND, who.dm_channel, data)


async def _not_offered() -> InteractionResult:
    raise SetupError("not offered in direct messages")


async def forged(users: Users, who: MemberActor | UserHandle, item: dict[str, Any]) -> ResponseMessage:
    """Return a message of the bot with a control, even for somebody whom the bot would not show it."""
    shown = reply(await users.slash(who, "about"))
    stored = users.server.env.backend.get_message(shown.channel_id, shown.id)
    stored.components = [{"type": 1, "components": [item]}]
    return shown


async def message_with(users: Users, who: MemberActor | UserHandle, action: str) -> ResponseMessage:
    """Return a message of the bot with the button of an action."""
    if action == "sources":
        shown = reply(await users.slash(who, "sources"))
        item = {"type": 2, "style": 2, "label": "Next page", "custom_id": "fn:sources:1"}
        stored = users.server.env.backend.get_message(shown.channel_id, shown.id)
        stored.components = [{"type": 1, "components": [item]}]
        return shown
    if action == "forget":
        answer = reply(await users.slash(who, "ask", question=MEETING))
        await who.click(answer, label="Helpful")
        return reply(await users.slash(who, "privacy"))
    if action in JUDGING:
        item = {"type": 2, "style": 2, "label": "Next", "custom_id": f"fn:{action}:0.aaaaaaaaaa.bbbbbbbbbb"}
        return await forged(users, who, item)
    if action == "team":
        return await forged(users, who, {"type": 2, "style": 2, "label": "Ask", "custom_id": "fn:team:bbbbbbbbbb"})
    if action == "unkeep":
        return await forged(users, who, {"type": 2, "style": 2, "label": "Remove it", "custom_id": "fn:unkeep:mine"})
    if action == "answer":
        return await forged(users, who, {"type": 2, "style": 2, "label": "Answer this", "custom_id": "fn:answer:."})
    if action == "others":
        return reply(await who.click(reply(await users.slash(who, "ask", question=MEETING)), label="More…"))
    question = UNANSWERABLE if action == "closest" else MEETING
    return reply(await users.slash(who, "ask", question=question, private=action == "share"))


async def panel_for(users: Users, who: MemberActor | UserHandle, *, more: bool = False) -> ResponseMessage:
    """Return a page of the settings panel, even for somebody whom Discord would not show it."""
    shown = reply(await users.slash(users.server.moderator, "footnote settings"))
    if more:
        await users.server.moderator.click(shown, label="More settings …")
    stored = users.server.env.backend.get_message(shown.channel_id, shown.id)
    if isinstance(who, UserHandle):
        own = reply(await users.slash(who, "about"))
        users.server.env.backend.get_message(own.channel_id, own.id).components = stored.components
        return own
    stored.flags = 0
    return shown


async def forge_choice(
    users: Users, who: UserHandle, shown: ResponseMessage, name: str, value: str
) -> InteractionResult:
    """Send the choice on a menu as no client would."""
    stored = users.server.env.backend.get_message(shown.channel_id, shown.id)
    kind = {"channels": 8, "team_channel": 8, "report_channel": 8, "precision": 3}.get(name, 6)
    data = {"custom_id": f"fn:set:{name}", "component_type": kind, "values": [value], "resolved": {}}
    return await _component_interaction(who, stored, data)


async def test_form_checks_its_user_again(users: Users) -> None:
    """A member who lost the right between opening and submitting the form changes nothing."""
    server = users.server
    await server.services.database.save(server.guild.id, users.settings)
    holder = users.by_kind["named role"]
    form = await holder.click(await panel_for(users, holder, more=True), custom_id="fn:switch:wording")
    assert form.modal is not None
    (field,) = (item for row in form.modal["components"] for item in row["components"])
    await server.services.database.save(server.guild.id, ServerSettings())

    result = await holder.submit_modal(form, {field["custom_id"]: "ours now"})

    (refused,) = result.followups
    assert refused.content == places.MANAGERS_ONLY()
    assert await server.services.database.settings(server.guild.id) == ServerSettings()


@pytest.mark.parametrize(
    "name", ["settings", "collections", "rebuild", "rollback", "gaps", "answers", "refresh", "review", "word", "doctor"]
)
async def test_forged_command_in_a_direct_message_is_refused(users: Users, name: str) -> None:
    """Commands that Discord does not offer in direct messages are refused there."""
    users.done.clear()
    who = users.by_kind["direct message"]
    root = users.server.env.backend.find_command("footnote", None, type=1)
    assert root is not None
    options = [{"name": key, "type": 3, "value": value} for key, value in OPTIONS.get(f"footnote {name}", {}).items()]
    options = options if name == "word" else []
    data = {"id": root["id"], "name": "footnote", "type": 1, "options": [{"type": 1, "name": name, "options": options}]}

    result = await _dispatch_actor_interaction(who, InteractionType.APPLICATION_COMMAND, users.place_of(who), data)

    assert reply(result).content == places.MANAGERS_ONLY()
    assert users.done == []


async def test_everything_has_a_row(users: Users) -> None:
    """Every command, button, menu and switch has a row in these tables."""
    tree = users.server.bot.tree
    commands = [command.qualified_name for command in tree.walk_commands() if isinstance(command, app_commands.Command)]
    menus = [menu.name for kind in (2, 3) for menu in tree.get_commands(type=discord.AppCommandType(kind))]

    assert isinstance(users.server.bot, FootnoteClient)
    assert sorted(commands + menus) == sorted(COMMANDS)
    assert set(get_args(Action)) == set(BUTTONS)
    assert names_in(SettingMenu) == set(MENUS)
    assert names_in(SettingSwitch) == set(SWITCHES)
    assert names_in(AnswerMenu) == set(PICKS)
    handled = users.server.bot._connection._view_store._dynamic_items.values()
    assert set(handled) == {CardButton, SettingMenu, SettingSwitch, AnswerMenu}
    for row in (*COMMANDS.values(), *BUTTONS.values(), *MENUS.values(), *SWITCHES.values(), *PICKS.values()):
        assert tuple(row) == USERS


def names_in(item: Any) -> set[str]:
    """Return the names that the template of a control's custom_id allows."""
    pattern: str = item.__discord_ui_compiled_template__.pattern
    return set(pattern.split("(?P<name>")[1].split(")")[0].split("|"))
