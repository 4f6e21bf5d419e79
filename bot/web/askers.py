"""Who asks."""

from collections.abc import Hashable
from dataclasses import dataclass

from bot.serving.visible import VisibleCollections


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the key under which their questions are counted (None: not at all), and what they may see."""

    key: Hashable | None
    visible: VisibleCollections
