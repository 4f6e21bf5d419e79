"""Serve the operator of the bot: rebuilds while it answers, health, metrics, and logs without secrets.

Nothing here is shown to the members of a server, except the report of a rebuild to its managers.
"""
