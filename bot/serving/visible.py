"""Which collections an asker may see."""

VisibleCollections = frozenset[str] | None  # None means every collection, future ones included


def is_visible(collection: str, visible: VisibleCollections) -> bool:
    """Return whether a collection is among the visible ones."""
    return visible is None or collection in visible
