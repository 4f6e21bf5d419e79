"""Answer over HTTP and MCP: a page for browsers, a JSON API and tools for agents. Nothing can be changed through them.

Settings come in; a running service answers from the live generation, with the same words as the terminal and Discord.
Searching is left to `retrieval`, the live generation and the queue to `bot.serving`, wording to `bot.showing`.
"""
