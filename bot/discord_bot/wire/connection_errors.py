"""What ends the bot, a link or a request; each is raised by one place and caught by another."""

EXIT_FINAL = 3  # the exit code of a FinalError: a service manager must not start the bot again
BAD_CREDENTIALS = "Discord refuses the token: make a new one in the developer portal, under Bot, and set it."


class FinalError(Exception):
    """Trying again cannot help; the text is one sentence for the operator."""


class AddressError(ValueError):
    """An address that must not be sent the token."""


class HeldBackError(Exception):
    """Too many requests were refused lately, so this one was not sent."""


class LinkError(Exception):
    """A link to the gateway broke; `resume` says whether its session may go on."""

    def __init__(self, reason: str, *, resume: bool = True) -> None:
        super().__init__(reason)
        self.resume = resume


class LimitedError(Exception):
    """Discord limits our rate (429): `retry_after` seconds, for one route or, when `everywhere`, for all."""

    def __init__(self, retry_after: float, *, everywhere: bool) -> None:
        super().__init__(f"Discord limits the rate for {retry_after:.1f} s{' everywhere' if everywhere else ''}")
        self.retry_after = retry_after
        self.everywhere = everywhere


class TroubleError(Exception):
    """Discord answered with a 5xx: what was asked may have been done or not."""
