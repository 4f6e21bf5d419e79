"""The Discord bot, and the only package that imports discord.

`wire` keeps the connection, `handlers` react to what people do, `answering` answers their questions, `access` decides
what they may see and do, `messages` composes what is sent, `corpus` holds the generation that answers, `storage` keeps
settings and votes, and `operations` serves the operator. `processes` divides a bot among several processes. `run` puts
everything together.
"""
