"""The panel of a server's settings: what it shows, and what a choice on it changes."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import COLOUR, line_card
from bot.discord_bot.messages.collection_limits import listed
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.discord_markdown import escape_cut
from bot.showing.reply import REFUSAL

if TYPE_CHECKING:
    import re


MOST = 25  # choices of a menu
LONGEST_WORDING = 300
PRECISIONS = (0.8, 0.85, 0.9, 0.95)
OPERATORS = "operator"
SWITCHES = {"private": "Private", "threads": "Threads", "forums": "Forum posts", "gaps": "Keep gaps"}
CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum, discord.ChannelType.voice]


def panel(server: ServerSettings) -> dict[str, Any]:
    """Return the arguments of a message that shows a server's settings and lets them be changed."""
    return {
        "content": "",
        "embeds": [discord.Embed.from_dict(_summary(server))],
        "view": _view(server),
        "allowed_mentions": discord.AllowedMentions.none(),
    }


async def save(interaction: Interaction, name: str, value: Callable[[ServerSettings], Any]) -> None:
    """Change a setting, whose new value is computed from the present settings, and show the panel again."""
    services, guild = interaction.client.services, interaction.guild_id
    server = await services.answerer.settings(guild)
    if guild is None or not places.may_manage(interaction, server):
        await respond.say(interaction, line_card(places.REFUSED))
        return
    await respond.defer_edit(interaction)
    server = await services.database.settings(guild)
    server = replace(server, **{name: value(server)})
    await services.database.save(guild, server)
    services.log.info("settings changed", server=guild, changed=[name])
    await respond.refill(interaction, panel(await services.database.settings(guild)))


class SettingMenu(
    discord.ui.DynamicItem[discord.ui.Item[Any]], template=r"fn:set:(?P<name>channels|managers|refusal_role|precision)"
):
    """A menu of the panel."""

    def __init__(self, item: discord.ui.Item[Any], name: str) -> None:
        super().__init__(item)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "SettingMenu":
        """Return the menu that was used."""
        return cls(item, match["name"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Save what was chosen."""
        data: Any = interaction.data
        chosen = [str(value) for value in data.get("values", [])]
        everyone = interaction.guild_id or 0  # the role @everyone has the id of its server
        value = _chosen(self.name, chosen, everyone)
        await respond.guarded(interaction, save(interaction, self.name, lambda _: value))


class SettingSwitch(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"fn:switch:(?P<name>private|threads|forums|gaps|wording)",
):
    """A switch of the panel, or the button that asks for the wording of the refusal."""

    def __init__(self, item: discord.ui.Button[Any], name: str) -> None:
        super().__init__(item)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "SettingSwitch":
        """Return the switch that was pressed."""
        assert isinstance(item, discord.ui.Button)  # noqa: S101 - only buttons carry such ids
        return cls(item, match["name"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Turn it over, or ask for the wording."""
        await respond.guarded(interaction, self._turn(interaction))

    async def _turn(self, interaction: Interaction) -> None:
        server = await interaction.client.services.answerer.settings(interaction.guild_id)
        if self.name != "wording":
            await save(interaction, self.name, lambda settings: not getattr(settings, self.name))
        elif places.may_manage(interaction, server):
            await interaction.response.send_modal(Wording(server.refusal if server else ""))
        else:
            await respond.say(interaction, line_card(places.REFUSED))


class Wording(discord.ui.Modal, title="When there is no answer"):
    """Asks for the line that refuses."""

    line: discord.ui.TextInput["Wording"] = discord.ui.TextInput(
        label="The line; empty is the usual one", required=False, max_length=LONGEST_WORDING, placeholder=REFUSAL
    )

    def __init__(self, current: str) -> None:
        super().__init__(timeout=600)
        self.line.default = current or None

    async def on_submit(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Save the line."""
        await save(interaction, "refusal", lambda _: self.line.value.strip())

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """Leave the excuse to where all others are made."""
        await respond.apologize(interaction, error)


def _chosen(name: str, chosen: list[str], everyone: int) -> Any:
    """Return the value of a setting from what was chosen on its menu; no role is everyone's."""
    if name == "precision":
        return float(chosen[0]) if chosen and chosen[0] in map(str, PRECISIONS) else None
    ids = tuple(int(one) for one in chosen if one.isdecimal())[:MOST]
    if name == "channels":
        return ids
    roles = tuple(one for one in ids if one != everyone)
    return next(iter(roles), None) if name == "refusal_role" else roles


def _summary(server: ServerSettings) -> dict[str, Any]:
    where = ", ".join(f"<#{one}>" for one in server.channels) or "everywhere"
    managers = ", ".join(f"<@&{one}>" for one in server.managers) or "no role besides Manage Server"
    precision = f"{server.precision:.0%}" if server.precision else "as the operator set it"
    more = ", in some channels or for some roles fewer" if server.channel_collections or server.role_collections else ""
    lines = [
        f"**Answers in** {where}",
        f"**Private by default** {_on(server.private)}",
        f"**Mentions answered in threads** {_on(server.threads)}",
        f"**New forum posts answered** {_on(server.forums)} (by their title, and only with an answer)",
        f"**When there is no answer** {escape_cut(server.refusal or REFUSAL, 2 * LONGEST_WORDING)}",
        f"**Pinged then** {f'<@&{server.refusal_role}>' if server.refusal_role else 'nobody'}",
        f"**Answers that should be right** {precision}",
        f"**May manage me** {managers}",
        f"**Collections** {listed(server.collections) or 'all that there are'}{more} (/footnote collections)",
        f"**Questions without an answer kept** {_on(server.gaps)} (90 days, without who asked; /footnote gaps)",
    ]
    return {"title": "Settings of this server", "description": "\n".join(lines)[:4_000], "color": COLOUR}


def _on(value: bool) -> str:
    return "yes" if value else "no"


def _view(server: ServerSettings) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(
        discord.ui.ChannelSelect(
            custom_id="fn:set:channels", placeholder="Answer only in …", channel_types=CHANNELS, row=0,
            min_values=0, max_values=MOST,
            default_values=[discord.SelectDefaultValue(id=one, type=_CHANNEL) for one in server.channels[:MOST]],
        )
    )  # fmt: skip
    for row, name, text, chosen in (
        (1, "managers", "Roles that may manage me …", server.managers[:MOST]),
        (2, "refusal_role", "Role to ping when there is no answer …", filter(None, [server.refusal_role])),
    ):
        view.add_item(
            discord.ui.RoleSelect(
                custom_id=f"fn:set:{name}", placeholder=text, row=row,
                min_values=0, max_values=MOST if name == "managers" else 1,
                default_values=[discord.SelectDefaultValue(id=one, type=_ROLE) for one in chosen],
            )
        )  # fmt: skip
    view.add_item(_precision(server))
    for name, label in SWITCHES.items():
        style = discord.ButtonStyle.success if getattr(server, name) else discord.ButtonStyle.secondary
        view.add_item(discord.ui.Button(label=label, custom_id=f"fn:switch:{name}", style=style, row=4))
    view.add_item(discord.ui.Button(label="Wording …", custom_id="fn:switch:wording", row=4))
    view.stop()
    return view


_CHANNEL = discord.SelectDefaultValueType.channel
_ROLE = discord.SelectDefaultValueType.role


def _precision(server: ServerSettings) -> discord.ui.Select[Any]:
    options = [discord.SelectOption(label="As the operator set it", value=OPERATORS, default=server.precision is None)]
    options += [
        discord.SelectOption(label=f"{one:.0%} of the answers right", value=str(one), default=server.precision == one)
        for one in PRECISIONS
    ]
    return discord.ui.Select(custom_id="fn:set:precision", placeholder="How sure …", options=options, row=3)
