"""Errors that end the bot or a request; each is raised in one place and caught in another."""

EXIT_FINAL = 3  # the exit code of a FinalError: a service manager must not restart the bot
BAD_CREDENTIALS = "Discord refuses the token: make a new one in the developer portal, under Bot, and set it."
FINAL_CLOSE_CODES = {  # of the gateway; each with a sentence for the operator
    4004: BAD_CREDENTIALS,
    4010: "Discord refuses the number of this shard (close code 4010).",
    4011: "The bot is in too many servers for its number of shards (close code 4011).",
    4012: "Discord no longer supports this version of its API (close code 4012): update Footnote.",
    4013: "Discord does not know the intents that the bot asked for (close code 4013): update Footnote.",
    4014: "Discord refuses the intents that the bot asked for (close code 4014): see Bot in the developer portal.",
}


class FinalError(Exception):
    """Trying again cannot help; the text is one sentence for the operator."""


class AddressError(ValueError):
    """An address that must not be sent the token."""


class RefusalLimitError(Exception):
    """A request that was not sent, because too many were refused lately."""


class RateLimitError(Exception):
    """Discord limits our rate (429) for `retry_after` seconds, on one route or, if `everywhere`, on all of them."""

    def __init__(self, retry_after: float, *, everywhere: bool) -> None:
        super().__init__(f"Discord limits the rate for {retry_after:.1f} s{' everywhere' if everywhere else ''}")
        self.retry_after = retry_after
        self.everywhere = everywhere


class ServerError(Exception):
    """Discord answered with a 5xx status; the request may have taken effect or not."""
