"""Serve those who run the bot: rebuilding while it answers, health, figures and logs without secrets.

Nothing here is shown to members of a server.
"""
