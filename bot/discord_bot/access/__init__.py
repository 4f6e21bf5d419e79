"""Decide where the bot may answer, who may manage it, and which collections may be seen.

Pure decisions over settings, roles and channels, asked again at every command, button and menu.
"""
