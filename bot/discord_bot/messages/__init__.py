"""Compose the messages of the bot: pure, within Discord's limits, everything foreign escaped.

Answers and facts come in, cards and buttons go out as plain records. Sending them is left to the handlers.
"""
