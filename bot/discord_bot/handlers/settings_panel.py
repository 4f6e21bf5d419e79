"""The panel of a server's settings: what it shows, and how its menus, switches and form change them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.forms import Form
from bot.discord_bot.messages import settings_card
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.messages.settings_card import MAX_REFUSAL_CHARS, MORE_SETTINGS, precision_text
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.languages import Message
from bot.showing.reply import REFUSAL

if TYPE_CHECKING:
    import re


MAX_CHOICES = 25  # of a menu
PRECISIONS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
OPERATOR_PRECISION = "operator"  # the value of the choice
SWITCHES = {
    "private": Message("Private answers"),
    "threads": Message("Threads"),
    "forums": Message("Forum posts"),
    "gaps": Message("Store unanswered"),
}
SWITCH_STATE = Message("{switch}: {state}")
ANSWER_ONLY_IN, MANAGING_ROLES = Message("Answer only in …"), Message("Roles that may manage me …")
ROLE_TO_PING = Message("Role to ping when there is no answer …")
TEAM_CHANNEL = Message("Channel or forum where the team is asked …")
TEAM_ROLE, REPORT_CHANNEL = Message("Role to ping there …"), Message("Channel for a monthly report …")
REFUSAL_TEXT_BUTTON, BACK = Message("Refusal text …"), Message("Back")
REFUSAL_TEXT = Message("Text; leave it empty for the usual one")
PRECISION_MENU = Message("Precision …")
ON_SECOND_PAGE = ("team_channel", "team_role", "report_channel", "refusal")
TEAM_CHANNEL_TYPES = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]
CHANNEL_TYPES = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
]


def panel(settings: ServerSettings, *, more: bool = False) -> dict[str, Any]:
    """Return the arguments of a message that shows the settings of a server and lets them be changed.

    With `more`, its controls are those that the first page has no room for.
    """
    return {
        "content": "",
        "embeds": [discord.Embed.from_dict(settings_card.summary(settings))],
        "view": _view_of_more(settings) if more else _view(settings),
        "allowed_mentions": discord.AllowedMentions.none(),
    }


async def save(interaction: Interaction, name: str, value: Callable[[ServerSettings], Any]) -> None:
    """Set one setting to what `value` makes of the present settings, and show the panel again; refuse non-managers."""
    await respond.defer_edit(interaction)
    services, server = interaction.client.services, interaction.guild_id
    if server is None or not places.may_manage(interaction, await services.answerer.settings(server)):
        await respond.follow_up(interaction, line_card(places.MANAGERS_ONLY()))
        return
    settings = await services.database.settings(server)
    await services.database.save(server, replace(settings, **{name: value(settings)}))
    services.log.info("settings changed", server=server, changed=[name])
    settings = await services.database.settings(server)
    await respond.edit_response(interaction, panel(settings, more=name in ON_SECOND_PAGE))


async def turn_page(interaction: Interaction, *, more: bool) -> None:
    """Show the other controls of the panel; refuse non-managers."""
    await respond.defer_edit(interaction)
    services, server = interaction.client.services, interaction.guild_id
    if server is None or not places.may_manage(interaction, await services.answerer.settings(server)):
        await respond.follow_up(interaction, line_card(places.MANAGERS_ONLY()))
        return
    await respond.edit_response(interaction, panel(await services.database.settings(server), more=more))


class SettingMenu(
    discord.ui.DynamicItem[discord.ui.Item[Any]],
    template=r"fn:set:(?P<name>channels|managers|refusal_role|precision|team_channel|team_role|report_channel)",
):
    """A menu of the panel."""

    def __init__(self, item: discord.ui.Item[Any], name: str) -> None:
        super().__init__(item)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "SettingMenu":
        """Create the menu that was used."""
        return cls(item, match["name"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Save the choice."""
        data: Any = interaction.data
        choices = [str(choice) for choice in data.get("values", [])]
        value = _parse_choices(self.name, choices, interaction.guild_id or 0)
        await respond.report_errors(interaction, save(interaction, self.name, lambda _: value))


class SettingSwitch(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"fn:switch:(?P<name>private|threads|forums|gaps|wording|more|back)",
):
    """A switch of the panel, or a button that opens the form for the refusal text or the other controls."""

    def __init__(self, item: discord.ui.Button[Any], name: str) -> None:
        super().__init__(item)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "SettingSwitch":
        """Create the switch that was clicked."""
        assert isinstance(item, discord.ui.Button)  # noqa: S101 - only buttons have such ids
        return cls(item, match["name"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Flip the setting, open the form, or show the other controls."""
        if self.name in ("more", "back"):
            await respond.report_errors(interaction, turn_page(interaction, more=self.name == "more"))
            return
        if self.name == "wording":
            await respond.report_errors(interaction, _open_form(interaction))
            return
        flip = save(interaction, self.name, lambda settings: not getattr(settings, self.name))
        await respond.report_errors(interaction, flip)


class RefusalForm(Form):
    """Asks for the text of a refusal."""

    def __init__(self, current: str) -> None:
        super().__init__(settings_card.NO_ANSWER())
        self.line: discord.ui.TextInput[RefusalForm] = discord.ui.TextInput(
            label=REFUSAL_TEXT(),
            custom_id="refusal",
            required=False,
            max_length=MAX_REFUSAL_CHARS,
            placeholder=REFUSAL(),
            default=current or None,
        )
        self.add_item(self.line)

    async def handle(self, interaction: Interaction) -> None:
        """Save the text."""
        await save(interaction, "refusal", lambda _: self.line.value.strip())


async def _open_form(interaction: Interaction) -> None:
    """Open the form for the refusal text; the form itself is the acknowledgement, so the settings are read before."""
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    if places.may_manage(interaction, settings):
        await interaction.response.send_modal(RefusalForm(settings.refusal if settings else ""))
    else:
        await respond.tell(interaction, line_card(places.MANAGERS_ONLY()))


def _parse_choices(name: str, choices: list[str], server: int) -> Any:
    """Return the value of a setting for the choices on its menu; @everyone, whose id is the server's, is dropped."""
    if name == "precision":
        return float(choices[0]) if choices and choices[0] in map(str, PRECISIONS) else None
    ids = tuple(int(choice) for choice in choices if choice.isdecimal())[:MAX_CHOICES]
    if name == "channels":
        return ids
    roles = tuple(role for role in ids if role != server)
    if name in ("team_channel", "report_channel"):
        return next(iter(ids), None)
    return roles if name == "managers" else next(iter(roles), None)


def _view(settings: ServerSettings) -> discord.ui.View:
    """Create the menus and switches of the panel; the view is stopped, so that discord.py does not store it."""
    view = discord.ui.View(timeout=None)
    view.add_item(
        discord.ui.ChannelSelect(
            custom_id="fn:set:channels", placeholder=ANSWER_ONLY_IN(), channel_types=CHANNEL_TYPES, row=0,
            min_values=0, max_values=MAX_CHOICES,
            default_values=_defaults(settings.channels, discord.SelectDefaultValueType.channel),
        )
    )  # fmt: skip
    for row, name, placeholder, roles in (
        (1, "managers", MANAGING_ROLES(), settings.managers),
        (2, "refusal_role", ROLE_TO_PING(), (settings.refusal_role,)),
    ):
        view.add_item(
            discord.ui.RoleSelect(
                custom_id=f"fn:set:{name}", placeholder=placeholder, row=row,
                min_values=0, max_values=MAX_CHOICES if name == "managers" else 1,
                default_values=_defaults(roles, discord.SelectDefaultValueType.role),
            )
        )  # fmt: skip
    view.add_item(_precision_menu(settings))
    for name in SWITCHES:
        style = discord.ButtonStyle.success if getattr(settings, name) else discord.ButtonStyle.secondary
        view.add_item(
            discord.ui.Button(label=_switch_label(name, settings), custom_id=f"fn:switch:{name}", style=style, row=4)
        )
    view.add_item(discord.ui.Button(label=MORE_SETTINGS(), custom_id="fn:switch:more", row=4))
    view.stop()
    return view


def _view_of_more(settings: ServerSettings) -> discord.ui.View:
    """Create the controls of the second page."""
    view = discord.ui.View(timeout=None)
    view.add_item(
        discord.ui.ChannelSelect(
            custom_id="fn:set:team_channel", placeholder=TEAM_CHANNEL(),
            channel_types=TEAM_CHANNEL_TYPES, row=0, min_values=0, max_values=1,
            default_values=_defaults((settings.team_channel,), discord.SelectDefaultValueType.channel),
        )
    )  # fmt: skip
    view.add_item(
        discord.ui.RoleSelect(
            custom_id="fn:set:team_role", placeholder=TEAM_ROLE(), row=1, min_values=0, max_values=1,
            default_values=_defaults((settings.team_role,), discord.SelectDefaultValueType.role),
        )
    )  # fmt: skip
    view.add_item(
        discord.ui.ChannelSelect(
            custom_id="fn:set:report_channel", placeholder=REPORT_CHANNEL(),
            channel_types=TEAM_CHANNEL_TYPES[:2], row=2, min_values=0, max_values=1,
            default_values=_defaults((settings.report_channel,), discord.SelectDefaultValueType.channel),
        )
    )  # fmt: skip
    view.add_item(discord.ui.Button(label=REFUSAL_TEXT_BUTTON(), custom_id="fn:switch:wording", row=3))
    view.add_item(discord.ui.Button(label=BACK(), custom_id="fn:switch:back", row=3))
    view.stop()
    return view


def _defaults(ids: Sequence[int | None], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    return [discord.SelectDefaultValue(id=id_, type=kind) for id_ in ids[:MAX_CHOICES] if id_ is not None]


def _precision_menu(settings: ServerSettings) -> discord.ui.Select[Any]:
    first = discord.SelectOption(
        label=_capitalised(precision_text(None)), value=OPERATOR_PRECISION, default=settings.precision is None
    )
    options = [first] + [
        discord.SelectOption(
            label=precision_text(precision),
            value=str(precision),
            default=settings.precision == precision,
        )
        for precision in PRECISIONS
    ]
    return discord.ui.Select(custom_id="fn:set:precision", placeholder=PRECISION_MENU(), options=options, row=3)


def _switch_label(name: str, settings: ServerSettings) -> str:
    state = settings_card.yes_or_no(getattr(settings, name))
    return SWITCH_STATE(switch=SWITCHES[name](), state=state)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
