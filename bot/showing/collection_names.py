"""Check the names of collections that people give."""

from collections.abc import Iterable, Mapping

from bot.showing.wording import collection_name
from retrieval.errors import QuestionError


def check_collections(existing: Mapping[str, int], names: Iterable[str]) -> None:
    """Raise QuestionError, which names the existing collections, if one of the names is none of them."""
    unknown = next((name for name in names if name not in existing), None)
    if unknown is not None:
        listed = ", ".join(map(collection_name, existing)) or "none"
        raise QuestionError(f"there is no collection {unknown!r}; the collections are: {listed}")
