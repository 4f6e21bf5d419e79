"""Who may do what: every command, button, menu and switch, for everybody there can be."""

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
from bot.discord_bot.answering.answerer import BROKEN
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.handlers.button_actions import CardButton
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.messages.button_ids import Action
from bot.discord_bot.operations.maintenance import Rebuilt
from bot.discord_bot.storage.records import ServerSettings
from config.settings import Settings
from tests.support.simulated_server import MEETING, MEETING_ID, UNANSWERABLE, World, open_world, reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("member", "named role", "moderator", "administrator", "administrator elsewhere", "owner", "direct message")
DOES, REFUSED, ABSENT = "does", "refused", "absent"
EVERYBODY = dict.fromkeys(PEOPLE, DOES)
MANAGERS = EVERYBODY | {"member": REFUSED, "administrator elsewhere": REFUSED}
# Discord offers these in no direct message; one that is forged there is refused, see the last tests.
IN_SERVERS = MANAGERS | {"direct message": ABSENT}
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
}
OPTIONS = {
    "ask": {"question": MEETING},
    "source": {"id": MEETING_ID},
    "footnote collections": {"only": '"" (directly in the folder)'},
}
BUTTONS = {
    "context": EVERYBODY,
    "others": EVERYBODY,
    "closest": EVERYBODY,
    "share": EVERYBODY,  # who may not write in the channel may not share: test_discord_buttons
    "helpful": EVERYBODY,
    "unhelpful": EVERYBODY,
    "sources": EVERYBODY,
    "forget": EVERYBODY,
}
MENUS = dict.fromkeys(("channels", "managers", "refusal_role", "precision"), ON_THE_PANEL)
SWITCHES = dict.fromkeys(("private", "threads", "forums", "gaps", "wording"), ON_THE_PANEL)


@dataclass
class Court:
    """A server with one of everybody, and what the bot was made to do in it."""

    world: World
    people: dict[str, MemberActor | UserHandle]
    settings: ServerSettings
    done: list[str] = field(default_factory=list)

    def place(self, who: MemberActor | UserHandle) -> ChannelHandle:
        """Return where somebody talks with the bot."""
        return who.dm_channel if isinstance(who, UserHandle) else self.world.channel

    async def slash(self, who: MemberActor | UserHandle, name: str, **options: Any) -> InteractionResult:
        """Let somebody use a command where they are."""
        if isinstance(who, UserHandle):
            result: InteractionResult = await who.slash(name, **options)
            return result
        return await who.slash(self.world.channel, name, **options)

    async def results(self, act: Callable[[MemberActor | UserHandle], Awaitable[InteractionResult]]) -> dict[str, str]:
        """Return what comes of it when each of the people does something."""
        found = {}
        for name, who in self.people.items():
            await self.world.services.database.save(self.world.guild.id, self.settings)
            self.done.clear()
            try:
                result = await act(who)
            except SetupError:
                found[name] = ABSENT
                continue
            changed = await self.world.services.database.settings(self.world.guild.id) != self.settings
            found[name] = outcome(result, changed=changed or bool(self.done))
        return found


def outcome(result: InteractionResult, *, changed: bool) -> str:
    """Return whether something was done or refused; a refusal is private and changes nothing."""
    if result.modal is not None:
        return DOES
    shown = reply(result)
    assert shown.content != BROKEN
    if shown.content != places.REFUSED:
        return DOES
    assert shown.ephemeral
    assert not changed
    return REFUSED


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def court(
    tmp_path_factory: pytest.TempPathFactory, shipped: tuple[Settings, AnsweringStack]
) -> AsyncIterator[Court]:
    """Yield a server with one of everybody in it; rebuild and rollback only say that they were begun."""
    async with open_world(shipped[0], tmp_path_factory.mktemp("court"), opened=shipped[1]) as world:
        guild, env = world.guild, world.env
        named = guild.create_role("named")
        ruling = guild.create_role("admins", permissions=discord.Permissions(administrator=True))
        elsewhere = env.create_user("elsewhere")
        other = env.create_guild("another server")
        other.add_member(
            elsewhere, roles=[other.create_role("admins", permissions=discord.Permissions(administrator=True))]
        )
        people: dict[str, MemberActor | UserHandle] = {
            "member": world.alice,
            "named role": guild.add_member(env.create_user("named"), roles=[named]),
            "moderator": world.moderator,
            "administrator": guild.add_member(env.create_user("admin"), roles=[ruling]),
            "administrator elsewhere": guild.add_member(elsewhere),
            "owner": MemberActor(env, guild, guild.owner),
            "direct message": env.create_user("direct"),
        }
        assert tuple(people) == PEOPLE
        court = Court(world, people, ServerSettings(managers=(named.id,), gaps=True, precision=0.8))

        async def rebuild(_: object) -> Rebuilt:
            court.done.append("rebuild")
            return Rebuilt({"published": False, "generation": "gen-1", "rejected": [], "counts": {}, "changes": NONE})

        async def rollback() -> str:
            court.done.append("rollback")
            return "gen-1"

        # The bot is in another server as well, so whose managers may change the index is for the operator to say.
        settings = structs.replace(shipped[0].discord, maintenance=[str(guild.id)])
        world.services.maintenance._settings = structs.replace(shipped[0], discord=settings)
        world.services.maintenance.rebuild = rebuild  # type: ignore[method-assign, assignment]
        world.services.maintenance.rollback = rollback  # type: ignore[method-assign]
        yield court


NONE: dict[str, list[str]] = {"added": [], "changed": [], "removed": [], "renamed": []}


@pytest.mark.parametrize("name", COMMANDS)
async def test_commands(court: Court, name: str) -> None:
    """Each command does what it does for those who may use it, and refuses all others."""

    async def use(who: MemberActor | UserHandle) -> InteractionResult:
        if name == "Find the source":
            return await find_the_source(court, who)
        return await court.slash(who, name, **OPTIONS.get(name, {}))

    assert await court.results(use) == COMMANDS[name]


async def find_the_source(court: Court, who: MemberActor | UserHandle) -> InteractionResult:
    """Use the menu of a message that stands where somebody talks with the bot."""
    if isinstance(who, MemberActor):
        message = await who.send(court.world.channel, "The ministers met in Singapore.")
        return await who.context_menu(court.world.channel, "Find the source", message)
    message = await who.send_dm("The ministers met in Singapore.")
    backend = court.world.env.backend
    root = backend.find_command("Find the source", None, type=3)
    assert root is not None
    stored = backend.get_message(who.dm_channel.id, message.id)
    resolved = {"messages": {str(message.id): dict(serializers.message_payload(backend, stored))}}
    data = {"id": root["id"], "name": root["name"], "type": 3, "target_id": str(message.id), "resolved": resolved}
    return await _dispatch_actor_interaction(who, InteractionType.APPLICATION_COMMAND, who.dm_channel, data)


async def card(court: Court, who: MemberActor | UserHandle, action: str) -> ResponseMessage:
    """Return a message of the bot's that has the button of an action."""
    if action == "sources":
        shown = reply(await court.slash(who, "sources"))
        put(court.world, shown, [{"type": 2, "style": 2, "label": "Later", "custom_id": "fn:sources:1"}])
        return shown
    if action == "forget":
        answer = reply(await court.slash(who, "ask", question=MEETING))
        await who.click(answer, label="Helpful")
        return reply(await court.slash(who, "privacy"))
    question = UNANSWERABLE if action == "closest" else MEETING
    return reply(await court.slash(who, "ask", question=question, private=action == "share"))


def put(world: World, message: ResponseMessage, components: list[dict[str, Any]]) -> None:
    """Put other buttons under a message of the bot's."""
    world.env.backend.get_message(message.channel_id, message.id).components = [{"type": 1, "components": components}]


@pytest.mark.parametrize("action", BUTTONS)
async def test_buttons(court: Court, action: str) -> None:
    """Each button of a card works for everybody, in a server and in a direct message."""

    async def use(who: MemberActor | UserHandle) -> InteractionResult:
        shown = await card(court, who, action)
        rows: list[Any] = [item for row in shown.components for item in row["components"]]
        (custom_id,) = (one["custom_id"] for one in rows if one.get("custom_id", "").startswith(f"fn:{action}:"))
        result: InteractionResult = await who.click(shown, custom_id=custom_id)
        return result

    assert await court.results(use) == BUTTONS[action]


async def panel_for(court: Court, who: MemberActor | UserHandle) -> ResponseMessage:
    """Return a panel of settings as somebody would see it whom Discord showed it by mistake."""
    moderator = court.people["moderator"]
    shown = reply(await court.slash(moderator, "footnote settings"))
    stored = court.world.env.backend.get_message(shown.channel_id, shown.id)
    if isinstance(who, UserHandle):
        mine = reply(await court.slash(who, "about"))
        court.world.env.backend.get_message(mine.channel_id, mine.id).components = stored.components
        return mine
    stored.flags = 0
    return shown


@pytest.mark.parametrize("name", MENUS)
async def test_menus(court: Court, name: str) -> None:
    """Each menu of the panel asks again who uses it."""
    role = court.world.guild.create_role(f"for {name}")
    values = {"channels": court.world.channel, "precision": "0.95"}

    async def use(who: MemberActor | UserHandle) -> InteractionResult:
        shown = await panel_for(court, who)
        if isinstance(who, UserHandle):  # a client knows no roles and channels there
            return await forged(court, who, shown, name, {"precision": "0.95"}.get(name, str(role.id)))
        return await who.select(shown, [values.get(name, role)], custom_id=f"fn:set:{name}")

    assert await court.results(use) == MENUS[name]


async def forged(court: Court, who: UserHandle, shown: ResponseMessage, name: str, value: str) -> InteractionResult:
    """Send the choice on a menu as no client would."""
    stored = court.world.env.backend.get_message(shown.channel_id, shown.id)
    kind = {"channels": 8, "precision": 3}.get(name, 6)
    data = {"custom_id": f"fn:set:{name}", "component_type": kind, "values": [value], "resolved": {}}
    return await _component_interaction(who, stored, data)


@pytest.mark.parametrize("name", SWITCHES)
async def test_switches(court: Court, name: str) -> None:
    """Each switch of the panel asks again who presses it."""

    async def use(who: MemberActor | UserHandle) -> InteractionResult:
        result: InteractionResult = await who.click(await panel_for(court, who), custom_id=f"fn:switch:{name}")
        return result

    assert await court.results(use) == SWITCHES[name]


async def test_form_of_the_wording_asks_again(court: Court) -> None:
    """Whoever lost the right between opening the form and sending it changes nothing."""
    world = court.world
    await world.services.database.save(world.guild.id, court.settings)
    holder = court.people["named role"]
    form = await holder.click(await panel_for(court, holder), custom_id="fn:switch:wording")
    assert form.modal is not None
    (asked,) = (item for row in form.modal["components"] for item in row["components"])
    await world.services.database.save(world.guild.id, ServerSettings())

    result = await holder.submit_modal(form, {asked["custom_id"]: "ours now"})

    assert reply(result).content == places.REFUSED
    assert await world.services.database.settings(world.guild.id) == ServerSettings()


@pytest.mark.parametrize("name", ["settings", "collections", "rebuild", "rollback", "gaps"])
async def test_forged_command_in_a_direct_message_is_refused(court: Court, name: str) -> None:
    """What Discord does not offer in a direct message is refused there should it come all the same."""
    court.done.clear()
    who = court.people["direct message"]
    root = court.world.env.backend.find_command("footnote", None, type=1)
    assert root is not None
    data = {"id": root["id"], "name": "footnote", "type": 1, "options": [{"type": 1, "name": name, "options": []}]}

    result = await _dispatch_actor_interaction(who, InteractionType.APPLICATION_COMMAND, court.place(who), data)

    assert reply(result).content == places.REFUSED
    assert court.done == []


async def test_everything_there_is_has_a_row(court: Court) -> None:
    """A command, button, menu or switch without a row in these tables fails here."""
    tree = court.world.bot.tree
    commands = [one.qualified_name for one in tree.walk_commands() if isinstance(one, app_commands.Command)]
    menus = [one.name for kind in (2, 3) for one in tree.get_commands(type=discord.AppCommandType(kind))]

    assert isinstance(court.world.bot, FootnoteClient)
    assert sorted(commands + menus) == sorted(COMMANDS)
    assert set(get_args(Action)) == set(BUTTONS)
    assert named_in(SettingMenu) == set(MENUS)
    assert named_in(SettingSwitch) == set(SWITCHES)
    answered = court.world.bot._connection._view_store._dynamic_items.values()
    assert set(answered) == {CardButton, SettingMenu, SettingSwitch}
    for row in (*COMMANDS.values(), *BUTTONS.values(), *MENUS.values(), *SWITCHES.values()):
        assert tuple(row) == PEOPLE


def named_in(item: Any) -> set[str]:
    """Return the names that the form of a control's custom_id allows."""
    pattern: str = item.__discord_ui_compiled_template__.pattern
    return set(pattern.split("(?P<name>")[1].split(")")[0].split("|"))
