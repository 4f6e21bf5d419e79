"""The Discord half of the bot, and the only place that imports discord.

`wire` keeps the connection, `handlers` meet what people do, `answering` takes their questions, `access` decides what
may be seen, `messages` compose what is sent, `corpus` holds the generation that answers, `storage` keeps settings and
votes, and `operations` is for those who run the bot. `run` puts everything together.
"""
