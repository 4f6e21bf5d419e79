"""Compose the messages of the bot: pure, within Discord's limits, with all foreign text escaped.

Answers and facts come in, cards with buttons go out as plain records. Sending them is left to the handlers.
"""
