"""Stay connected to Discord, and deliver each message once.

Addresses, tokens and events pass through here: the gateway, the limits on requests, retries, and the supervisor that
replaces a client that failed. What an event means is left to the handlers.
"""
