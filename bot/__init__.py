"""What people touch: the commands of the terminal and the Discord bot.

Questions and settings come in, replies go out. `answering_stack` opens what answers and `building` builds it,
`showing` words and prints, `commands` is the terminal and `discord_bot` the chat. Finding and quoting are left to
`retrieval`.
"""

__version__ = "0.2.0"
