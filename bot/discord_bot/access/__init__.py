"""Decide where the bot answers, who may manage it, and which collections are visible.

Settings, roles and channels come in, decisions go out. They are made again for every command, button and menu.
"""
