"""What people touch: the commands of the terminal and the Discord bot.

A question and the settings come in, and what is shown goes out. `services` puts settings, index, encoder and ranker
together, `showing` words and prints, `commands` is the terminal and `discord_bot` the chat. Finding and quoting are
left to `retrieval`.
"""

__version__ = "0.1.0"
