"""Write raised numbers so that they keep their place in unformatted text: 10 and a raised 6 are 10⁶, not 106."""

import re

RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
NUMBER = re.compile(r"\s*[0-9+\-−=()n]+\s*")


def raise_number(text: str) -> str:
    """Write a raised number in superscript characters, "-6" → "⁻⁶"; other raised text, such as "th", stays as it is."""
    return text.translate(RAISED) if NUMBER.fullmatch(text) else text
