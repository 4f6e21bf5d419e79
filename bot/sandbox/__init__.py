"""Show what members of a Discord server will see, without a token: the real bot, connected to a Discord of our own.

The index, the documents and what people do on a page come in; the messages of a channel go out. All that the bot
answers is left to `bot.discord_bot`.
"""
