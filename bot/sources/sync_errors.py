"""The errors of a sync: what went wrong with a source, in one line for people that contains no password."""

from retrieval.errors import FootnoteError


class SyncError(FootnoteError):
    """A source cannot be synced; its folder keeps the state of the last sync."""


class UnreachableError(SyncError):
    """A server did not answer, or not in full; another request to it may succeed."""
