"""A bot in plain discord.py, to try out what the loopback Discord offers."""

from __future__ import annotations

import discord
from discord import app_commands

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class Bot(discord.AutoShardedClient):
    """A bot that answers as simply as possible."""

    def __init__(self) -> None:
        super().__init__(intents=INTENTS, allowed_mentions=discord.AllowedMentions.none(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.tree.add_command(ask)
        self.tree.add_command(find_source)
        self.tree.add_command(who)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait 5 s between shards."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author.id != self.application_id:
            self.heard.append(message)
            await message.reply(f"You said {message.content}")


@app_commands.command(description="Ask a question")
async def ask(interaction: discord.Interaction, question: str) -> None:
    await interaction.response.defer(thinking=True)
    embed = discord.Embed(title="Answer", description=question.upper())
    await interaction.edit_original_response(embed=embed, view=Buttons())


@ask.autocomplete("question")
async def complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{current}!", value=current)]


who = app_commands.Group(name="who", description="People", guild_only=True)


@who.command(name="is", description="Say who somebody is")
async def _is(interaction: discord.Interaction, member: discord.Member, role: discord.Role | None = None) -> None:
    await interaction.response.send_message(f"{member.name} {role.name if role else ''}", ephemeral=True)


@app_commands.context_menu(name="Find the source")
async def find_source(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"Found {message.content}", ephemeral=True)


class Name(discord.ui.Modal, title="Your name"):
    """A modal with one field."""

    name: discord.ui.TextInput[Name] = discord.ui.TextInput(label="Name")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Hello {self.name.value}")


class Buttons(discord.ui.View):
    """Buttons and a select under an answer."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="More", custom_id="more")
    async def more(self, interaction: discord.Interaction, _: discord.ui.Button[Buttons]) -> None:
        await interaction.response.defer()
        await interaction.followup.send("More of it", ephemeral=True)

    @discord.ui.button(label="Name", custom_id="name")
    async def name(self, interaction: discord.Interaction, _: discord.ui.Button[Buttons]) -> None:
        await interaction.response.send_modal(Name())

    @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label="One"), discord.SelectOption(label="Two")])
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select[Buttons]) -> None:
        await interaction.response.edit_message(content=f"Picked {select.values[0]}")
