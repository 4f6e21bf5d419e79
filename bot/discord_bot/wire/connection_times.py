"""The waits of the connection to Discord."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Every wait of the connection, in seconds. Together they keep the way back under 30 seconds."""

    heartbeat: float = 6.0  # between heartbeats; Discord asks for 41, with which a dead connection is noticed late
    unanswered: float = 15.0  # since the last answer to a heartbeat; then the connection is dead
    greeting: float = 8.0  # until HELLO
    settling: float = 15.0  # since HELLO or the last event, until the session begins or goes on
    first_pause: float = 0.5  # before the second try; doubles with each further one
    longest_pause: float = 5.0
    invalid_pause: tuple[float, float] = (1.0, 5.0)  # Discord demands it after an invalid session
    steady: float = 10.0  # a connection that lasted this long was a success
    request: float = 25.0  # for /gateway/bot, including discord.py's own retries
