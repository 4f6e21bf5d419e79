"""Stay connected to Discord, and deliver each message once.

Addresses, tokens and events go through here: the gateway, the bounds on requests, retries, and the supervisor that
starts a new client when one has failed. What the events mean is left to the handlers.
"""
