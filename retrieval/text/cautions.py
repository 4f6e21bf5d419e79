"""Recognise paragraphs that warn of what stands below them by their label, and sentences that limit the one before."""

import re

NAMES = (
    r"warnings?|cautions?|danger|important|attention|beware|warnung|achtung|vorsicht|wichtig|avertissement|advertencia"
    r"|avvertenza|attenzione|atención|atenção|cuidado|importante|let op|waarschuwing|belangrijk|uwaga|ważne"
)
BOX = r"\[!|!{3}\+? *|\?{3}\+? *|:{3} *"  # of GitHub, MkDocs and Docusaurus, before the label
WARNING = re.compile(
    rf"(?:{BOX}|(?:[^\w⚠]|_)*)(?:⚠|(?:{NAMES})(?: (?:note|notice))?(?=\s*(?:[^\w\s,;)'’]|_|\n|$)))", re.IGNORECASE
)
LABEL = re.compile(rf"[\W_]*(?:{NAMES})(?: (?:note|notice))?[\W_]*|(?:{BOX})(?:{NAMES})\b[^\n]*", re.IGNORECASE)
# As "However, …", "Except on Mondays." and "Only for members." begin in German, Spanish, French, Italian, Dutch and
# Portuguese; a word that may begin another sentence, or one of English, is not among them.
EXCEPTIONS = (
    r"jedoch|allerdings|aber|außer|ausgenommen|ausnahmen?|es sei denn|nur|nicht|(?:dies|das) gilt nicht"
    r"|sin embargo|no obstante|pero|excepto|excepción|excepciones|salvo|únicamente|sólo|solo (?:se|en|para|con|los|las)"
    r"|cependant|toutefois|mais|sauf|excepté|uniquement|seulement|tuttavia|però|tranne|eccetto|soltanto"
    r"|echter|maar|behalve|uitgezonderd|tenzij|porém|contudo|no entanto|mas|exceto|apenas|somente"
)
EXCEPTION = re.compile(
    r"[\s\"'“‘(*_]*(?:however|but|except|exceptions?|unless|only|note|nevertheless|instead|otherwise|warning|caution|important"
    rf"|{EXCEPTIONS}"
    r"|(?:this|that|it|these|those|they|the same)(?: \w+)? (?:does|do|is|are|has|have|can|will)(?:n[’']t| not))\b",
    re.IGNORECASE,
)


def warns(text: str) -> bool:
    """Tell whether a paragraph begins as a warning: "Warning: …", "[!CAUTION]", "!!! danger"."""
    return WARNING.match(text) is not None


def is_warning_label(text: str) -> bool:
    """Tell whether a paragraph is nothing but the label of a warning in the next one."""
    return LABEL.fullmatch(text) is not None


def limits(text: str, start: int = 0) -> bool:
    """Tell whether the sentence that begins at an offset limits the one before it: "However, …", "Not on Mondays."."""
    return EXCEPTION.match(text, start) is not None
