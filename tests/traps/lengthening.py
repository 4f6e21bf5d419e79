"""Lengthen a document with text that has nothing to do with it, so that a whole section is too long to be shown."""

from collections.abc import Sequence
from itertools import pairwise

from tests.traps.rendering import HEADING, Bullets, Node, Steps

ABOVE = (
    "Hornbeam hedges line the lane behind the chapel and are cut by the neighbours in turn. A low wall of slate "
    "separates them from the orchard, where nine old pear trees are left of a hundred. Two of them still bear fruit "
    "that is pressed in the cellar of the parsonage. The press was built by a cooper from the next valley. His mark, "
    "a small owl, is carved into the beam. Children count the owls on their way to school."
)
BELOW = (
    "Swallows nest under the eaves of the granary, which has been empty since the mill was moved. Its floor is made of "
    "larch and creaks in dry weather. Some of the boards carry the names of the carters who slept there. The oldest "
    "name is that of a certain Bertram, who also left a drawing of his horse. A copy of the drawing hangs in the "
    "tavern. Nobody knows what became of the cart."
)
BEFORE = (
    "Lime trees stand around the square, and a bench goes around the largest of them. On market days the bench belongs "
    "to the basket weavers. Their willow comes from the meadows below the weir. It is cut in January, when the sap is "
    "low."
)
BEHIND = (
    "The fountain beside the bench runs from Easter on. Its basin is a single block of granite that six oxen pulled up "
    "the hill. A sparrow of bronze sits on the rim. It is the work of a goldsmith."
)
ITEMS = tuple(
    f"the {what} in the {where} with its {part} of {material}"
    for what, where, part, material in (
        ("dovecote", "vicarage garden", "ladder", "ash"), ("sundial", "upper meadow", "pointer", "brass"),
        ("cider press", "granary cellar", "screw", "oak"), ("bell frame", "old schoolhouse", "pulley", "elm"),
        ("beehive", "pear orchard", "roof", "straw"), ("millstone", "chapel yard", "rim", "iron"),
        ("spinning wheel", "weaver's loft", "treadle", "beech"), ("hay sledge", "lower barn", "runner", "birch"),
    )
)  # fmt: skip


def lengthen(nodes: Sequence[Node], *, paragraphs: bool) -> list[Node]:
    """Add paragraphs to each section, sentences to each paragraph above a list, and items around those of a list.

    With `paragraphs`, all other paragraphs that are sentences get further ones before and behind them.
    """
    longer: list[Node] = []
    for node, following in pairwise([*nodes, "# "]):
        if isinstance(node, Bullets):
            longer.append(Bullets((*ITEMS[:3], *node.items, *ITEMS[3:])))
        elif not isinstance(node, str):
            longer.append(node)
        elif HEADING.match(node):
            longer += [node, ABOVE]
        elif isinstance(following, Bullets | Steps) and not node.startswith("**"):
            longer.append(f"{BEFORE} {node}")
        else:
            longer.append(f"{BEFORE} {node} {BEHIND}" if paragraphs and _is_sentence(node) else node)
        if isinstance(following, str) and HEADING.match(following):
            longer.append(BELOW)
    return longer


def _is_sentence(text: str) -> bool:
    """Tell whether a paragraph has neither a label before it nor a colon behind it."""
    return text.endswith(".") and ":" not in text
