"""Every way of asking: a slash command, a mention or direct message, a message's menu, a new post of a forum."""

import re
from typing import Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.answering.answerer import Question
from bot.discord_bot.context import BotClient, Interaction, Services
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.previous_question import previous_question
from bot.discord_bot.messages.answer_card import Card, line_card
from bot.discord_bot.wire.delivery import TRANSIENT, nonce
from bot.showing.discord_markdown import cut
from bot.showing.safe_text import one_line

LONGEST_STATEMENT = 1_000  # of a message whose source is looked for
THREAD_NAME = 100
SECONDS = 60.0  # for a message to arrive
NOTHING_ASKED = "Ask me something: mention me with a question, or use /ask. /help says more."
PRIVATELY = "I answer privately here. Please use /ask."


async def by_command(interaction: Interaction, text: str, *, private: bool | None, document: str | None) -> None:
    """Answer /ask."""
    answerer = interaction.client.services.answerer
    server = await answerer.settings(interaction.guild_id)
    if elsewhere := places.elsewhere(server, interaction.channel):
        await respond.say(interaction, Card(elsewhere))
        return
    alone = (server is None or server.private) if private is None else private
    await respond.defer(interaction, private=alone)
    seen = answerer.seen(server, places.place_of(interaction))
    question = Question(text, "slash", interaction.user.id, interaction.guild_id, seen, document=document)
    await respond.finish(interaction, await answerer.card(question, server, private=alone))


async def by_menu(interaction: Interaction, message: discord.Message) -> None:
    """Answer the menu of a message: the passage behind what somebody said, for the asker alone."""
    answerer = interaction.client.services.answerer
    await respond.defer(interaction, private=True)
    server = await answerer.settings(interaction.guild_id)
    text = message.content[:LONGEST_STATEMENT]
    if elsewhere := places.elsewhere(server, interaction.channel):
        card = Card(elsewhere)
    elif not text.strip():
        card = line_card("That message holds no text.")
    else:
        seen = answerer.seen(server, places.place_of(interaction))
        question = Question(text, "menu", interaction.user.id, interaction.guild_id, seen)
        card = await answerer.card(question, server, private=True)
    await respond.finish(interaction, card)


async def by_message(client: BotClient, message: discord.Message) -> None:
    """Answer a message that mentions the bot, replies to it, or was sent to it directly."""
    me = client.user
    if me is None or message.author.bot or message.webhook_id is not None or message.type not in ASKING:
        return
    direct = message.guild is None
    if not direct and me.id not in [user.id for user in message.mentions]:
        return
    services = client.services
    server = await services.answerer.settings(message.guild.id if message.guild else None)
    if not places.answers_in(server, message.channel):
        return  # a line in every other channel would be noise; /ask says where
    text = re.sub(rf"<@!?{me.id}>", " ", message.content).strip()
    if not text:
        card = line_card(NOTHING_ASKED)
    elif not direct and (server is None or server.private):
        card = line_card(PRIVATELY)
    else:
        previous = await previous_question(message, me, text, services.answerer.language)
        way = "dm" if direct else "thread" if isinstance(message.channel, discord.Thread) else "mention"
        guild = message.guild.id if message.guild else None
        seen = services.answerer.seen(server, places.place(guild, message.channel, message.author))
        question = Question(text, way, message.author.id, guild, seen, previous)
        card = await services.answerer.card(question, server, private=False)
    await _answer_message(services, message, card, text, in_thread=server is not None and server.threads)


ASKING = (discord.MessageType.default, discord.MessageType.reply)


async def by_post(client: BotClient, thread: discord.Thread) -> None:
    """Answer a new post of a forum; its title is the question, for the text is not the bot's to read."""
    if not isinstance(thread.parent, discord.ForumChannel):
        return
    services = client.services
    server = await services.answerer.settings(thread.guild.id)
    if server is None or not server.forums or server.private or not places.answers_in(server, thread):
        return
    place = places.place(thread.guild.id, thread, None)  # Discord does not tell the roles of the author
    seen = services.answerer.seen(server, place)
    question = Question(thread.name, "forum", thread.owner_id or 0, thread.guild.id, seen)
    card = await services.answerer.card(question, server, private=False)
    if card.embeds:  # nobody called the bot, so it is silent when it does not know
        sent = respond.new_message(card) | {"nonce": nonce(thread.id)}
        await services.delivery.deliver(lambda: thread.send(**sent), deadline=SECONDS, channel=thread.id)


async def _answer_message(
    services: Services, message: discord.Message, card: Card, text: str, *, in_thread: bool
) -> None:
    """Reply to a message, in a new thread of its own if `in_thread` and the thread can be made."""
    sent: dict[str, Any] = respond.new_message(card) | {"nonce": nonce(message.id)}
    if in_thread and isinstance(message.channel, discord.TextChannel) and card.embeds:
        try:
            thread = await message.create_thread(name=_thread_name(text))
        except (discord.HTTPException, *TRANSIENT):
            pass  # without the permission, or where it fails, the reply goes into the channel
        else:
            await services.delivery.deliver(lambda: thread.send(**sent), deadline=SECONDS, channel=thread.id)
            return
    await services.delivery.deliver(
        lambda: message.reply(**sent, mention_author=False), deadline=SECONDS, channel=message.channel.id
    )


def _thread_name(text: str) -> str:
    return cut(one_line(text), THREAD_NAME)
