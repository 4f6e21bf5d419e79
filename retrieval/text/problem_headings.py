"""Recognise the headings of pages that help with trouble, such as "Issue", "Cause" and "Solution".

What stands below "Issue" is what whoever asks knows already; the answer is below "Solution". Questions that ask for
symptoms or causes are recognised, too, since these are answered there.
"""

import re
from functools import lru_cache

ABOUT_IT = r"(?: (?:the|this|that|these|your) (?:issue|problem|error|bug|symptom)s?| (?:it|this|that|them))?"
PROBLEM = re.compile(
    r"(?:the |known |observed |reported )?(?:issues?|problems?|symptoms?|errors?|error messages?)"
    r"(?: (?:description|statement|summary|messages?|details))?|what (?:goes|went) wrong",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"(?:the |possible |probable |likely |common |root )*(?:causes?|reasons?)|background|diagnosis|explanation"
    r"|why (?:it|this) happens",
    re.IGNORECASE,
)
REMEDY = r"(?:solutions?|fix(?:es)?|resolutions?|workarounds?|remed(?:y|ies))"
SOLUTION = re.compile(
    rf"(?:the |possible |proposed |suggested |recommended |quick |temporary )*{REMEDY}(?: (?:and|or) {REMEDY})?"
    rf"|(?:how to|to|how (?:do|can) (?:i|you|we)) (?:fix|solve|resolve|work around|repair|remedy){ABOUT_IT}"
    rf"|(?:fixing|solving|resolving|working around){ABOUT_IT}|what (?:to do|you can do|helps)(?: about (?:it|this))?",
    re.IGNORECASE,
)
NOT_WORDS = re.compile(r"[\W\d_]+")  # "2. Issue:" is "Issue"
ASKS_FOR_PROBLEM = re.compile(
    r"\bsymptoms?\b|\bsigns? of\b|\b(?:what|which)(?:['’]s| is| are| were)(?: \w+){0,2} (?:issue|problem|error)s?\b",
    re.IGNORECASE,
)
ASKS_FOR_CAUSE = re.compile(
    r"\bwhy\b|\bhow come\b|\bcaus(?:e|es|ed|ing)\b|\breasons?\b|\bwhat (?:does|do|did)\b.{0,100}\bmean\b", re.IGNORECASE
)
MAX_HEADING_LENGTH = 60  # of one that is nothing but such a name


@lru_cache(maxsize=4_096)
def heading_role(heading: str) -> str:
    """Return what stands below a heading: "problem", "cause", "solution", or "" for anything else."""
    if len(heading) > MAX_HEADING_LENGTH:
        return ""
    name = NOT_WORDS.sub(" ", heading).strip()
    roles = {"problem": PROBLEM, "cause": CAUSE, "solution": SOLUTION}
    return next((role for role, names in roles.items() if names.fullmatch(name)), "")


def asks_for_role(question: str, role: str) -> bool:
    """Tell whether a question asks for what stands below a heading of that role, "problem" or "cause"."""
    return bool((ASKS_FOR_PROBLEM if role == "problem" else ASKS_FOR_CAUSE).search(question))
