"""Refusals, with Discord's statuses and codes."""

from __future__ import annotations

from bot.sandbox.loopback.world_records import Json


class RefusedError(Exception):
    """A request that Discord would refuse; its `body` is that of the response."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code}: {message} {errors or ''}".strip())
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def body(self) -> Json:
        """Return the JSON body of the response."""
        body: Json = {"message": self.message, "code": self.code}
        return body | {"errors": self.errors} if self.errors else body


def unauthorized() -> RefusedError:
    """Make the refusal of a wrong token."""
    return RefusedError(401, 0, "401: Unauthorized")


def not_found() -> RefusedError:
    """Make the refusal of an unknown route."""
    return RefusedError(404, 0, "404: Not Found")


def unknown(what: str) -> RefusedError:
    """Return the refusal of an id that no record of this kind has."""
    codes = {
        "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008, "User": 10013,
        "Webhook": 10015, "interaction": 10062, "application command": 10063,
    }  # fmt: skip
    return RefusedError(404, codes[what], f"Unknown {what}")


def missing_access() -> RefusedError:
    """Make the refusal of a channel that the bot may not see."""
    return RefusedError(403, 50001, "Missing Access")


def missing_permissions() -> RefusedError:
    """Make the refusal of what the bot may not do."""
    return RefusedError(403, 50013, "Missing Permissions")


def empty_message() -> RefusedError:
    """Make the refusal of a message with nothing in it."""
    return RefusedError(400, 50006, "Cannot send an empty message")


def already_acknowledged() -> RefusedError:
    """Make the refusal of a second response to an interaction."""
    return RefusedError(400, 40060, "Interaction has already been acknowledged.")


def invalid_token() -> RefusedError:
    """Make the refusal of a response that comes after 15 minutes."""
    return RefusedError(401, 50027, "Invalid Webhook Token")


class Problems:
    """Collects the mistakes of a form, by the path of each field."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def add(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        """Add a mistake at `path`."""
        node = self._errors
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse(self) -> None:
        """Raise RefusedError if there was any mistake."""
        if self._errors:
            raise RefusedError(400, 50035, "Invalid Form Body", self._errors)


def invalid_form(path: tuple[str | int, ...], code: str, message: str) -> RefusedError:
    """Return the refusal of a form with one mistake."""
    problems = Problems()
    problems.add(path, code, message)
    try:
        problems.refuse()
    except RefusedError as refused:
        return refused
    raise AssertionError("unreachable, because a mistake was added")
