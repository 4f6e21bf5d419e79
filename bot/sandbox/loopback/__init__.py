"""A Discord on 127.0.0.1 that the real client connects to: REST API, gateway, users, and what Discord refuses.

Requests of a bot and actions of users come in; events and messages go out. It knows nothing of Footnote, and nothing of
the page that shows its channels.
"""
