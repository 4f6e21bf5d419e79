"""Recognise sentences that refer back to the sentence before them, by the form of English sentences.

In other languages every sentence counts as referring back, since no rule here can tell that one does not.
"""

import re

OPENING_MARKS = r"^[\s\"'“”‘’«»(\[*_>-]*"
PRONOUNS = (
    "he|she|it|they|his|hers?|its|theirs?|him|them|this|that|these|those|such|both|neither|either|another|others|"
    "one of (?:them|these|those)|some of (?:them|these|those)|the (?:former|latter|pair|trio)"
)
CONNECTIVES = (
    "however|but|yet|so|also|then|instead|therefore|thus|hence|consequently|moreover|furthermore|nevertheless|"
    "nonetheless|meanwhile|otherwise|likewise|similarly|afterwards?|later|earlier|previously|subsequently|"
    "soon after(?:wards)?|as a result|as such|in (?:response|addition|contrast|return|turn)|by then|since then|"
    r"at (?:that|the same|this) time|for (?:this|that) reason|for (?:example|instance)|on the other hand|"
    r"(?:a|one|two|three|\w+teen|\d+) (?:days?|weeks?|months?|years?) (?:later|earlier)"
)
# "The move was criticised": a noun that only renames what the sentence before told ...
RENAMING_NOUNS = (
    "move|decision|agreement|deal|accord|treaty|plan|proposal|announcement|statement|change|visit|trip|meeting|talks|"
    "measures?|step|ruling|verdict|judg(?:e)?ment|report|study|project|programme|program|dispute|incident|event|attack|"
    "accident|process|practice|result|outcome|idea|term|name|latter|bill|vote|test|experiment|discovery|method"
)
# ... or a short "The ..." directly before a verb: the sentence before says what it is.
VERBS = (
    "was|were|is|are|has|had|have|will|would|could|can|may|might|did|does|took|came|went|became|began|led|[a-z]{3,}ed"
)
PREPOSITIONS = "in|on|at|by|as|during|after|before|for|with|under|since|from|despite|following|because of|along with"
REFERRING_BACK = re.compile(
    rf"{OPENING_MARKS}(?:(?i:{PRONOUNS}|{CONNECTIVES})\b"
    rf"|[Tt]he (?:{RENAMING_NOUNS})\b(?! (?:of|to|between|on|in|for|by|that|which)\b)"
    rf"|[Tt]he [a-z]+ (?:{VERBS})\b"
    # "In 1785 he presented", "During his reign": an early pronoun with no name before it.
    rf"|(?i:{PREPOSITIONS})(?: [a-z0-9,'’-]+){{0,4}}? (?:he|she|they|his|her|their|its|this|these|those)\b)"
)
EXPLETIVE = re.compile(
    rf"{OPENING_MARKS}[Ii]t (?:is|was) (?:not )?(?:\w+ly )?(?:possible|likely|clear|said|believed|estimated)\b"
)

# What stands further up in a section, as a paragraph or code: "for the above example", "the command above".
SHOWN = (
    "example|command|code|line|table|list|step|config|configuration|setting|snippet|script|value|option|formula|file"
    "|query|paragraph"
)
ABOVE = re.compile(
    rf"\b(?:the|these|this|those) (?:\w+ )?(?:above (?:\w+ )?(?:{SHOWN})s?|(?:{SHOWN})s? above)\b", re.IGNORECASE
)


def refers_back(text: str, language: str) -> bool:
    """Tell whether a sentence needs the one before it: "It fell.", "The move was criticised."."""
    return language != "en" or bool(REFERRING_BACK.search(text) and not EXPLETIVE.search(text))


def refers_above(text: str) -> bool:
    """Tell whether an English paragraph needs the one above it: "for the above example", "with the command above"."""
    return ABOVE.search(text) is not None
