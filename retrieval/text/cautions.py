"""Recognise paragraphs that warn of what stands below them, by the label that they begin with or consist of."""

import re

NAMES = (
    r"warnings?|cautions?|danger|important|attention|beware|warnung|achtung|vorsicht|wichtig|avertissement|advertencia"
    r"|avvertenza"
)
BOX = r"\[!|!{3}\+? *|\?{3}\+? *|:{3} *"  # of GitHub, MkDocs and Docusaurus, before the label
WARNING = re.compile(
    rf"(?:{BOX}|(?:[^\w⚠]|_)*)(?:⚠|(?:{NAMES})(?: (?:note|notice))?(?=\s*(?:[^\w\s,;)'’]|_|\n|$)))", re.IGNORECASE
)
LABEL = re.compile(rf"[\W_]*(?:{NAMES})(?: (?:note|notice))?[\W_]*|(?:{BOX})(?:{NAMES})\b[^\n]*", re.IGNORECASE)


def warns(text: str) -> bool:
    """Tell whether a paragraph begins as a warning: "Warning: …", "[!CAUTION]", "!!! danger"."""
    return WARNING.match(text) is not None


def is_warning_label(text: str) -> bool:
    """Tell whether a paragraph is nothing but the label of a warning in the next one."""
    return LABEL.fullmatch(text) is not None
