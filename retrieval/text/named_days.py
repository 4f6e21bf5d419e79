"""English names of days that are the same day of a month each year, with their dates: "Christmas Eve", "24 December".

Whoever asks for one of them means the line with its date. Days whose date differs between years or countries are left
out.
"""

import re
from functools import lru_cache

from retrieval.types import Glossary

NAMES = {
    (1, 1): r"new year['’]?s day", (2, 14): r"valentine['’]?s day", (3, 17): r"(?:st\.?|saint) patrick['’]?s day",
    (10, 31): "hallowe['’]?en", (11, 1): r"all saints['’]? day", (12, 24): "(?:christmas|xmas) eve",
    (12, 25): "(?:christmas|xmas) day", (12, 26): "boxing day", (12, 31): r"new year['’]?s eve",
}  # fmt: skip
NAMED_DAY = re.compile(rf"\b(?:{'|'.join(f'({name})' for name in NAMES.values())})\b", re.IGNORECASE)
MONTHS = {1: "January", 2: "February", 3: "March", 10: "October", 11: "November", 12: "December"}
MonthDay = tuple[int, int]


def day_of(match: re.Match[str]) -> MonthDay:
    """Return the month and the day in it of a match of NAMED_DAY."""
    return list(NAMES)[(match.lastindex or 1) - 1]


@lru_cache(maxsize=256)
def forms_of_named_days(question: str) -> Glossary:
    """Return for each named day in a question a group of forms: the name as it is written, and its dates."""
    groups = []
    for match in NAMED_DAY.finditer(question):
        month, day = day_of(match)
        months = MONTHS[month], MONTHS[month][:3]
        groups.append((match[0], *(form for name in months for form in (f"{day} {name}", f"{name} {day}"))))
    return tuple(groups)
